"""A server that says what a test wants it to say, in the frames of the protocol.

Each connection is served by the next of its scripts, functions that get a Conversation; the last one
serves all further connections. A script that returns closes its connection. What a script raises is
raised again by close(), so that a test cannot pass over it.
"""
import os
import shutil
import socket
import struct
import tempfile
import threading

from support.wire import PATIENCE_S, frame, pb


class Conversation:
    """One connection, from the server's side."""

    def __init__(self, connection):
        self.connection = connection
        self.connection.settimeout(PATIENCE_S)

    def _exactly(self, length):
        data = b""
        while len(data) < length:
            part = self.connection.recv(length - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def receive(self):
        """The client's next message; EOFError when it has gone."""
        (length,) = struct.unpack(">I", self._exactly(4))
        return pb.ClientMessage.FromString(self._exactly(length))

    def receive_evaluate(self):
        """The next message that is no Cancel; it must be an Evaluate."""
        message = self.receive()
        while message.HasField("cancel"):
            message = self.receive()
        assert message.HasField("evaluate"), message
        return message

    def send_raw(self, data):
        self.connection.sendall(data)

    def send(self, message):
        self.send_raw(frame(message.SerializeToString()))

    def greet(self, major=1, max_frame_bytes=1 << 24, max_candidates=4096):
        assert self.receive().HasField("hello")
        message = pb.ServerMessage()
        message.hello.protocol_major = major
        message.hello.server_version = "a fake"
        message.hello.max_frame_bytes = max_frame_bytes
        message.hello.max_candidates = max_candidates
        message.hello.slots_total = 1
        self.send(message)

    def send_result(self, request_id, index=0, verdict=pb.PASSED):
        message = pb.ServerMessage(request_id=request_id)
        message.result.candidate_index = index
        message.result.verdict = verdict
        message.result.passed = verdict == pb.PASSED
        self.send(message)

    def send_done(self, request_id):
        message = pb.ServerMessage(request_id=request_id)
        message.done.SetInParent()
        self.send(message)

    def send_error(self, request_id, code, retry_after_ms=0, field=""):
        message = pb.ServerMessage(request_id=request_id)
        message.error.code = code
        message.error.message = "as the test wants"
        message.error.field = field
        message.error.retry_after_ms = retry_after_ms
        self.send(message)

    def pass_all(self, message):
        """Every candidate of an Evaluate passes."""
        for index in range(len(message.evaluate.candidates)):
            self.send_result(message.request_id, index)
        self.send_done(message.request_id)

    def serve(self):
        """Everything passes, until the client goes."""
        while True:
            message = self.receive()
            if message.HasField("evaluate"):
                self.pass_all(message)


class FakeServer:
    """Listens on `path` until close()."""

    def __init__(self, *scripts):
        self._scripts = list(scripts)
        self._folder = tempfile.mkdtemp(prefix="at-")
        self.path = os.path.join(self._folder, "s")
        self._error = None
        self.n_connections = 0
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(16)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.n_connections += 1
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
            with connection:
                try:
                    script(Conversation(connection))
                except (EOFError, ConnectionError):
                    pass
                except BaseException as error:  # pylint: disable=broad-except
                    self._error = error

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE_S)
        shutil.rmtree(self._folder)
        if self._error is not None:
            raise self._error
