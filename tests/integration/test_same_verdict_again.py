"""The same candidates get the same verdicts, again and while others want the processors, too."""
import pytest

from support import labelled as solutions
from support.wire import verdict_name

pytestmark = pytest.mark.once

REPEATS = 5  # of those that differed: do they differ by themselves?


def told(result):
    return verdict_name(result), tuple(test.outcome for test in result.tests)


def compare(client, labelled, capsys):
    again = solutions.judge(client, labelled)
    differing = [(each, result) for each, result in zip(labelled, again)
                 if told(result) != told(each.result)]
    ours = []
    for each, result in differing:
        each.request.repeat = REPEATS
        repeated = client.judge_one(each.request)
        each.request.repeat = 0
        if repeated.repeats.agree:
            ours.append((each.name, verdict_name(each.result), verdict_name(result)))
    with capsys.disabled():
        print(f"\n{len(labelled)} candidates: {len(differing)} verdicts differ, "
              f"{len(differing) - len(ours)} of them by themselves")
    return ours


def test_again(client, labelled, capsys):
    assert not compare(client, labelled, capsys)


def test_on_a_busy_machine(client, labelled, capsys, busy_loops):
    assert not compare(client, labelled, capsys)
