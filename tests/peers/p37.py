"""P37: a time server: a datagram is a format of strftime, an empty one stands for "%Y-%m-%d %X"."""

import socket
import time

import common

args = common.arguments(port=9000)
common.serve_until_input_ends()
server = socket.socket(type=socket.SOCK_DGRAM)
server.bind(args.address)
common.listening(server)
while True:
    data, peer = server.recvfrom(1024)
    common.say(data.decode("utf-8"))
    server.sendto(time.strftime(data.decode("utf-8") or "%Y-%m-%d %X").encode("utf-8"), peer)
