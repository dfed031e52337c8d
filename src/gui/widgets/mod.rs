//! Small things that several views paint, and nothing that knows a socket.
