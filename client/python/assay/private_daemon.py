"""A daemon of our own, for this process. Part of the Python client.

It must end with the process however that ends, so it holds the read end of a pipe, the lifeline,
whose write end only we have: when we end, even by kill -9, the kernel closes it and assayd sees the
end of file. It says READY on another pipe once it can judge. Its stderr is a file without a name
and not a pipe, because nobody would drain a pipe, and a full one would stop the daemon. It gets a
process group of its own, so that Ctrl-C in the terminal reaches only us. The same, in C, is
client/cli/private_daemon.c.

Children after fork() close their copy of the lifeline: they may use the daemon, but only its owner
keeps it.
"""
from __future__ import annotations

import atexit
import os
import select
import shutil
import subprocess
import tempfile
import time
import weakref
from typing import IO, List, Optional, Sequence, Tuple

from .errors import InfraError

_READY_PATIENCE_S = 120.0
_STOP_PATIENCE_S = 15.0
_LOG_BYTES_MAX = 8192
_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def find_program() -> str:
    """Path of assayd: beside the build's or the installation's copy of this package, else by
    $PATH. InfraError: there is none."""
    beside = (os.path.join(_PACKAGE, "..", "..", "assayd"),
              os.path.join(_PACKAGE, "..", "..", "..", "..", "bin", "assayd"))
    for path in beside:
        if os.access(path, os.X_OK):
            return os.path.normpath(path)
    found = shutil.which("assayd")
    if found is None:
        raise InfraError("assayd is neither beside this package nor in $PATH")
    return found


def _make_folder() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    for parent in (runtime if runtime.startswith("/") else "", "/tmp"):
        # The socket's whole path has to fit into sun_path of unix(7).
        if parent and os.access(parent, os.W_OK) and len(os.fsencode(parent)) < 70:
            return tempfile.mkdtemp(prefix="assay-", dir=parent)
    raise InfraError("no folder for the socket of a private daemon: neither $XDG_RUNTIME_DIR nor "
                     "/tmp can be written to")


class PrivateDaemon:
    """Runs until stop(), or until this process ends."""

    def __init__(self, slots: Optional[int], options: Sequence[str],
                 program: Optional[str]) -> None:
        self._program = program or find_program()
        self._pid = os.getpid()
        self._lifelines: List[int] = []  # one or none: pop() is safe between threads
        self._folder = _make_folder()
        self._log: IO[bytes] = tempfile.TemporaryFile()
        self.address = os.path.join(self._folder, "assay.sock")
        wanted = () if slots is None else ("--slots", str(slots))
        try:
            self._process, ready = self._spawn((*wanted, *options))
            _daemons.add(self)
            self._wait_ready(ready)
        except BaseException:
            self.stop()
            raise
        atexit.register(self.stop)

    def _spawn(self, options: Sequence[str]) -> Tuple[subprocess.Popen[bytes], int]:
        lifeline, kept = os.pipe()
        self._lifelines.append(kept)
        ready, ready_write = os.pipe()
        command = [self._program, "--socket", self.address, "--lifeline-fd", str(lifeline),
                   "--ready-fd", str(ready_write), "--log-level", "error",
                   "--allow-weaker", "any", *options]
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._log,
                pass_fds=(lifeline, ready_write), start_new_session=True)
        except OSError as error:
            os.close(ready)
            raise InfraError(f"cannot run {self._program}: {error.strerror}") from None
        finally:
            os.close(lifeline)
            os.close(ready_write)
        return process, ready

    def _wait_ready(self, ready: int) -> None:
        deadline = time.monotonic() + _READY_PATIENCE_S
        text = b""
        waiting = select.poll()
        waiting.register(ready, select.POLLIN)
        try:
            while b"\n" not in text:
                left_s = deadline - time.monotonic()
                if left_s <= 0 or not waiting.poll(left_s * 1000):
                    raise InfraError("the private daemon does not get ready")
                part = os.read(ready, 64)
                if not part:
                    raise InfraError(f"the private daemon could not start: {self.log()}")
                text += part
        finally:
            os.close(ready)

    def log(self) -> str:
        """The end of what it wrote to stderr."""
        size = os.fstat(self._log.fileno()).st_size
        start = max(0, size - _LOG_BYTES_MAX)
        text = os.pread(self._log.fileno(), _LOG_BYTES_MAX, start)
        return text.decode("utf-8", "backslashreplace").strip()

    def let_go(self) -> None:
        """It ends, or, in a child after fork(), is the parent's alone."""
        try:
            os.close(self._lifelines.pop())
        except IndexError:
            pass  # closed before

    def stop(self) -> None:
        """Ends it and waits; does nothing in another process than the one that started it."""
        if os.getpid() != self._pid:
            return
        atexit.unregister(self.stop)
        self.let_go()
        process = getattr(self, "_process", None)
        if process is not None:
            try:
                process.wait(_STOP_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)


_daemons: weakref.WeakSet[PrivateDaemon] = weakref.WeakSet()


def _let_go_all() -> None:
    for daemon in list(_daemons):
        daemon.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go_all)
