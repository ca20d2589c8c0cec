"""Client of assay, which judges generated code.

    import assay
    client = assay.local()
    result = client.evaluate(assay.Task(assay.Tests.asserts(["assert add(1, 2) == 3"])), code)

A Client (or AsyncClient) talks to a running daemon; local() starts a private one. A Task says what
candidates are judged by, a Result what came of it. docs/python.md has more.
"""
from __future__ import annotations

from .answer import Language, Server
from .async_client import AsyncClient
from .client import Client
from .errors import (AssayError, ConnectionLost, DeadlineExceeded, InfraError, InvalidRequest,
                     Overloaded, Quota, Unauthenticated)
from .result import Compile, Repeats, Result, TestError, TestResult, Usage
from .task import Call, Candidate, Case, Limits, Task, Tests

local = Client.local

__version__ = "0.1.0"
__all__ = [
    "AssayError", "AsyncClient", "Call", "Candidate", "Case", "Client", "Compile",
    "ConnectionLost", "DeadlineExceeded", "InfraError", "InvalidRequest", "Language", "Limits",
    "Overloaded", "Quota", "Repeats", "Result", "Server", "Task", "TestError", "TestResult",
    "Tests", "Unauthenticated", "Usage", "local",
]
