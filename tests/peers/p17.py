"""P17: a client that says Hello in GBK and leaves without waiting for anything."""

import socket

import common

args = common.arguments(port=9090)
client = socket.socket()
client.connect(args.address)
client.send("Hello".encode("gbk"))
client.close()
