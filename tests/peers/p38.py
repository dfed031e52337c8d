"""P38: asks a time server; each line is a format, and an empty line is an empty datagram, which does arrive."""

import socket

import common

args = common.arguments(port=9000)
client = socket.socket(type=socket.SOCK_DGRAM)
for line in common.typed():
    client.sendto(line.encode("utf-8"), args.address)
    data, _ = client.recvfrom(1024)
    common.say(data.decode("utf-8"))
client.close()
