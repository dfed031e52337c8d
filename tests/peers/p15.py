"""P15: a UDP client for one datagram. If nobody is there it waits for ever: no error reaches an unconnected socket."""

import socket

import common

args = common.arguments(port=9000)
client = socket.socket(type=socket.SOCK_DGRAM)
client.sendto(b"sb", args.address)
data, _ = client.recvfrom(1024)
common.say(data.decode("utf-8"))
client.close()
