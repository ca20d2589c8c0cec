"""The Python client as `make` puts it together, with real daemons and with one that misbehaves."""
import os
import sys

import pytest

from support.daemon import BUILD

sys.path.insert(0, os.path.join(BUILD, "python"))

import assay  # noqa: E402  (the path is set above)
from support.fake_server import FakeServer  # noqa: E402


@pytest.fixture
def judge(daemon):
    """A Client of the module's daemon."""
    with assay.Client(daemon.path) as client:
        yield client


@pytest.fixture
def fake_server():
    """Starts servers that answer by a script of the test's own; ends them."""
    started = []

    def start(*scripts):
        started.append(FakeServer(*scripts))
        return started[-1]

    yield start
    for server in started:
        server.close()
