"""P11: a line, an answer, a line, an answer. The line q ends it and is not sent.

One recv of 1024 bytes is taken for a whole answer, and 84 Chinese characters already get a longer one from P10.
"""

import socket

import common

args = common.arguments(port=8008)
client = socket.socket()
client.connect(args.address)
for line in common.typed():
    if line == "q":
        break
    client.send(line.encode("utf-8"))
    common.say(client.recv(1024).decode("utf-8"))
client.close()
