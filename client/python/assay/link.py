"""The socket and its thread. Part of the Python client.

One thread reads, connects and waits; whoever submits also sends, as far as the socket takes it at
once, which saves a change of threads for single evaluations. `_lock` guards the session, the
outgoing bytes and the socket; outcomes are delivered by the thread after the lock is released,
because owners call back.

The thread starts with the first request and ends with close(), or when the client is collected. In
a child after fork() there is no such thread and the socket is the parent's: the child closes its
copies and begins anew, with a lock of its own, since the old one may be held by a thread that is
not there. Requests of before the fork are the parent's.
"""
from __future__ import annotations

import errno
import os
import select
import socket
import threading
import time
import weakref
from collections import deque
from typing import Any, Deque, List, Optional, Tuple, Union

from . import address as addresses
from .errors import AssayError, ConnectionLost
from .frames import BadFrame
from .session import Delivery, Owner, Request, Session

_RECEIVE_BYTES = 1 << 18
_SEND_BYTES = 1 << 16  # frames are gathered up to here for one send()
_CLOSE_PATIENCE_S = 5.0


def _socket_to(place: addresses.Place) -> socket.socket:
    """A socket that is connected or, by TCP, about to be: it takes bytes, or tells why not, when it
    is. Only looking a host's name up waits. OSError."""
    if isinstance(place, str):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        return _connected(made, place)
    family, _, _, _, where = socket.getaddrinfo(*place, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return _connected(made, where)


def _connected(made: socket.socket, where: Union[str, Tuple[Any, ...]]) -> socket.socket:
    try:
        made.setblocking(False)
        made.connect(where)
    except BlockingIOError as error:
        if error.errno == errno.EINPROGRESS:
            return made
        made.close()
        raise
    except BaseException:
        made.close()
        raise
    return made


class Link:
    """A session with a connection that is made when it is needed, and made again."""

    def __init__(self, address: Optional[str], name: str, patience_s: float, window: int,
                 token: Optional[str] = None) -> None:
        self._address = address
        self._token = token
        self._where = ""  # the last attempt
        self._is_refused = False  # it was: nobody listens there
        self._settings = (name, patience_s, window)
        self._begin()
        _links.add(self)

    def _begin(self) -> None:
        # Reentrant: the garbage collector may close a forgotten client in the middle of this.
        self._lock = threading.RLock()
        self._abandoned: Deque[Owner] = deque()
        self._session = Session(*self._settings)
        self._thread: Optional[threading.Thread] = None
        self._socket: Optional[socket.socket] = None
        self._wake_read = self._wake_write = -1
        self._out: Optional[memoryview] = None
        self._room = memoryview(bytearray(_RECEIVE_BYTES))
        self._is_closed = False

    def forget(self) -> None:
        """In a child after fork(): what was the parent's is let go."""
        inherited, was_closed = self._socket, self._is_closed
        descriptors = (self._wake_read, self._wake_write)
        self._begin()
        self._is_closed = was_closed
        if inherited is not None:
            inherited.close()
        for descriptor in descriptors:
            if descriptor >= 0:
                os.close(descriptor)

    # ---------------------------------------------------------------- callers' threads

    def submit(self, requests: List[Request]) -> None:
        """ConnectionLost: the link was closed."""
        with self._lock:
            if self._is_closed:
                raise ConnectionLost("the client is closed")
            self._session.add(requests)
            if self._thread is None:
                self._start()
            self._write()
            if self._out is not None or self._session.server is None:
                self._wake()

    def drop(self, owner: Owner) -> bool:
        """Cancels what the owner waits for. False: it waited for nothing any more."""
        with self._lock:
            was_live = self._session.drop(owner)
            if was_live and self._socket is not None:
                self._write()
        return was_live

    def abandon(self, owner: Owner) -> None:
        """As drop(), soon: for those who may be called by the garbage collector, when the lock may
        be this thread's and the session in the middle of something."""
        self._abandoned.append(owner)
        with self._lock:
            self._wake()

    def close(self, wait: bool = True) -> None:
        """Ends the thread and the connection. What has no answer gets ConnectionLost."""
        with self._lock:
            self._is_closed = True
            thread = self._thread
            self._wake()
        if thread is None:
            return
        if wait and thread is not threading.current_thread():
            thread.join(_CLOSE_PATIENCE_S)

    def _wake(self) -> None:
        """With the lock held, so that the descriptor is still ours."""
        try:
            if self._wake_write >= 0:
                os.write(self._wake_write, b"w")
        except BlockingIOError:
            pass  # it is full, so the thread is about to read it

    def _start(self) -> None:
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._thread = threading.Thread(target=self._run, name="assay-client", daemon=True)
        self._thread.start()

    # ---------------------------------------------------------------- with the lock held

    def _write(self) -> None:
        while self._socket is not None:
            if self._out is None:
                frames, size = [], 0
                while size < _SEND_BYTES:
                    frame = self._session.take_frame()
                    if frame is None:
                        break
                    frames.append(frame)
                    size += len(frame)
                if not frames:
                    return
                self._out = memoryview(frames[0] if len(frames) == 1 else b"".join(frames))
            try:
                n_sent = self._socket.send(self._out, socket.MSG_NOSIGNAL)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._out = None  # the reader will find out, and may find the reason
                self._is_refused = isinstance(error, ConnectionRefusedError)
                return
            self._out = self._out[n_sent:] if n_sent < len(self._out) else None

    def _connect(self, now: float) -> None:
        where = "the daemon"
        try:
            place = addresses.find(self._address)
            where = self._where = addresses.text_of(place)
            made = _socket_to(place)
        except BlockingIOError:
            self._session.connect_failed(now, ConnectionLost(f"{where}: it is busy"), True)
        except OSError as error:
            lost = error if isinstance(error, ConnectionLost) else ConnectionLost(
                f"cannot connect to {where}: {error.strerror}")
            self._session.connect_failed(now, lost, False)
        except AssayError as error:
            self._session.connect_failed(now, error, False)
        else:
            self._socket = made
            self._is_refused = False
            self._out = memoryview(self._session.connected(
                now, b"" if isinstance(place, str) else self._token_bytes()))

    def _token_bytes(self) -> bytes:
        token = os.environ.get("ASSAY_TOKEN", "") if self._token is None else self._token
        return token.encode("utf-8", "replace")

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._out = None

    def _receive(self) -> None:
        if self._socket is None:
            return
        now = time.monotonic()
        try:
            n_received = self._socket.recv_into(self._room)
        except (BlockingIOError, InterruptedError):
            return
        except ConnectionResetError:
            n_received = 0  # closed, with bytes of ours unread
        except ConnectionRefusedError:  # by TCP it is told when a byte is sent, or asked for
            n_received, self._is_refused = 0, True
        except OSError as error:
            self._disconnect()
            self._session.lost(now, f"the connection broke: {error.strerror}")
            return
        if n_received == 0 and self._is_refused:
            self._disconnect()
            self._session.connect_failed(now, ConnectionLost(
                f"cannot connect to {self._where}: {os.strerror(errno.ECONNREFUSED)}"), False)
            return
        if n_received == 0:
            self._disconnect()
            self._session.lost(now, "the daemon closed the connection")
            return
        try:
            self._session.feed(self._room[:n_received], now)
        except BadFrame as error:
            self._disconnect()
            self._session.fail_all(ConnectionLost(str(error)))
        except AssayError as error:
            self._disconnect()
            self._session.dismissed(now, error)

    def _prepare(self) -> Optional[float]:
        """Whatever time or submitters ask for; returns when to look again."""
        now = time.monotonic()
        while self._abandoned:
            self._session.drop(self._abandoned.popleft())
        try:
            self._session.on_time(now)
        except ConnectionLost as error:
            self._disconnect()
            self._session.lost(now, str(error))
        if self._socket is None and self._session.wants_connection(now):
            self._connect(now)
        self._write()
        return self._session.next_moment()

    # ---------------------------------------------------------------- the thread

    def _run(self) -> None:
        reason = "the client is closed"
        try:
            self._work()
        except Exception as error:  # a defect of ours must not leave callers waiting for ever
            reason = f"the client failed: {error!r}"
            raise
        finally:
            with self._lock:
                self._is_closed = True
                self._session.fail_all(ConnectionLost(reason))
                deliveries = self._session.take_deliveries()
                self._disconnect()
                os.close(self._wake_read)
                os.close(self._wake_write)
                self._wake_read = self._wake_write = -1
            self._tell(deliveries)

    def _work(self) -> None:
        while True:
            with self._lock:
                if self._is_closed:
                    return
                moment = self._prepare()
                deliveries = self._session.take_deliveries()
                connection, is_sending = self._socket, self._out is not None
                gather_s = 0.0 if is_sending else self._session.gather_s
            if self._tell(deliveries):
                continue
            if self._wait(connection, is_sending, moment):
                if gather_s > 0:
                    self._wait(None, False, time.monotonic() + gather_s)
                with self._lock:
                    self._receive()

    def _tell(self, deliveries: List[Delivery]) -> bool:
        for owner, outcomes in deliveries:
            owner.deliver(outcomes)
        return bool(deliveries)

    def _wait(self, connection: Optional[socket.socket], is_sending: bool,
              moment: Optional[float]) -> bool:
        """Until something may be done; True: the socket has something to read."""
        waiting = select.poll()
        waiting.register(self._wake_read, select.POLLIN)
        if connection is not None:
            waiting.register(connection,
                             select.POLLIN | (select.POLLOUT if is_sending else 0))
        timeout_ms = None
        if moment is not None:
            timeout_ms = max(0, int((moment - time.monotonic()) * 1000) + 1)
        is_readable = False
        for descriptor, events in waiting.poll(timeout_ms):
            if descriptor == self._wake_read:
                os.read(self._wake_read, 4096)
            elif events & ~select.POLLOUT:
                is_readable = True
        return is_readable


_links: weakref.WeakSet[Link] = weakref.WeakSet()


def _forget_all() -> None:
    for link in list(_links):
        link.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
