"""P18: a UDP server that prints what comes and answers nothing. An empty datagram stops it, whoever sent it."""

import socket

import common

args = common.arguments(port=10000)
server = socket.socket(type=socket.SOCK_DGRAM)
server.bind(args.address)
common.listening(server)
while True:
    data, _ = server.recvfrom(2048)
    common.say(data)
    if not data:
        break
server.close()
