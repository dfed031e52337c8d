"""P19: one datagram in GBK, and no look at what became of it."""

import socket

import common

args = common.arguments(port=10000)
client = socket.socket(type=socket.SOCK_DGRAM)
client.sendto("Hello".encode("gbk"), args.address)
client.close()
