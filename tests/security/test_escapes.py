"""Promise: none of the known ways out of a box is one out of ours, and none leaves anything behind.

The programs are those of attacks/escapes.jsonl in the shared folder; its README says how to read a
line. A program prints "ESCAPED ..." only if its attack has worked.
"""
import os
import select

import pytest

from support import escapes, host, patience
from support.wire import verdict_name

# The corpus has names of its own for verdicts. An attack has no right output, so it "ran well" when
# its output was compared; to be refused further processes is an error that it brought upon itself.
VERDICTS = {
    "ok": {"PASSED", "FAILED"},
    "runtime_error": {"ERROR", "PROCESS_LIMIT"},
    "violation": {"VIOLATION"},
    "time_limit": {"CPU_LIMIT", "WALL_LIMIT"},
    "memory_limit": {"MEMORY_LIMIT"},
    "output_limit": {"OUTPUT_LIMIT"},
    "compile_error": {"COMPILE_ERROR"},
}
# Little CPU time: on a busy machine, too, it is used up before the wall limit. Little memory: writing
# to all of it takes less than that.
ASK_EVERY_S = 0.05
# The daemon answers within a second, whatever runs in its cells. The second is counted in waits of
# this process: when the machine gives it no turn for long, it gives the daemon none either, and that
# is one wait, however long.
HEALTH_WAITS = int(20 * patience.FACTOR)
WAIT_S = 0.05
LIMITS = patience.limits({"cpu_ms": 400, "memory_bytes": 128 << 20, "processes": 64})
LIMITS["wall_ms"] = 4000 + int(2.5 * LIMITS["cpu_ms"])  # no more: some sleep until it has passed
# A cell at rest: a warm interpreter, and what the kernel keeps for its namespaces.
REST_BYTES = 96 << 20


CORPUS = escapes.read_corpus()


def own_cgroups(daemon):
    return [path for path in host.cgroups() if f".{daemon.pid}" in path]


def accounts():
    return [(path, os.stat(path).st_mtime_ns) for path in ("/etc/passwd", "/etc/shadow", "/etc")]


@pytest.fixture(scope="module")
def listeners():
    opened = escapes.HostListeners()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def resting(daemon):
    """The host with a daemon that has nothing to do; others may run beside it."""
    daemon.wait_idle()
    return host.mounts(), own_cgroups(daemon), accounts()


@pytest.fixture
def left_nothing(daemon, resting, listeners):
    """After the attack the host is as before it."""
    yield
    mounts, cgroups, files = resting
    daemon.wait_idle()
    keeper = daemon.keeper().pid
    host.wait_until(lambda: host.have_nothing_running(keeper), "no process of the run is left")
    assert host.mounts() == mounts
    assert own_cgroups(daemon) == cgroups
    assert accounts() == files
    assert not host.of_cells()
    assert all(used < REST_BYTES for used in host.cgroup_memory_bytes(daemon.pid))
    assert not listeners.were_reached()


class Health:
    """Asks for the status again and again, over a connection of its own."""

    def __init__(self, server):
        self.client = server.connect()
        self.n_asked = 0

    def ask(self):
        request_id = self.client.submit_status()
        waits = 0
        while not select.select([self.client.socket], [], [], WAIT_S)[0]:
            waits += 1
            assert waits < HEALTH_WAITS, "the daemon does not answer"
        assert self.client.collect(request_id).other.slots
        self.n_asked += 1

    def ask_until(self, client, request_id):
        """As long as nothing has come for `client`: the attack is running. Of two that run together
        both answers may have come at once."""
        while True:
            self.ask()
            if request_id in client.answers and client.answers[request_id].is_complete:
                return
            if client.inbox or select.select([client.socket], [], [], ASK_EVERY_S)[0]:
                return


def collect(client, health, request_id):
    health.ask_until(client, request_id)
    return client.collect(request_id).results[0]


def run(client, health, attack, listeners):
    """Results of the attack and, if it is a pair, of the other one, run together or after it."""
    waiting = [client.submit(escapes.as_request(attack, "", listeners, **LIMITS))]
    if attack.get("mode") == "sequential":
        yield collect(client, health, waiting.pop())
    if "candidate2" in attack:
        waiting.append(client.submit(escapes.as_request(attack, "2", listeners, **LIMITS)))
    for request_id in waiting:
        yield collect(client, health, request_id)


@pytest.mark.skipif(not CORPUS, reason="no shared attacks")
@pytest.mark.parametrize("attack", CORPUS, ids=[attack["id"] for attack in CORPUS])
def test_escape(daemon, own_daemon, listeners, left_nothing, attack):
    # One slot: the second of the two comes into the cell of the first.
    server = own_daemon(slots=1) if attack.get("mode") == "sequential" else daemon
    with server.connect() as client:
        served = {language.name for language in client.greeting.languages}
        for language in {attack["language"], attack.get("language2") or attack["language"]}:
            if language not in served:
                pytest.skip(f"no runtime for {language}")
        health = Health(server)
        results = list(run(client, health, attack, listeners))
        health.ask()
        health.client.close()
        assert health.n_asked > 1
    if attack.get("mode") == "sequential":
        server.stop()
    for result in results:
        for text in attack["expect"]["stdout_not_contains"]:
            assert text.encode() not in result.stdout, result.stdout.decode(errors="replace")
    allowed = set().union(*(VERDICTS[name] for name in attack["expect"]["verdict_in"]))
    assert verdict_name(results[0]) in allowed, results[0].feedback
