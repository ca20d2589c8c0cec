"""What can go wrong, as exceptions. Part of the Python client.

A candidate that fails is never one of these: that is a verdict, in a Result. An exception says that
there is no verdict, and which of these it is says what to do about it:

    InvalidRequest     the request is wrong, and sending it again will not help
    Unauthenticated    by TCP: the daemon does not know the token
    Overloaded, Quota  the daemon has no room now; the client has already tried for `patience_s`
    DeadlineExceeded   Task.deadline_ms went by
    ConnectionLost     no daemon, or it went away and did not come back within `patience_s`
    InfraError         the daemon failed in a way of its own

All of them can be pickled, because training frameworks hand exceptions from process to process.
"""
from __future__ import annotations


class AssayError(Exception):
    """Base of all exceptions of this package."""


class InvalidRequest(AssayError, ValueError):
    """The request cannot be used. `field` names the part, as in assay.proto; "" if unknown."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message, field)
        self.field = field

    def __str__(self) -> str:
        message = str(self.args[0])
        return f"{self.field}: {message}" if self.field else message


class Unauthenticated(AssayError, PermissionError):
    """The daemon does not know the token that was shown by TCP, or none was."""


class _TryAgain(AssayError):
    """The daemon refused for now; `retry_after_s` is its own advice, in seconds."""

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message, retry_after_s)
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return str(self.args[0])


class Overloaded(_TryAgain):
    """The daemon's queue is full."""


class Quota(_TryAgain):
    """This user's part of the daemon's queue is full."""


class DeadlineExceeded(AssayError, TimeoutError):
    """Task.deadline_ms went by before the answer."""


class ConnectionLost(AssayError, ConnectionError):
    """There is no daemon to talk to, or the connection to it ended and was not made again."""


class InfraError(AssayError):
    """The daemon could not do its work; nothing is known about the candidate."""
