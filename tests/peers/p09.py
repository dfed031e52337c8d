"""P9: the client of P8: for every message a new connection, from a new port. --times says how many."""

import socket

import common

args = common.arguments(port=8008, times=3)
for _ in range(args.times):
    client = socket.socket()
    client.connect(args.address)
    client.send(b"sb")
    common.say(client.recv(1024).decode("utf-8"))
    client.close()
