"""A daemon that listens on TCP, and the file of tokens that it is started with."""
import os
import re

ALICE, BOB, SPARE = b"alice-0123456789abcdef", b"bob-0123456789abcdef", b"alice-another-one-of-hers"
LINES = b"# who\nalice " + ALICE + b"\n\nbob\t" + BOB + b"\nalice " + SPARE + b"\n"


def write_tokens(folder, text=None, mode=0o600):
    path = os.path.join(folder, "tokens")
    with open(path, "wb") as file:
        file.write(LINES if text is None else text)
    os.chmod(path, mode)
    return path


def place(server):
    """Host and port."""
    found = re.search(r"listening on tcp:([\d.]+):(\d+)", server.log())
    return found[1], int(found[2])
