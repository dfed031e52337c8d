"""What the rewrites of the tutorials' programs (p01.py … p38.py) share.

They are our own programs: they do on the wire what the tutorials' listings do, the mistakes included where those are the
point, and nothing else is taken from there. Three things differ, so that a test can run them:

- the address comes from --host and --port; port 0 lets the system choose, and a server tells it on standard error;
- what a person would type comes from standard input, without prompts, and its end is the end of the person's patience:
  a program that asks ends there, and a server that never ends by itself ends there too;
- pauses are arguments, loops that would spin for ever are counted, and after --limit seconds a program that hangs says
  where each of its threads is and ends.
"""

import argparse
import faulthandler
import os
import sys
import threading

# Reads of b"" in a row after which a loop without a test for the end gives up.
SPINS = 1000


def arguments(port, **others):
    """--host, --port, and an option for each of `others`, of the type of its default."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=port)
    parser.add_argument("--limit", type=float, default=30)
    for name, default in others.items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    args = parser.parse_args()
    args.address = (args.host, args.port)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", newline="\n")
    faulthandler.dump_traceback_later(args.limit, exit=True)
    return args


def say(what):
    """print, at once."""
    print(what, flush=True)


def note(what):
    """What is no part of the listing's own output."""
    print(what, file=sys.stderr, flush=True)


def listening(server):
    """Tells where a server is."""
    host, port = server.getsockname()[:2]
    note(f"listening on {host}:{port}")


def typed():
    """The lines that a person types, one by one, without their ends."""
    for line in sys.stdin:
        yield line.rstrip("\n")


def serve_until_input_ends():
    """Ends the program with standard input, wherever its other threads are."""

    def wait():
        # Not sys.stdin: a child process that P12 forks would inherit its lock, held for ever.
        while os.read(0, 1024):
            pass
        sys.stdout.flush()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
