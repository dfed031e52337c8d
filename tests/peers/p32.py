"""P32: the client of the remote shell: a command, one recv, read as GBK whatever it is.

What does not fit into 1024 bytes is read as the answer to the next command.
"""

import socket

import common

args = common.arguments(port=8080)
client = socket.socket()
client.connect(args.address)
for line in common.typed():
    client.send(line.encode("utf-8"))
    common.say(client.recv(1024).decode("gbk"))
client.close()
