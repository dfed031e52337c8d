"""P31: a remote shell for anyone who connects: a command in UTF-8, back come standard output and standard error.

Nothing is run here: a table of a few commands stands for the shell. What keeps its ways is the wire: a command without
output sends nothing, so its client waits for ever; each command has a shell of its own, so `cd` changes nothing; the
bytes are UTF-8 whatever the client reads; and b"" is just an empty command, which spins (counted here).
"""

import socket

import common

FOLDER = "/home/student"
FIXED = {
    "": "",
    "cd ..": "",
    "date": "Fri Nov 20 13:05:09 UTC 2026\n",
    "ls": "hello.py\nnotes.txt\n",
    "pwd": f"{FOLDER}\n",
    "whoami": "student\n",
}


def output(command):
    """Standard output, and behind it standard error, of a command."""
    if command in FIXED:
        return FIXED[command].encode("utf-8")
    program, _, rest = command.partition(" ")
    if program == "echo":
        return f"{rest}\n".encode("utf-8")
    if program == "seq" and rest.isdecimal():
        return "".join(f"{n}\n" for n in range(1, int(rest) + 1)).encode("ascii")
    return f"sh: 1: {program}: not found\n".encode("utf-8")


args = common.arguments(port=8080)
common.serve_until_input_ends()
server = socket.socket()
server.bind(args.address)
server.listen(5)
common.listening(server)
while True:
    connection, _ = server.accept()
    empty = 0
    while empty < common.SPINS:
        try:
            command = connection.recv(1024).decode("utf-8")
            if command:
                common.say(command)
            connection.send(output(command))
        except ConnectionError:
            common.note("reset by the client")
            break
        empty = 0 if command else empty + 1
    connection.close()
    common.note("the client has left")
