"""HumanEval and MBPP: references pass, and what is made to cheat or fail never does."""
import re

import pytest

from support import shared
from support.wire import evaluate, pb, verdict_name

pytestmark = pytest.mark.once

LIMITS = {"cpu_ms": 400, "wall_ms": 15000, "memory_bytes": 128 << 20}


def first_defined(code):
    return re.search(r"^def +(\w+)|^class +(\w+)", code, re.M)


def check_request(task, completion, **limits):
    return evaluate(completion, task=task["task_id"], prompt=task["prompt"], check=task["test"],
                    entry_point=task["entry_point"], **limits)


def verdicts(client, requests):
    found = {}
    for answer in client.judge_many(requests):
        assert answer.error is None, answer.error
        for result in answer.results:
            found[result.id] = result
    return found


def describe(results):
    return "\n".join(f"{name}: {verdict_name(result)} {result.feedback.decode()[:300]}"
                     for name, result in results.items())


WISHES = {"split": pb.INTEGRITY_WISH_SPLIT, "shared": pb.INTEGRITY_WISH_SHARED}


def with_wish(requests, wish):
    for request in requests:
        request.integrity = wish
        yield request


@pytest.mark.parametrize("wish", WISHES)
def test_humaneval_references(client, wish):
    tasks = shared.read_lines(shared.HUMANEVAL)
    requests = (check_request(task, task["canonical_solution"]) for task in tasks)
    results = verdicts(client, with_wish(requests, WISHES[wish]))
    wrong = {name: result for name, result in results.items() if not result.passed}
    assert len(results) == 164 and not wrong, describe(wrong)
    if wish == "shared":
        assert {result.control for result in results.values()} == {pb.CONTROL_HELD}


def whole(task, body):
    """The task's function with another body, as a completion of its prompt."""
    return "".join(f"    {line}\n" for line in body.splitlines())


MUTATIONS = {
    "pass": lambda task: whole(task, "pass"),
    "raise": lambda task: whole(task, "raise ValueError('no')"),
    "spin": lambda task: whole(task, "while True: pass"),
    "sys.exit": lambda task: whole(task, "import sys; sys.exit(0)"),
    "os._exit": lambda task: whole(task, "import os; os._exit(0)"),
    "allocation": lambda task: whole(task, "x = []\nwhile True: x.append(bytearray(1 << 24))"),
    "always equal": lambda task: whole(
        task, "class Yes:\n    def __eq__(self, other): return True\n"
              "    def __hash__(self): return 0\nreturn Yes()"),
    "sys.exit at load": lambda task: whole(task, "pass") + "import sys; sys.exit(0)\n",
    "os._exit at load": lambda task: whole(task, "pass") + "import os; os._exit(0)\n",
}
ALLOWED = {
    "spin": {"CPU_LIMIT"},
    "allocation": {"MEMORY_LIMIT"},
    "raise": {"ERROR", "FAILED"},  # HumanEval/151 and others catch what they call
    "sys.exit": {"TAMPERED", "ERROR"},
    "os._exit": {"TAMPERED", "ERROR"},
}


@pytest.mark.parametrize("mutation", list(MUTATIONS))
def test_humaneval_mutation_never_passes(client, mutation):
    tasks = shared.read_lines(shared.HUMANEVAL)
    limits = {**LIMITS, "cpu_ms": {"spin": 150, "allocation": 3000}.get(mutation, LIMITS["cpu_ms"])}
    results = verdicts(client, (check_request(task, MUTATIONS[mutation](task), **limits)
                                for task in tasks))
    assert len(results) == 164
    passed = [name for name, result in results.items() if result.passed]
    assert not passed
    if mutation in ALLOWED:
        other = {name: result for name, result in results.items()
                 if verdict_name(result) not in ALLOWED[mutation]}
        assert not other, describe(other)


def test_mbpp_references(client, capsys):
    tasks = shared.read_lines(shared.MBPP)
    results = verdicts(client, (evaluate(task["code"], task=str(task["task_id"]),
                                         asserts=task["test_list"], setup=task["test_setup_code"])
                                for task in tasks))
    wrong = {name: result for name, result in results.items() if not result.passed}
    n_split = sum(result.integrity != pb.SHARED for result in results.values())
    with capsys.disabled():
        print(f"\nMBPP: {len(results) - len(wrong)} of {len(results)}, {n_split} of them apart\n"
              + describe(wrong))
    assert len(results) == 974
    assert len(wrong) <= 4, describe(wrong)
    assert n_split >= 960


def test_mbpp_counts_each_assert(client):
    task = shared.read_lines(shared.MBPP)[0]
    result = client.judge_one(evaluate(task["code"], asserts=task["test_list"]))
    assert result.tests_total == len(task["test_list"]) and result.tests_passed == 3


def as_program(row, task):
    """The same evaluation in the way in which the verdicts were recorded: code, tests and the call
    appended to each other."""
    return evaluate(row["code"], cpu_ms=3000, wall_ms=15000,
                    program=f"{task['test']}\ncheck({task['entry']})\nassert True\n")


def test_agreement_with_recorded_verdicts(client, labelled, capsys):
    """Recorded in a shared interpreter with thread time-outs: some labels are noise. A label is set
    aside only if the other way of judging contradicts it too; where the two ways differ from each
    other, we are wrong."""
    differing = [each for each in labelled if each.result.passed != each.row["verdict"]]
    texts, ours = [], 0
    otherwise = client.judge_many(as_program(each.row, each.task) for each in differing)
    for each, answer in zip(differing, otherwise):
        row, result = each.row, each.result
        is_label_wrong = answer.results[0].passed == result.passed
        ours += not is_label_wrong
        texts.append(f"{row['source']} {row['task']}: recorded {row['verdict']}, here "
                     f"{verdict_name(result)} ({'label' if is_label_wrong else 'OURS'}): "
                     + result.feedback.decode()[:150].replace("\n", " "))
    with capsys.disabled():
        print(f"\nlabelled: {len(labelled) - len(differing)} of {len(labelled)} agree "
              f"({1 - len(differing) / len(labelled):.2%}), "
              f"{len(differing) - ours} labels contradicted in both ways of judging")
        print("  " + "\n  ".join(texts))
    assert len(differing) <= 0.03 * len(labelled)
    assert ours <= 0.02 * len(labelled)
