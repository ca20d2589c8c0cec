"""A client for tests: frames and messages as they are on the wire, with nothing hidden.

Tests for protocol errors need to send what libassay would never send, so this speaks the protocol
itself, with the classes that protoc made from proto/assay.proto.
"""
import os
import select
import socket
import struct
import sys
import time

from support.patience import PATIENCE_S

sys.path.insert(0, os.path.join(os.environ.get("ASSAY_BUILD", "build"), "gen"))
import assay_pb2 as pb  # noqa: E402  (generated; the path is set above)

# STARVED says of our machine, not of the candidate, that it was busy: whoever gets it judges again.
STARVED_AGAIN_MAX = 3


class Closed(Exception):
    """The server closed the connection."""


class Answer:
    """All that came for one request."""

    def __init__(self):
        self.results = []
        self.done = None
        self.error = None
        self.other = None  # Status or Pong

    @property
    def is_complete(self):
        return any(part is not None for part in (self.done, self.error, self.other))


def frame(payload):
    return struct.pack(">I", len(payload)) + payload


def verdict_name(result):
    return pb.Verdict.Name(result.verdict)


def is_starved(result):
    return result.fault == pb.FAULT_OVERLOAD


class Client:
    """One connection, to the path of a Unix socket or to a (host, port). Sends never block for ever:
    answers are read while bytes wait to be sent.
    What was starved is judged again, unless `starved_again_max` is 0."""

    starved_again_max = STARVED_AGAIN_MAX

    def __init__(self, address, hello=True, token=b""):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(address)
        self.inbox = b""
        self.next_id = 1
        self.answers = {}
        self.waiting = {}  # what each request that is not answered asked for
        self.greeting = self.hello(token=token) if hello else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # ---- frames and messages

    def send_raw(self, data):
        """Sends bytes; keeps reading meanwhile so that neither side waits for the other."""
        view = memoryview(data)
        deadline = time.monotonic() + PATIENCE_S
        while view:
            readable, writable, _ = select.select([self.socket], [self.socket], [], PATIENCE_S)
            if readable:
                self._receive()
            if writable:
                view = view[self.socket.send(view[:65536]):]
            if time.monotonic() > deadline:
                raise TimeoutError("the server takes no bytes")

    def send(self, message):
        self.send_raw(frame(message.SerializeToString()))

    def _receive(self):
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise Closed()
        self.inbox += chunk

    def read_message(self, timeout=PATIENCE_S):
        """The next message; Closed at end of file; TimeoutError."""
        deadline = time.monotonic() + timeout
        while True:
            if len(self.inbox) >= 4:
                length = struct.unpack(">I", self.inbox[:4])[0]
                if len(self.inbox) >= 4 + length:
                    message = pb.ServerMessage.FromString(self.inbox[4:4 + length])
                    self.inbox = self.inbox[4 + length:]
                    return message
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise TimeoutError("no answer")
            self._receive()

    def hello(self, major=1, minor=0, name="tests", token=b""):
        message = pb.ClientMessage()
        message.hello.protocol_major = major
        message.hello.protocol_minor = minor
        message.hello.client_name = name
        message.hello.token = token
        self.send(message)
        answer = self.read_message()
        return answer.hello if answer.HasField("hello") else answer

    def expect_error(self):
        """The next message must be an Error; returns it."""
        message = self.read_message()
        assert message.HasField("error"), message
        return message.error

    def expect_closed(self):
        """Nothing but end of file may follow."""
        try:
            message = self.read_message()
        except (Closed, ConnectionResetError):
            return
        raise AssertionError(f"unexpected message: {message}")

    # ---- requests

    def new_id(self):
        self.next_id += 1
        return self.next_id - 1

    def submit(self, evaluate, request_id=None):
        """Sends an Evaluate; returns its id."""
        message = pb.ClientMessage(request_id=request_id or self.new_id())
        message.evaluate.CopyFrom(evaluate)
        self.send(message)
        self.waiting[message.request_id] = message.evaluate
        return message.request_id

    def cancel(self, target):
        message = pb.ClientMessage(request_id=self.new_id())
        message.cancel.target_id = target
        self.send(message)

    def collect(self, request_id, timeout=PATIENCE_S):
        """Reads until `request_id` is answered completely."""
        answer = self._collect(request_id, timeout)
        evaluate = self.waiting.pop(request_id, None)
        for _ in range(self.starved_again_max):
            starved = [at for at, result in enumerate(answer.results) if is_starved(result)]
            if evaluate is None or not starved:
                break
            for at in starved:
                answer.results[at] = self._judge_again(evaluate, answer.results[at], timeout)
        return answer

    def _judge_again(self, evaluate, result, timeout):
        message = pb.ClientMessage(request_id=self.new_id())
        message.evaluate.CopyFrom(evaluate)
        del message.evaluate.candidates[:]
        message.evaluate.candidates.append(evaluate.candidates[result.candidate_index])
        if evaluate.suites:
            del message.evaluate.suites[:]
            message.evaluate.suites.append(evaluate.suites[result.suite_index])
        self.send(message)
        again = self._collect(message.request_id, timeout)
        if again.error is not None or not again.results:
            return result
        again.results[0].candidate_index = result.candidate_index
        again.results[0].suite_index = result.suite_index
        return again.results[0]

    def _collect(self, request_id, timeout):
        deadline = time.monotonic() + timeout
        while True:
            answer = self.answers.setdefault(request_id, Answer())
            if answer.is_complete:
                return self.answers.pop(request_id)
            self._file(self.read_message(max(0.0, deadline - time.monotonic())))

    def _file(self, message):
        if message.request_id == 0:
            raise AssertionError(f"the connection failed: {message}")
        answer = self.answers.setdefault(message.request_id, Answer())
        kind = message.WhichOneof("body")
        if kind == "result":
            answer.results.append(message.result)
        elif kind in ("done", "error"):
            setattr(answer, kind, getattr(message, kind))
        else:
            answer.other = getattr(message, kind)

    def submit_status(self):
        message = pb.ClientMessage(request_id=self.new_id())
        message.status.SetInParent()
        self.send(message)
        return message.request_id

    def status(self):
        return self.collect(self.submit_status()).other

    def judge(self, evaluate):
        """Evaluates and returns the results in the candidates' order."""
        answer = self.collect(self.submit(evaluate))
        assert answer.error is None, answer.error
        assert answer.done.results == len(answer.results) == len(evaluate.candidates)
        return sorted(answer.results, key=lambda result: result.candidate_index)

    def judge_one(self, evaluate):
        (result,) = self.judge(evaluate)
        return result

    def judge_many(self, requests, window=48):
        """Evaluates an iterable of requests, at most `window` in flight; yields their answers in
        the requests' order."""
        waiting = []
        for evaluate in requests:
            waiting.append(self.submit(evaluate))
            if len(waiting) >= window:
                yield self.collect(waiting.pop(0))
        for request_id in waiting:
            yield self.collect(request_id)


# ---- making requests

def as_bytes(text):
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def evaluate(*codes, task="task", prompt="", entry_point="", check=None, asserts=None, setup="",
             program=None, unittest=None, pytest=None, language="python", files=None, no_cache=True,
             integrity=0, **limits):
    """An Evaluate with one candidate for each of `codes`, each to be run whether others are alike or
    not (unless no_cache=False). Limits by name: cpu_ms=300."""
    request = pb.Evaluate(id=task, language=language, prompt=as_bytes(prompt),
                          entry_point=entry_point, no_cache=no_cache, integrity=integrity)
    if check is not None:
        request.check.source = as_bytes(check)
    if asserts is not None:
        request.asserts.SetInParent()
        request.asserts.setup = as_bytes(setup)
        request.asserts.asserts.extend(as_bytes(text) for text in asserts)
    for kind, source in (("program", program), ("unittest", unittest), ("pytest", pytest)):
        if source is not None:
            getattr(request, kind).SetInParent()
            getattr(request, kind).source = as_bytes(source)
    for index, code in enumerate(codes):
        candidate = request.candidates.add(id=f"c{index}", code=as_bytes(code))
        for name, content in (files or {}).items():
            candidate.files.add(name=name, content=as_bytes(content))
    for name, value in limits.items():
        setattr(request.limits, name, value)
    return request


CHECK_ADD = "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(0, 0) == 0\n"
GOOD_ADD = "def add(a, b):\n    return a + b\n"
WRONG_ADD = "def add(a, b):\n    return a - b\n"


def evaluate_add(*codes, **limits):
    """A small request with a known answer: GOOD_ADD passes, WRONG_ADD fails."""
    return evaluate(*(codes or (GOOD_ADD,)), entry_point="add", check=CHECK_ADD, **limits)


def evaluate_program(code, **limits):
    """A candidate that is run for what it does; the test part only has to be reached."""
    return evaluate(code, program="assert True\n", **limits)
