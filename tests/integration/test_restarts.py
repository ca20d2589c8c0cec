"""Processes of the daemon that die: everybody gets an answer, and work goes on."""
import collections
import os
import signal

import pytest

from support import host
from support.daemon import wait_idle
from support.patience import PATIENCE_S
from support.wire import Closed, evaluate, evaluate_add, pb, verdict_name

BUSY = "import time\nend = time.process_time() + 0.05\nwhile time.process_time() < end: pass\n"


def load(client, count=40):
    """Puts work into every slot and the queue; the requests' ids."""
    return [client.submit(evaluate(BUSY, program="assert True")) for _ in range(count)]


def wait_for_runs(client, minimum=4):
    host.wait_until(lambda: client.status().evaluations_total >= minimum, "some evaluations")


def wait_serving(daemon):
    def judged():
        try:
            with daemon.connect() as client:
                return client.judge_one(evaluate_add()).verdict == pb.PASSED
        except (OSError, Closed):
            return False
    host.wait_until(judged, "the daemon judges again")


def collect_all(client, ids):
    """Verdict names of requests; every one must be answered."""
    verdicts = []
    for request_id in ids:
        answer = client.collect(request_id)
        assert answer.error is None, answer.error
        verdicts.append(verdict_name(answer.results[0]))
    return verdicts


@pytest.fixture
def server(own_daemon):
    return own_daemon()


@pytest.mark.parametrize("victim", ["keeper", "cell"])
def test_work_survives_the_death_of(server, victim):
    with server.connect() as client:
        ids = load(client)
        wait_for_runs(client)
        broker = server.broker().pid
        pid = server.keeper().pid if victim == "keeper" else server.cells()[0]
        os.kill(pid, signal.SIGKILL)
        verdicts = collect_all(client, ids)
        assert set(verdicts) <= {"PASSED", "INFRA"}, verdicts
        assert verdicts.count("PASSED") >= len(ids) - 2, verdicts
        assert client.judge_one(evaluate_add()).passed
    assert server.broker().pid == broker
    assert server.process.poll() is None


def test_a_keeper_that_hangs_is_replaced(own_daemon):
    server = own_daemon("--keeper-patience-ms", "3000")
    with server.connect() as client:
        load(client, 4)
        server.wait_idle()
        keeper = server.keeper().pid
        os.kill(keeper, signal.SIGSTOP)
        for pid in server.cells():
            os.kill(pid, signal.SIGKILL)
        # Another limit than before: the keeper would have to set it, and the cells are dead.
        ids = [client.submit(evaluate_add(memory_bytes=100 << 20)) for _ in range(4)]
        assert set(collect_all(client, ids)) <= {"PASSED", "INFRA"}
        assert client.judge_one(evaluate_add()).passed
    assert server.keeper().pid != keeper and not host.is_alive(keeper)
    assert "does not answer" in server.log()


def test_every_cell_killed_again_and_again(server):
    with server.connect() as client:
        for _ in range(3):
            ids = load(client, 10)
            for pid in server.cells():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass  # it was being replaced
            assert set(collect_all(client, ids)) <= {"PASSED", "INFRA"}
        assert client.judge_one(evaluate_add()).passed


def test_clients_of_a_dead_broker_see_a_closed_connection(server):
    with server.connect() as client:
        load(client)
        wait_for_runs(client)
        keeper, cells = server.keeper().pid, server.cells()
        os.kill(server.broker().pid, signal.SIGKILL)
        with pytest.raises((Closed, ConnectionResetError, BrokenPipeError)):
            while True:
                client.read_message()
    wait_serving(server)
    assert server.process.poll() is None
    host.wait_until(lambda: not any(host.is_alive(pid) for pid in cells), "the old cells are gone")
    host.wait_until(lambda: len(host.find(server.pid, "assay-keeper")) == 1, "one keeper")
    assert server.keeper().pid != keeper or host.is_alive(keeper)


def test_broker_and_keeper_killed_together(server):
    pids = [server.broker().pid, server.keeper().pid]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    host.wait_until(lambda: not any(host.is_alive(pid) for pid in pids), "both are gone")
    wait_serving(server)


def test_the_socket_outlives_the_broker(server):
    """A client that connects while there is no broker waits for the next one."""
    os.kill(server.broker().pid, signal.SIGKILL)
    with server.connect() as client:
        assert client.judge_one(evaluate_add()).passed


def assert_nothing_left(server, before, pids):
    host.wait_until(lambda: not any(host.is_alive(pid) for pid in pids), "every process is gone")
    own = {name: [path for path in paths if server.path not in path]
           for name, paths in before.differences().items()}
    leftovers = [path for paths in own.values() for path in paths if str(server.pid) in path]
    assert not leftovers, leftovers


@pytest.mark.parametrize("end", ["lifeline", "SIGTERM", "SIGINT", "SIGKILL"])
def test_nothing_is_left_behind(own_daemon, end):
    before = host.Snapshot()
    server = own_daemon()
    with server.connect() as client:
        load(client, 20)
        wait_for_runs(client)
        pids = [process.pid for process in server.processes()]
        assert len(pids) >= 5  # three programs and two cells
        if end == "lifeline":
            status = server.stop()
            assert status == 0
        else:
            server.process.send_signal(getattr(signal, end))
            status = server.process.wait(PATIENCE_S)
            assert status == (-signal.SIGKILL if end == "SIGKILL" else 0)
    assert_nothing_left(server, before, pids)
    if end == "SIGKILL":
        return
    assert not os.path.exists(server.path), "the socket is still there"


def test_clients_are_told_when_the_daemon_stops(own_daemon):
    server = own_daemon()
    with server.connect() as client:
        ids = [client.submit(evaluate("import time\ntime.sleep(0.2)", program="assert True"))
               for _ in range(30)]
        host.wait_until(lambda: client.status().running == 2, "both slots run")
        server.process.send_signal(signal.SIGTERM)
        answered = 0
        try:
            for request_id in ids:
                answer = client.collect(request_id)
                answered += 1
                assert answer.error is None or answer.error.code == pb.SHUTTING_DOWN
        except (Closed, ConnectionResetError):
            pass
        assert answered >= 2
    assert server.process.wait(PATIENCE_S) == 0


def test_a_stale_socket_is_replaced(own_daemon):
    server = own_daemon()
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    again = own_daemon("--socket", server.path) if os.path.exists(server.path) else own_daemon()
    assert again.process.poll() is None


def counted(server, client):
    """Processes and their descriptors, by name. Without a connection of its own, which the broker
    might still hold when they are counted."""
    wait_idle(client)
    counts = collections.Counter()
    for process in server.processes():
        counts[process.name] += 1
        counts[process.name, "descriptors"] += host.descriptors(process.pid)
    return counts


def kill_a_cell(server, client):
    collect_all(client, load(client, 10))
    victim = server.cells()[0]
    os.kill(victim, signal.SIGKILL)
    host.wait_until(lambda: len(cells := server.cells()) == 2 and victim not in cells,
                    "two cells, and not the one that was killed")


def test_no_zombies_and_no_growth_of_descriptors(server):
    with server.connect() as client:
        collect_all(client, load(client, 40))  # every cell has been needed once
        before = counted(server, client)
        kill_a_cell(server, client)
        before |= counted(server, client)
        for _ in range(2):
            kill_a_cell(server, client)
        host.wait_until(lambda: not counted(server, client) - before, f"no more than {before}")
        host.wait_until(lambda: all(process.state != "Z" for process in server.processes()),
                        "no zombies")
