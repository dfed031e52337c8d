"""P7: a client for one request: two bytes, one recv, close."""

import socket

import common

args = common.arguments(port=8008)
client = socket.socket()
client.connect(args.address)
client.send(b"sb")
common.say(client.recv(1024).decode("utf-8"))
client.close()
