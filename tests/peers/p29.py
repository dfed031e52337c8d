"""P29: accept in a loop, a conversation in a loop, and a close that is never reached.

b"" ends the conversation, but the connection stays in CLOSE_WAIT until the next client's accept. A second client is
connected and can send at once; it is answered when the first has left.
"""

import socket

import common

args = common.arguments(port=8080)
common.serve_until_input_ends()
server = socket.socket()
server.bind(args.address)
server.listen(5)
common.listening(server)
while True:
    connection, _ = server.accept()
    while True:
        try:
            data = connection.recv(1024)
        except ConnectionResetError:
            # If the answer to q arrives before the client closes, its close is a reset. It would end the listing.
            data = b""
        if not data:
            break
        common.say(data)
        connection.send(data.upper())
    common.note("the client has left")
