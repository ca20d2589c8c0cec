"""Where a daemon listens. Part of the Python client.

The order is that of libassay (client/lib/address.c): what the caller names, else $ASSAY_ADDR, else
the user's socket, else the system's. Who names an address means that one: no other is tried.
"""
from __future__ import annotations

import os
from typing import Optional

from .errors import ConnectionLost, InvalidRequest

SYSTEM_SOCKET = "/run/assay/assay.sock"
_PATH_BYTES_MAX = 107  # sun_path of unix(7), without its NUL


def _path_of(address: str) -> str:
    scheme, colon, rest = address.partition(":")
    if scheme == "unix" and colon:
        path = rest[2:] if rest.startswith("//") else rest
    elif colon and "/" not in scheme:
        raise InvalidRequest(f"{address!r}: only Unix sockets are served", "address")
    else:
        path = address
    if not path or "\0" in path or len(os.fsencode(path)) > _PATH_BYTES_MAX:
        raise InvalidRequest(f"{address!r} is no path of a Unix socket", "address")
    return path


def find(address: Optional[str]) -> str:
    """Path of the socket. ConnectionLost: none is named, and none is in the usual places."""
    address = address or os.environ.get("ASSAY_ADDR") or None
    if address is not None:
        return _path_of(address)
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    usual = [f"{runtime}/assay/assay.sock"] if runtime.startswith("/") else []
    for path in (*usual, SYSTEM_SOCKET):
        if os.path.exists(path):
            return path
    raise ConnectionLost("no daemon found: no address is given, ASSAY_ADDR is not set, and "
                         f"{' and '.join((*usual, SYSTEM_SOCKET))} do not exist "
                         "(assay.local() starts a private one)")
