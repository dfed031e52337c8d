"""P20: sends a file. It connects, is asked for a name (typed), and sends name and size without a boundary between.

The size is struct's "q": eight bytes in the byte order of the machine. After anything that comes back the file follows,
in reads of 500 bytes, 500 kB or 500 MB. Without such a file nothing is sent. --dir is where files are.
"""

import os
import socket
import struct

import common

args = common.arguments(port=6000, dir=".")
client = socket.socket()
client.connect(args.address)
common.say(client.recv(1024).decode("gbk"))
name = next(common.typed(), "")
path = os.path.join(args.dir, name)
if os.path.isfile(path):
    size = os.path.getsize(path)
    client.send(name.encode("gbk"))
    client.send(struct.pack("q", size))
    common.say(client.recv(1024).decode("gbk"))
    part = 500 if size < 1_000_000 else 500_000 if size < 1_000_000_000 else 500_000_000
    with open(path, "rb") as file:
        while data := file.read(part):
            client.send(data)
else:
    common.say("no such file")
