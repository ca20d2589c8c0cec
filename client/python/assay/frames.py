"""The daemon's bytes as messages. Part of the Python client; no I/O here.

What a daemon sends is bounded before it is believed: a length above what was agreed, an empty frame
or bytes that are no message end the connection.
"""
from __future__ import annotations

import struct
from typing import Iterator, Union

from google.protobuf.message import DecodeError

from . import assay_pb2 as pb

GREETING_BYTES_MAX = 1 << 20  # of the first message, before a bound is agreed
_HEADER_BYTES = 4


class BadFrame(Exception):
    """The peer does not speak the protocol."""


class FrameReader:
    """Takes bytes as they come and gives whole messages."""

    def __init__(self) -> None:
        self.max_frame_bytes = GREETING_BYTES_MAX
        self._buffer = bytearray()

    def feed(self, data: Union[bytes, memoryview]) -> Iterator[pb.ServerMessage]:
        """Every message that is whole with `data`. BadFrame: after it nothing can be read. The
        bound may be changed between two messages."""
        buffer = self._buffer
        buffer += data
        start = 0
        try:
            while len(buffer) - start >= _HEADER_BYTES:
                (length,) = struct.unpack_from(">I", buffer, start)
                if length == 0:
                    raise BadFrame("the daemon sent an empty message")
                if length > self.max_frame_bytes:
                    raise BadFrame(f"the daemon announced a message of {length} bytes; at most "
                                   f"{self.max_frame_bytes} are allowed")
                end = start + _HEADER_BYTES + length
                if len(buffer) < end:
                    break
                try:
                    message = pb.ServerMessage.FromString(bytes(buffer[start + _HEADER_BYTES:end]))
                except DecodeError:
                    raise BadFrame("the daemon sent bytes that are no message") from None
                start = end
                yield message
        finally:
            del buffer[:start]
