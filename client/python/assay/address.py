"""Where a daemon listens. Part of the Python client.

The order is that of libassay (client/lib/address.c): what the caller names, else $ASSAY_ADDR, else
the user's socket, else the system's. Who names an address means that one: no other is tried.
"""
from __future__ import annotations

import os
from typing import Optional, Tuple, Union

from .errors import ConnectionLost, InvalidRequest

SYSTEM_SOCKET = "/run/assay/assay.sock"
_PATH_BYTES_MAX = 107  # sun_path of unix(7), without its NUL

# The path of a Unix socket, or host and port of TCP.
Place = Union[str, Tuple[str, int]]


def _host_and_port(rest: str, address: str) -> Tuple[str, int]:
    host, _, port = (rest[2:] if rest.startswith("//") else rest).rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise InvalidRequest(f"{address!r}: expected tcp:HOST:PORT", "address")
    return host, int(port)


def _path_of(address: str) -> str:
    scheme, colon, rest = address.partition(":")
    if scheme == "unix" and colon:
        path = rest[2:] if rest.startswith("//") else rest
    elif colon and "/" not in scheme:
        raise InvalidRequest(f"{address!r}: expected unix:PATH, PATH or tcp:HOST:PORT", "address")
    else:
        path = address
    if not path or "\0" in path or len(os.fsencode(path)) > _PATH_BYTES_MAX:
        raise InvalidRequest(f"{address!r} is no path of a Unix socket", "address")
    return path


def _place_of(address: str) -> Place:
    if address.startswith("tcp:"):
        return _host_and_port(address[4:], address)
    return _path_of(address)


def text_of(place: Place) -> str:
    """As an address again."""
    if isinstance(place, str):
        return place
    host, port = place
    return f"tcp:[{host}]:{port}" if ":" in host else f"tcp:{host}:{port}"


def find(address: Optional[str]) -> Place:
    """Where to connect to. ConnectionLost: none is named, and none is in the usual places."""
    address = address or os.environ.get("ASSAY_ADDR") or None
    if address is not None:
        return _place_of(address)
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    usual = [f"{runtime}/assay/assay.sock"] if runtime.startswith("/") else []
    for path in (*usual, SYSTEM_SOCKET):
        if os.path.exists(path):
            return path
    raise ConnectionLost("no daemon found: no address is given, ASSAY_ADDR is not set, and "
                         f"{' and '.join((*usual, SYSTEM_SOCKET))} do not exist "
                         "(assay.local() starts a private one)")
