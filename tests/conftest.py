"""What integration, security and end-to-end tests share: daemons, markers and the totals' line."""
import os
import subprocess
import sys

import pytest

from support import alone
from support.daemon import Daemon


@pytest.fixture(scope="module")
def daemon():
    """A running assayd with two slots, one for each module."""
    server = Daemon()
    yield server
    server.stop()


@pytest.fixture
def own_daemon():
    """Starts daemons with options of the test's own; ends those that still run."""
    started = []

    def start(*options, **named):
        started.append(Daemon(*options, **named))
        return started[-1]

    yield start
    for server in started:
        if server.lifeline >= 0:
            server.stop()


@pytest.fixture
def client(daemon):
    with daemon.connect() as connection:
        yield connection


@pytest.fixture
def busy_loops():
    """Twice as many as there are processors on the smallest machine that this runs on."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """Whoever keeps all processors busy would starve the candidates of the stages beside."""
    is_busy = "busy_loops" in getattr(item, "fixturenames", ())
    with alone.turn(is_busy or item.get_closest_marker("alone") is not None):
        yield


def pytest_runtest_setup(item):
    if item.get_closest_marker("requires_root") and os.geteuid() != 0:
        pytest.skip("needs root")


def pytest_terminal_summary(terminalreporter):
    """Names every skipped test; the totals in the form that tests/check.sh adds up."""
    stats = terminalreporter.stats
    for report in stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.write_line(f"skipped: {report.nodeid}: {reason.removeprefix('Skipped: ')}")
    passed = len(stats.get("passed", []))
    failed = len(stats.get("failed", [])) + len(stats.get("error", []))
    skipped = len(stats.get("skipped", []))
    terminalreporter.write_line(f"{passed} passed, {failed} failed, {skipped} skipped")
