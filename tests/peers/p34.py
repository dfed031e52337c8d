"""P34: a UDP client: hello, and what is answered."""

import socket

import common

args = common.arguments(port=9000)
client = socket.socket(type=socket.SOCK_DGRAM)
client.sendto(b"hello", args.address)
data, _ = client.recvfrom(1024)
common.say(data.decode("utf-8"))
client.close()
