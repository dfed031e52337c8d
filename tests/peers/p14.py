"""P14: a UDP server for one datagram: the answer goes to the port that it came from."""

import socket

import common

args = common.arguments(port=9000)
server = socket.socket(type=socket.SOCK_DGRAM)
server.bind(args.address)
common.listening(server)
data, peer = server.recvfrom(1024)
common.say(data)
server.sendto(f"服务端收到了你传的 {data}".encode("utf-8"), peer)
server.close()
