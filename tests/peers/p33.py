"""P33: a UDP server for one datagram: whatever comes, the answer is hi."""

import socket

import common

args = common.arguments(port=9000)
server = socket.socket(type=socket.SOCK_DGRAM)
server.bind(args.address)
common.listening(server)
data, peer = server.recvfrom(1024)
common.say(data.decode("utf-8"))
server.sendto(b"hi", peer)
server.close()
