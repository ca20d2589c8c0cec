"""The Python client with real daemons: verdicts, and days that are not good."""
import asyncio
import gc
import multiprocessing
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

import assay
from support import host
from support.daemon import BUILD, command_environment
from support.wire import PATIENCE_S

CHECK = "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(0, 0) == 0\n"
ADD = assay.Task(assay.Tests.check(CHECK), entry_point="add", id="add")
GOOD = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"
LONG = assay.Limits(wall_ms=60000)
WAITING = assay.Task(assay.Tests.program("pass\n"), limits=LONG)
WAIT = "import time\nprint('waits', flush=True)\ntime.sleep(50)\n"


def verdict(client, task, code):
    """Starved by the load of this machine means: judge again."""
    for _ in range(5):
        result = client.evaluate(task, code, timeout=10 * PATIENCE_S)
        if result.verdict != "STARVED":
            break
    return result


KINDS = [
    (ADD, GOOD, WRONG),
    (assay.Task(assay.Tests.asserts(["assert add(1, 2) == n"], "n = 3")), GOOD, WRONG),
    (assay.Task(assay.Tests.unittest(
        "import unittest\nclass T(unittest.TestCase):\n    def test_add(self):\n"
        "        self.assertEqual(add(1, 2), 3)\n")), GOOD, WRONG),
    (assay.Task(assay.Tests.pytest("def test_add():\n    assert add(1, 2) == 3\n")), GOOD, WRONG),
    (assay.Task(assay.Tests.program("assert add(1, 2) == 3\n")), GOOD, WRONG),
    (assay.Task(assay.Tests.stdio([("1 2\n", "3\n"), assay.Case("0 0", "0", "zeros")])),
     "print(sum(map(int, input().split())))", "print(0)"),
    (assay.Task(assay.Tests.calls([((1, 2), 3), assay.Call((1,), 3, {"b": 2})], "float"),
                entry_point="add"), GOOD, WRONG),
    (assay.Task(assay.Tests.answer("18")), "3 * 6 is 18. #### 18", "#### 17"),
]


@pytest.mark.parametrize("task, good, wrong", KINDS, ids=lambda part: getattr(
    getattr(part, "tests", None), "kind", ""))
def test_every_kind_of_tests(judge, task, good, wrong):
    assert verdict(judge, task, good).verdict == "PASSED"
    result = verdict(judge, task, wrong)
    assert not result.passed and result.fault == "candidate" and result.feedback()


def test_a_batch_keeps_the_order_of_its_pairs(judge):
    other = assay.Task(assay.Tests.asserts(["assert sub(3, 1) == 2"]))
    pairs = [(ADD, GOOD), (other, "def sub(a, b): return a - b"), (ADD, WRONG),
             (other, "def sub(a, b): return 0"), (ADD, assay.Candidate(GOOD, id="last"))] * 20
    results = judge.evaluate_batch(pairs)
    assert [result.passed or result.maskable for result in results] == [
        True, True, False, False, True] * 20
    assert {result.candidate for result in results[4::5]} == {"last"}
    assert judge.evaluate_batch([]) == []


def test_results_come_as_they_are_known_from_a_source_without_end(judge):
    taken = []

    def endless():
        while True:
            taken.append(len(taken))
            yield ADD, GOOD if len(taken) % 2 else WRONG
    seen = {}
    for position, result in judge.as_completed(endless()):
        seen[position] = result.passed or result.maskable
        if len(seen) == 30:
            break
    assert all(passed == (position % 2 == 0) for position, passed in seen.items())
    assert len(taken) < 3000


def test_an_invalid_request_names_the_field_and_harms_no_other(judge):
    with pytest.raises(assay.InvalidRequest, match="language") as caught:
        judge.evaluate(assay.Task(assay.Tests.check(CHECK), language="cobol"), "")
    assert isinstance(caught.value, ValueError)
    bad = assay.Task(assay.Tests.check(CHECK), limits=assay.Limits(cpu_ms=1 << 40))
    first, second = judge.evaluate_batch([(bad, GOOD), (ADD, GOOD)], return_exceptions=True)
    assert isinstance(first, assay.InvalidRequest) and second.id == "add"
    with pytest.raises(assay.InvalidRequest):
        judge.evaluate_batch([(bad, GOOD), (ADD, GOOD)])
    for task, code in ((ADD, 17), (None, GOOD),
                       (assay.Task(assay.Tests.check(CHECK), feedback_bytes=-1), GOOD),
                       (assay.Task(assay.Tests.calls([(({1},), 3)])), GOOD)):
        with pytest.raises(assay.InvalidRequest):
            judge.evaluate(task, code)


def test_large_code_and_large_answers(judge):
    """A megabyte each way: a candidate's text, and what it prints."""
    task = assay.Task(assay.Tests.program("pass\n"),
                      limits=assay.Limits(output_bytes=1 << 20, cpu_ms=20000, wall_ms=60000))
    code = f"# {'x' * 200_000}\nprint('y' * {1 << 19})\nimport sys\nsys.stdout.buffer.write(b'\\xff')"
    results = judge.evaluate_batch([(task, code)] * 6)
    for result in results:
        assert result.maskable or result.stdout == "y" * (1 << 19) + "\n\\xff"


def test_many_threads_one_client(judge):
    def work(number):
        code = GOOD if number % 2 else WRONG
        return verdict(judge, ADD, code).passed == bool(number % 2)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(64)))


def test_a_cancelled_future_is_cancelled_in_the_daemon(daemon, judge):
    future = judge.submit(WAITING, WAIT)
    with daemon.connect() as observer:
        host.wait_until(lambda: observer.status().running, "a running candidate")
        assert judge.cancel(future)
        host.wait_until(lambda: not observer.status().running, "an idle daemon")
    with pytest.raises(CancelledError):
        future.result()


def test_a_time_out_cancels_too(daemon, judge):
    with pytest.raises(TimeoutError):
        judge.evaluate(WAITING, WAIT, timeout=0.05)
    with pytest.raises(TimeoutError):
        judge.evaluate_batch([(WAITING, WAIT)] * 4, timeout=0.05)
    with daemon.connect() as observer:
        host.wait_until(lambda: not observer.status().running and not observer.status().queued,
                        "an idle daemon")


def test_a_client_may_be_collected_at_any_moment(judge):
    """Also by a thread that is in the middle of the link's work, for the collector runs anywhere."""
    client = assay.Client(judge._settings[0])
    assert client.evaluate(ADD, GOOD).id == "add"
    stream = client.as_completed([(ADD, GOOD)] * 20)
    next(stream)
    link, held = client._link, [client, stream]
    held.append(held)
    del client, stream

    def collect():
        nonlocal held
        with link._lock:
            del held
            gc.collect()
    collector = threading.Thread(target=collect, daemon=True)
    collector.start()
    for thread in (collector, link._thread):
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


# ---------------------------------------------------------------- processes


def in_child(client, codes, outcomes):
    outcomes.put([verdict(client, ADD, code).passed for code in codes])


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_child_has_a_connection_of_its_own(daemon, judge, method):
    """Forked in the middle of the parent's work, or with a pickled client."""
    context = multiprocessing.get_context(method)
    waiting = [judge.submit(ADD, GOOD) for _ in range(20)]
    outcomes = context.SimpleQueue()
    children = [context.Process(target=in_child, args=(judge, [GOOD, WRONG], outcomes))
                for _ in range(2)]
    for child in children:
        child.start()
    assert [outcomes.get() for _ in children] == [[True, False]] * 2
    for child in children:
        child.join()
        assert child.exitcode == 0
    assert all(future.result(10 * PATIENCE_S).id == "add" for future in waiting)


def test_a_child_does_not_wait_for_what_the_parent_asked(judge):
    future = judge.submit(WAITING, WAIT)
    pid = os.fork()
    if pid == 0:
        try:
            future.result(PATIENCE_S)
        except assay.ConnectionLost:
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    assert future.cancel()


def test_values_and_errors_survive_a_pickle(daemon, judge):
    result = judge.evaluate(ADD, WRONG)
    task = assay.Task.from_dict({"tests": {"check": CHECK}, "entry_point": "add", "id": "add"})
    for value in (result, ADD, task):
        assert pickle.loads(pickle.dumps(value)) == value
    assert task == ADD and b"_packed" not in pickle.dumps(ADD)
    for error in (assay.InvalidRequest("no", "field"), assay.Quota("later", 1.5),
                  assay.ConnectionLost("gone")):
        again = pickle.loads(pickle.dumps(error))
        assert str(again) == str(error) and vars(again) == vars(error)
    with pickle.loads(pickle.dumps(judge)) as again:
        assert verdict(again, ADD, GOOD).passed
    asynchronous = pickle.loads(pickle.dumps(assay.AsyncClient(daemon.path)))
    assert asyncio.run(asynchronous.evaluate(ADD, WRONG)).verdict != "PASSED"


CTRL_C = """
import sys
sys.path.insert(0, sys.argv[1])
import assay
task = assay.Task(assay.Tests.program("pass"), limits=assay.Limits(wall_ms=60000))
print("ready", flush=True)
try:
    assay.Client(sys.argv[2]).evaluate_batch([(task, sys.argv[3] + "#" * n) for n in range(2)])
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_ends_the_wait_and_what_runs(daemon):
    program = subprocess.Popen(
        [sys.executable, "-c", CTRL_C, os.path.join(BUILD, "python"), daemon.path, WAIT],
        stdout=subprocess.PIPE, text=True)
    with daemon.connect() as observer:
        assert program.stdout.readline() == "ready\n"
        host.wait_until(lambda: observer.status().running == 2, "both candidates running")
        program.send_signal(signal.SIGINT)
        assert program.communicate(timeout=PATIENCE_S)[0] == "interrupted\n"
        host.wait_until(lambda: not observer.status().running, "an idle daemon")


# ---------------------------------------------------------------- the daemon goes away


def test_no_daemon(tmp_path, monkeypatch):
    with pytest.raises(assay.ConnectionLost, match="cannot connect to .*No such file"):
        assay.Client(str(tmp_path / "none")).evaluate(ADD, GOOD)
    monkeypatch.setenv("ASSAY_ADDR", f"unix:{tmp_path}/none")
    with pytest.raises(ConnectionError, match="none: No such file"):
        assay.Client().evaluate(ADD, GOOD)
    for wrong in ("tcp:localhost", "tcp:localhost:x", "udp:localhost:1", "unix:", "x" * 200):
        with pytest.raises(assay.InvalidRequest):
            assay.Client(wrong)


def test_a_broker_that_dies_in_the_middle_costs_no_answer(own_daemon):
    server = own_daemon()
    with assay.Client(server.path) as client:
        futures = [client.submit(ADD, GOOD) for _ in range(60)]
        futures[0].result(10 * PATIENCE_S)
        os.kill(server.broker().pid, signal.SIGKILL)
        results = [future.result(10 * PATIENCE_S) for future in futures]
    assert all(result.passed or result.maskable for result in results)


def test_a_daemon_that_is_restarted_costs_no_answer(own_daemon, monkeypatch):
    """Another one, with another socket at the same path."""
    first = own_daemon()
    futures = []
    with assay.Client(first.path) as client:
        assert verdict(client, ADD, GOOD).passed
        second = own_daemon()
        os.unlink(first.path)
        os.rename(second.path, first.path)
        os.kill(first.broker().pid, signal.SIGSTOP)
        futures = [client.submit(ADD, GOOD) for _ in range(10)]
        first.process.kill()
        results = [future.result(10 * PATIENCE_S) for future in futures]
    assert all(result.passed or result.maskable for result in results)


# ---------------------------------------------------------------- asyncio


def test_the_asynchronous_client_does_the_same(daemon):
    async def use():
        async with assay.AsyncClient(daemon.path) as client:
            assert (await client.server()).version.startswith("assay ")
            one = await client.evaluate(ADD, GOOD)
            assert one.passed or one.maskable
            batch = await client.evaluate_batch([(ADD, GOOD), (ADD, WRONG)] * 10)
            assert [each.passed or each.maskable for each in batch] == [True, False] * 10
            seen = {position async for position, _ in client.as_completed([(ADD, GOOD)] * 9)}
            assert seen == set(range(9))
            together = await asyncio.gather(*(client.evaluate(ADD, WRONG) for _ in range(20)))
            assert not any(each.passed for each in together)
            with pytest.raises(assay.InvalidRequest):
                await client.evaluate(assay.Task(assay.Tests.check("")), GOOD)
            with pytest.raises(TimeoutError):
                await client.evaluate(WAITING, WAIT, timeout=0.05)
    asyncio.run(use())


def test_a_cancelled_task_is_cancelled_in_the_daemon(daemon):
    async def use():
        loop = asyncio.get_running_loop()
        async with assay.AsyncClient(daemon.path) as client:
            with daemon.connect() as observer:
                tasks = [asyncio.ensure_future(client.evaluate(WAITING, WAIT)),
                         asyncio.ensure_future(client.evaluate_batch([(WAITING, WAIT)] * 4))]
                await asyncio.sleep(0)
                await loop.run_in_executor(None, lambda: host.wait_until(
                    lambda: observer.status().running, "a running candidate"))
                for task in tasks:
                    task.cancel()
                outcomes = await asyncio.gather(*tasks, return_exceptions=True)
                assert all(isinstance(each, asyncio.CancelledError) for each in outcomes)
                host.wait_until(lambda: not observer.status().running
                                and not observer.status().queued, "an idle daemon")
    asyncio.run(use())


# ---------------------------------------------------------------- a daemon of one's own

KILLED = """
import os, sys
sys.path.insert(0, sys.argv[1])
import assay
client = assay.local(slots=1)
print(client._daemon._process.pid, client._daemon.address, flush=True)
if os.fork() == 0:
    sys.stdin.read()
    os._exit(0)
sys.stdin.read()
"""


def test_a_private_daemon_ends_with_its_process_even_if_a_child_lives_on():
    program = subprocess.Popen([sys.executable, "-c", KILLED, os.path.join(BUILD, "python")],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env=command_environment())
    pid, address = program.stdout.readline().split()
    with assay.Client(address) as other:
        assert other.server().slots_total == 1
    program.kill()
    host.wait_until(lambda: not host.is_alive(int(pid)), "the end of the daemon")
    program.communicate()
    shutil.rmtree(os.path.dirname(address), ignore_errors=True)


def test_closing_ends_a_private_daemon_and_removes_its_folder():
    with assay.local(slots=1) as client:
        pid, folder = client._daemon._process.pid, os.path.dirname(client._daemon.address)
        assert verdict(client, ADD, GOOD).passed
        threading.Thread(target=client.close).start()
    assert not host.is_alive(pid) and not os.path.exists(folder)


def test_a_private_daemon_that_cannot_start_says_why():
    with pytest.raises(assay.InfraError, match="could not start: .*--no-such-option"):
        assay.local(options=["--no-such-option"])
    with pytest.raises(assay.InfraError, match="cannot run /no/such"):
        assay.local(program="/no/such")


def test_a_matrix(judge, daemon):
    """A row for each candidate; a broken suite is one in its column alone."""
    suites = [assay.Tests.asserts(["assert add(1, 2) == 3"]), assay.Tests.check(CHECK),
              assay.Tests.asserts(["assert add("]), assay.Tests.calls([((4, 0), 4)])]
    task = assay.Task(assay.Tests.asserts([]), entry_point="add")
    want = [["PASSED", "PASSED", "BAD_TASK", "PASSED"], ["FAILED", "FAILED", "BAD_TASK", "PASSED"]]

    def verdicts(rows):
        return [[each.verdict for each in row] for row in rows]

    async def use():
        async with assay.AsyncClient(daemon.path) as client:
            return await client.evaluate_matrix(task, suites, [GOOD, WRONG])
    assert verdicts(judge.evaluate_matrix(task, suites, [GOOD, WRONG])) == want
    assert verdicts(asyncio.run(use())) == want
    assert judge.evaluate_matrix(task, [], [GOOD]) == [[]]
