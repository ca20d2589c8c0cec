"""No wrong solution passes, whatever it does to the tests or to who judges them.

The corpus has one line for each technique that fools some evaluator. Nothing here or in the daemon
knows a line of it.
"""
import collections

import pytest

from support import attacks
from support.wire import pb, verdict_name

LIMITS = {"wall_ms": 3000}  # one of them has right answers, and sleeps for longer


def judge_all(client, integrity):
    requests = {}
    for line in attacks.lines_of("hacks_python.jsonl"):
        request = attacks.request_of(line, **LIMITS)
        if "time_limit_s" in line:
            request.limits.wall_ms = 1000 * line["time_limit_s"]
        request.integrity = integrity
        requests[line["id"]] = client.submit(request)
    return {name: client.collect(number).results[0] for name, number in requests.items()}


def show(capsys, title, results):
    counts = collections.Counter(verdict_name(result) for result in results.values())
    with capsys.disabled():
        print(f"\n{title}: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.most_common()))


def test_none_passes(client, capsys):
    results = judge_all(client, pb.INTEGRITY_AUTO)
    show(capsys, f"{len(results)} hacks", results)
    assert len(results) >= 79
    assert not [name for name, result in results.items() if result.passed]
    not_split = {name: result.shared_because for name, result in results.items()
                 if result.integrity == pb.SHARED}
    assert not not_split, "a weaker examination was chosen"
    maskable = [name for name, result in results.items() if result.maskable]
    assert not maskable, "a trainer would drop it instead of learning from it"


def test_in_its_own_process_the_control_helps(client, capsys):
    """Weaker, and documented so: but what early exits and patched frameworks do, is seen."""
    results = judge_all(client, pb.INTEGRITY_WISH_SHARED)
    show(capsys, "in one process", results)
    passed = sorted(name for name, result in results.items() if result.passed)
    caught = [name for name, result in results.items() if result.control == pb.CONTROL_PASSED]
    with capsys.disabled():
        print(f"passed: {', '.join(passed)}\nexposed by the control: {', '.join(sorted(caught))}")
    assert len(passed) < len(results) / 4
    assert passed or caught, "they would not pass anywhere, so that none passes means nothing"


@pytest.mark.parametrize("wish", [pb.INTEGRITY_AUTO, pb.INTEGRITY_WISH_SPLIT])
def test_in_one_batch_with_an_honest_one(client, wish):
    """All candidates of one task in one request: the hacks, and a solution that is right."""
    task, codes = None, {}
    for line in attacks.lines_of("hacks_python.jsonl"):
        if "test" in line["task"] and not line.get("files"):
            key = line["task"]["test"]
            codes.setdefault(key, []).append(line)
    lines = max(codes.values(), key=len)
    task = lines[0]
    request = attacks.request_of(task, **LIMITS)
    request.integrity = wish
    for line in lines[1:]:
        request.candidates.add(id=line["id"], code=line["candidate"].encode())
    assert len(lines) > 1
    results = client.judge(request)
    assert len(results) == len(lines)
    assert not [result.candidate for result in results if result.passed]
