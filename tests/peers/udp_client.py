"""A UDP client: each line of hex on standard input is a datagram; its answer is printed as a line of hex before the
next one goes out. udp_client.py HOST PORT"""

import socket
import sys

host, port = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ":" in host else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as client:
    client.settimeout(10)
    for line in sys.stdin:
        client.sendto(bytes.fromhex(line), (host, port))
        data, peer = client.recvfrom(65535)
        if peer[:2] != (host, port):
            raise SystemExit(f"the answer came from {peer}")
        print(data.hex(), flush=True)
