"""TCP clients as the tutorials write them. tcp_client.py HOST PORT SHAPE: bytes to send on standard input, bytes that
came back on standard output.

whole      sendall, half-close, read to the end
bytewise   the same with one send a byte
lines      send a line, wait for one as long, then the next: a conversation
reset      sendall, wait for as many bytes, then RST
many N     N clients at once, each on a thread of its own, each its own bytes
"""

import socket
import struct
import sys
import threading

host, port, shape = sys.argv[1], int(sys.argv[2]), sys.argv[3]
data = sys.stdin.buffer.read()


def connect():
    client = socket.create_connection((host, port), timeout=10)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def exactly(client, count):
    got = b""
    while len(got) < count:
        part = client.recv(count - len(got))
        if not part:
            raise SystemExit(f"the server ended after {len(got)} of {count} bytes")
        got += part
    return got


def to_end(client):
    got = b""
    while part := client.recv(1024):
        got += part
    return got


def one_of_many(number):
    with connect() as client:
        mine = data + str(number).encode()
        client.sendall(mine)
        client.shutdown(socket.SHUT_WR)
        answers[number] = to_end(client) == mine


if shape == "many":
    answers = {}
    threads = [threading.Thread(target=one_of_many, args=(number,)) for number in range(int(sys.argv[4]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(answers.values()))
else:
    with connect() as client:
        if shape == "lines":
            answer = b""
            for line in data.splitlines(keepends=True):
                client.sendall(line)
                answer += exactly(client, len(line))
        elif shape == "reset":
            client.sendall(data)
            answer = exactly(client, len(data))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            for part in [data] if shape == "whole" else [data[i : i + 1] for i in range(len(data))]:
                client.sendall(part)
            client.shutdown(socket.SHUT_WR)
            answer = to_end(client)
    sys.stdout.buffer.write(answer)
