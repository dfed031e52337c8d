"""P26: says hello, prints the answer, closes."""

import socket

import common

args = common.arguments(port=8080)
client = socket.socket()
client.connect(args.address)
client.send("hello".encode("utf-8"))
common.say(client.recv(1024).decode("utf-8"))
client.close()
