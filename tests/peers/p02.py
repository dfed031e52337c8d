"""P2: a client that sends a line in GB2312 and takes one recv for the answer. An empty line ends it.

An answer in two pieces makes it lag: the second piece is read as the answer to the next line.
"""

import socket

import common

args = common.arguments(port=2333)
client = socket.socket()
client.connect(args.address)
for line in common.typed():
    if not line:
        break
    client.send(line.encode("gb2312"))
    common.say(client.recv(1024).decode("gb2312"))
client.close()
