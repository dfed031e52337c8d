"""P28: a line, an answer, without an end of its own: the end of the input closes it.

An empty line sends nothing, since send(b"") is nothing on TCP, and then both sides wait for each other.
"""

import socket

import common

args = common.arguments(port=8080)
client = socket.socket()
client.connect(args.address)
for line in common.typed():
    client.send(line.encode("utf-8"))
    common.say(client.recv(1024).decode("utf-8"))
client.close()
