"""Known verdicts in a folder: they outlive the daemon, and what is damaged is judged again."""
import os
import signal
import stat
import subprocess

import pytest

from support import host
from support.daemon import WEAKER, program, weaker_options
from support.patience import PATIENCE_S
from support.wire import GOOD_ADD, WRONG_ADD, evaluate_add, pb


@pytest.fixture
def folder(tmp_path):
    """Reached by its descriptor only, so what is above it need not be open to the broker."""
    return str(tmp_path / "verdicts")


def judge(daemon, *codes):
    with daemon.connect() as client:
        results = client.judge(evaluate_add(*codes, no_cache=False))
        counters = {counter.name: counter.value for counter in client.status().counters}
    assert [result.verdict for result in results] == [
        pb.PASSED if code == GOOD_ADD else pb.FAILED for code in codes]
    return [result.cached for result in results], counters


def paths(folder):
    return sorted(os.path.join(folder, name) for name in os.listdir(folder))


def damage(path, change):
    with open(path, "r+b") as file:
        data = bytearray(file.read())
        change(data)
        file.seek(0)
        file.truncate()
        file.write(data)


def test_verdicts_outlive_the_daemon(own_daemon, folder):
    daemon = own_daemon("--cache-dir", folder)
    cached, counters = judge(daemon, GOOD_ADD, WRONG_ADD)
    assert cached == [False, False] and counters["cache_files"] == 2
    for path in [folder, *paths(folder)]:
        assert stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0
    # Another daemon may not use it at the same time.
    refused = subprocess.run(
        [program("assayd"), "--socket", daemon.path + "2", "--cache-dir", folder,
         *weaker_options(WEAKER)], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert refused.returncode == 1 and "in use" in refused.stderr
    # A broker that dies leaves what is whole.
    broker = daemon.broker().pid
    os.kill(broker, signal.SIGKILL)
    host.wait_until(lambda: not host.is_alive(broker), "the broker's end")
    daemon.wait_idle()  # before its first cell nobody knows what verdicts are made by
    assert judge(daemon, GOOD_ADD)[0] == [True]
    daemon.stop()

    cut, poisoned = paths(folder)
    damage(cut, lambda data: data.pop())
    damage(poisoned, lambda data: data.__setitem__(-20, data[-20] ^ 1))
    daemon = own_daemon("--cache-dir", folder)
    cached, counters = judge(daemon, GOOD_ADD, WRONG_ADD)
    assert cached == [False, False] and counters["cache_files_refused"] == 2
    assert counters["cache_files"] == 2 and counters["cache_file_hits"] == 0
    daemon.stop()

    daemon = own_daemon("--cache-dir", folder)
    cached, counters = judge(daemon, GOOD_ADD, WRONG_ADD)
    assert cached == [True, True] and counters["runs_started"] == 0
    assert counters["cache_hits"] == counters["cache_file_hits"] == 2
    assert counters["cache_files_refused"] == 0


@pytest.mark.requires_root
def test_a_folder_of_somebody_else_is_refused(folder):
    os.mkdir(folder, 0o700)  # root's, not the broker's
    refused = subprocess.run(
        [program("assayd"), "--socket", folder + ".s", "--cache-dir", folder],
        capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert refused.returncode == 1 and "must belong to user" in refused.stderr
