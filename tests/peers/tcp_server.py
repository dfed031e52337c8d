"""TCP servers as the tutorials write them, for one client. tcp_server.py HOST SHAPE: prints its port, then what it got.

echo      every recv goes back; closes when the client ends
sink      reads to the end, answers nothing
late      reads to the end, and only then answers: how many bytes came
nine      speaks first: nine sends, each one once the one before has come back whole, then closes
greet     speaks first: nine sends without a boundary between them, then closes
reset     reads once, then RST
"""

import socket
import struct
import sys

host, shape = sys.argv[1:3]
family = socket.AF_INET6 if ":" in host else socket.AF_INET
with socket.socket(family) as server:
    server.settimeout(10)
    server.bind((host, 0))
    server.listen(5)
    print(f"port {server.getsockname()[1]}", file=sys.stderr, flush=True)
    client, _ = server.accept()
    got = b""
    with client:
        client.settimeout(10)
        if shape == "greet":
            for i in range(1, 10):
                client.sendall(f"i = {i}".encode())
        elif shape == "nine":
            for i in range(1, 10):
                message = f"i = {i}".encode()
                client.sendall(message)
                back = b""
                while len(back) < len(message) and (part := client.recv(1024)):
                    back += part
                got += back
        elif shape == "reset":
            got = client.recv(1024)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            while part := client.recv(1024):
                got += part
                if shape == "echo":
                    client.sendall(part)
            if shape == "late":
                client.sendall(str(len(got)).encode())
sys.stdout.buffer.write(got)
