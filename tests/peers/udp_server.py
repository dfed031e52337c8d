"""UDP servers as the tutorials write them. udp_server.py HOST SHAPE: prints its port; an empty datagram ends it.

echo   answers every datagram to its source, also the empty one
sink   answers nothing
Standard output: each datagram as a line of hex.
"""

import socket
import sys

host, shape = sys.argv[1:3]
family = socket.AF_INET6 if ":" in host else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as server:
    server.settimeout(10)
    server.bind((host, 0))
    print(f"port {server.getsockname()[1]}", file=sys.stderr, flush=True)
    while True:
        data, peer = server.recvfrom(65535)
        print(data.hex(), flush=True)
        if shape == "echo":
            server.sendto(data, peer)
        if not data:
            break
