"""P30: a line, an answer; q is sent, and its answer is not waited for: the Q comes to a closed socket."""

import socket

import common

args = common.arguments(port=8080)
client = socket.socket()
client.connect(args.address)
for line in common.typed():
    client.send(line.encode("utf-8"))
    if line == "q":
        break
    common.say(client.recv(1024).decode("utf-8"))
client.close()
