"""Attacks on the box beside the project ($ASSAY_SHARED/attacks/escapes.jsonl), as requests."""
import json
import os
import socket

from support import shared
from support.wire import evaluate


def read_corpus():
    path = os.path.join(shared.SHARED, "attacks", "escapes.jsonl")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


class HostListeners:
    """What an attack tries to reach: a TCP port and an abstract socket of the host."""

    def __init__(self):
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.abstract = socket.socket(socket.AF_UNIX)
        self.name = f"assay-test-{os.getpid()}"
        self.abstract.bind("\0" + self.name)
        self.abstract.listen()
        for listener in (self.tcp, self.abstract):
            listener.setblocking(False)

    def fill_in(self, code):
        port = str(self.tcp.getsockname()[1])
        return code.replace("{{HOST_TCP_PORT}}", port).replace("{{HOST_ABSTRACT}}", self.name)

    def were_reached(self):
        """Whether anybody has connected to one of them."""
        for listener in (self.tcp, self.abstract):
            try:
                listener.accept()
            except BlockingIOError:
                continue
            return True
        return False

    def close(self):
        self.tcp.close()
        self.abstract.close()


def as_request(attack, key, listeners, **limits):
    """The first (key "") or second ("2") program of a line. Its output is never right, so it is
    compared if the program came to an end."""
    request = evaluate(listeners.fill_in(attack["candidate" + key]), task=attack["id"],
                       language=attack.get("language" + key) or attack["language"], **limits)
    request.stdio.cases.add(stdin=b"", stdout=b"no attack prints this\n")
    return request
