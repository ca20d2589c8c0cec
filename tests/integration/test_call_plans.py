"""Call plans (NATIVE): the same outcomes and texts as an examiner has, of everything that one can say
without it; all else is left to the examiner."""

import random
import re

import pytest

from support import shared
from support.wire import GOOD_ADD, WRONG_ADD, evaluate, evaluate_add, pb, verdict_name

pytestmark = pytest.mark.once

ADDRESS = re.compile(r" at 0x\w+")
NATIVE, SPLIT = pb.INTEGRITY_WISH_NATIVE, pb.INTEGRITY_WISH_SPLIT


def wished(request, wish):
    copy = pb.Evaluate()
    copy.CopyFrom(request)
    copy.integrity = wish
    copy.no_cache = True
    return copy


def told(result):
    """All that is said of an evaluation but times, and where it was examined."""
    copy = pb.Result()
    copy.CopyFrom(result)
    copy.ClearField("integrity")
    copy.ClearField("usage")
    for test in copy.tests:
        test.ClearField("cpu_ns")
    return copy


def both(client, *requests):
    """[(native, split)] of all candidates; the two must say the same."""
    answers = list(client.judge_many(
        wished(request, wish) for request in requests for wish in (NATIVE, SPLIT)))
    pairs = []
    for native, split in zip(answers[::2], answers[1::2]):
        assert native.error is None and split.error is None, (native.error, split.error)
        for one, other in zip(in_order(native), in_order(split)):
            assert differences(told(one), told(other)) == [], one
            pairs.append((one, other))
    return pairs


def in_order(answer):
    return sorted(answer.results, key=lambda result: result.candidate_index)


def differences(one, other):
    """[(field, of the one, of the other)]"""
    if one == other:
        return []
    found = []
    for field in one.DESCRIPTOR.fields:
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if field.name in ("error", "feedback"):
            mine, theirs = ADDRESS.sub(" at", str(mine)), ADDRESS.sub(" at", str(theirs))
        if mine != theirs and field.name == "tests":
            assert len(mine) == len(theirs)
            found += [difference for pair in zip(mine, theirs) for difference in differences(*pair)]
        elif mine != theirs:
            found.append((field.name, mine, theirs))
    return found


# ---------------------------------------------------------------- what is planned

PLANNED = [
    "assert f(1) == 2", "assert 2 == f(1)", "assert f(1) != 3", "assert f([1], k={'a': (1,)}) == {1}",
    "assert f(1) is None", "assert f(1) is True", "assert not f(1)", "assert f(1)", "assert f(1) < 3",
    "assert 3 >= f(1)", "assert abs(f(1) - 1.5) < 1e-6", "assert abs(2 - f(1)) <= 0.1, 'text'",
    "import math\nassert math.isclose(f(1), 2, rel_tol=1e-3)", "assert round(f(1), 2) == 1.25",
    "assert len(f(1)) == 2", "assert tuple(f(1)) == (1, 2)", "assert list(f(1)) == [1, 2]",
    "for i in range(3):\n    assert f(i) == i, 'message %d' % i", "x = f(1)\nassert x == 2",
    "xs = [3, 1]\nassert f(xs) == 1", "import random\nassert f(random.randint(1, 2)) == 3",
    "def expected(n):\n    return [n] * n\nassert f(3) == expected(3)", "assert f(1) == 2, str(f(1))",
    "assert f(\n    1,\n    2) == (\n    3)", "assert f('\u00e9\\ud800') == b'x'",
]
NOT_PLANNED = [
    "assert f(1) == f(2)", "assert f(1) in (1, 2)", "assert f(1) and f(2)", "assert f(f(1)) == 2",
    "assert f(1)[0] == 2", "assert f(1).x == 2", "assert isinstance(f(1), int)", "assert type(f(1)) == int",
    "assert f(lambda x: x) == 2", "xs = [1]\nf(xs)\nassert xs == [2]", "assert f(1) + 1 == 2",
    "xs = [1]\nassert f(xs) == 2\nassert xs == [1]", "try:\n    f(1)\nexcept ValueError:\n    pass",
    "xs = [2]\nassert f(xs) == xs", "xs = [1]\nfor i in range(2):\n    assert f(xs) == 1",
    "import time\nassert f(1) == 2", "if f(1):\n    assert f(1) == 2", "assert f.name == 'f'",
    "assert f(1) == float('nan')", "assert 1 == 2", "assert 0 < f(1) < 2", "assert '%s' % f(1) == '2'",
    "import datetime\nassert f(1) == datetime.date.today()", "open('x', 'w')\nassert f(1) == 2",
    "assert f(1) is x", "assert f(1) == object()", "x = f\nassert x is f", "assert callable(f)",
]


@pytest.mark.parametrize("kind", ["check", "asserts"])
def test_what_is_planned(client, kind):
    def request(source):
        if kind == "asserts":
            return evaluate("def f(*a, **k): return 0\n", entry_point="f", asserts=[source])
        body = "".join("    %s\n" % line for line in source.split("\n"))
        return evaluate("def f(*a, **k): return 0\n", entry_point="f", check="def check(f):\n" + body)

    # In a list of asserts, a text with more than an assertion is one test, which needs its values.
    wanted = [source for source in PLANNED if kind == "check" or source.startswith("assert")]
    sources = wanted + NOT_PLANNED
    answers = client.judge_many(wished(request(source), NATIVE) for source in sources)
    planned = [source for source, answer in zip(sources, answers)
               if verdict_name(answer.results[0]) != "BAD_TASK"]
    assert planned == wanted


def test_other_kinds_have_no_plan(client):
    for tests in ({"program": "assert True\n"}, {"unittest": "import unittest\n"}, {"pytest": "def test(): pass\n"}):
        (result,) = client.judge(wished(evaluate(GOOD_ADD, **tests), NATIVE))
        assert verdict_name(result) == "BAD_TASK" and result.maskable


# ---------------------------------------------------------------- the same as an examiner

FORMS = """def check(f):
    assert f(0) == [1, 2], "not a list"
    assert f(1) == "text"
    assert not f(2)
    assert abs(f(3) - 1.5) < 1e-6
    assert f(4) is None, "value %d" % 4
    assert f(5) == 5, f(5)
    assert f(6) != 6
    assert {"a": 1} == f(7)
    assert f(8)
    value = f(9)
    assert value == 9
    for i in range(10, 13):
        assert f(i) == i
    assert round(f(13), 1) == 2.5
    assert len(f(14)) == 3
    assert tuple(f(15)) == (1, 2)
"""
RIGHT = "[[1, 2], 'text', [], 1.5000001, None, 5, 7, {'a': 1}, 1, 9, 10, 11, 12, 2.46, 'abc', [1, 2]]"
ANSWERS = [
    RIGHT, RIGHT.replace("9,", "9.0,"), RIGHT.replace("[1, 2],", "(1, 2),"),
    "[[1], 'Text\\n', 1, 2.0, False, 6, 6, {'a': 2}, 0, 10, 0, 0, 0, 2.56, 'ab', [1, 3]]",
    "['%s' % i for i in range(16)]", "[None] * 16", "[1e100, 10**30, b'x', -0.0, (), {}, 6.0] * 3",
    "[{1, 2, 3}] * 16", "['\u00e9'] * 16", "[list(range(1000))] * 16", "[float('nan')] * 16",
    "[iter([1])] * 16", "[[iter([1])]] * 16", "[Thing()] * 16", "[__import__('decimal').Decimal(1)] * 16",
    "[range(3)] * 16", "[[1, 2]] * 14 + ['\\u0660\\u0661\\u0662', (1, 2)]", "['x' * 300000] * 16",
]
CODE = "class Thing:\n    pass\nVALUES = %s\ndef f(i):\n    return VALUES[i]\n"
ODD = [
    "def f(i):\n    if i == 1:\n        raise ValueError('no: %r' % i)\n    return i\n",
    "def f(i):\n    return g(i)\ndef g(i):\n    return i / 0\n",
    "def f():\n    return 1\n", "def g(i):\n    return 1\n", "def f(i) return 1\n", "import nothing_like_it\n",
    "raise SystemExit(0)\n", "def f(i):\n    raise SystemExit(0)\n", "def f(i):\n    return f(i)\n",
    "class Own(Exception):\n    pass\ndef f(i):\n    raise Own('x', i)\n", "import os\nos._exit(0)\n",
    "import os\ndef f(i):\n    if i == 3:\n        os._exit(0)\n    return i\n",
    "import os\ndef f(i):\n    os.kill(os.getpid(), 9)\n", "def f(i):\n    raise KeyError(object)\n",
    "def f(i):\n    assert i > 1, 'small'\n    return i\n", "f = 3\n", "def f(i):\n    raise StopIteration\n",
    "def f(i):\n    yield i\n", "def f(i):\n    print('out', i)\n    return i\n", "f = print\n",
    "def f(i):\n    raise OSError(2, 'none', 'file')\n", "def f(i):\n    return eval('1 +')\n",
    "def f(i):\n    if i == 9:\n        raise ValueError\n    return %s[i]\n" % RIGHT,
]


# Without what asks the candidate again, or calls it outside of assertions.
PLAIN_FORMS = "".join(line for line in FORMS.splitlines(True) if "f(5)" not in line and "value" not in line)


@pytest.mark.parametrize("forms, least", [(FORMS, 10), (PLAIN_FORMS, 20)])
def test_outcomes_and_texts_are_an_examiners(client, forms, least):
    request = evaluate(*(CODE % answers for answers in ANSWERS), *ODD, entry_point="f", check=forms)
    pairs = both(client, request)
    assert {pb.SPLIT} == {split.integrity for _, split in pairs}
    native = [one.integrity == pb.NATIVE for one, _ in pairs]
    assert all(native[:2]) and sum(native) >= least
    assert pairs[0][0].passed and pairs[1][0].passed


QUOTING = """def check(f):
    assert f([1], k="a") == 2, "First test error: " + str(f([1], k="a"))
    value = f(2)
    assert value == 2, value
    assert f(3), str(f(3)) + " is not true"
    assert f(4) is None, str(f(4))
    assert f(5) == 1, "5: " + str(f(5)) + "!"
"""
ELSEWHERE = """def check(f):
    assert f(1) == 2, %s
"""
NOT_QUOTED = ["str(f(2))", "repr(f(1))", "str(f(1)).upper()", "str(len(str(f(1))))", "'%s' % f(1)", "f'{f(1)}'",
              "str(f(1)) + str(f(1))", "str(f(1))[:1]", "str(f(1)) or 'a'", "str(f(k=1))", "'\\0' + str(f(1))"]


def test_messages_that_quote_the_answer(client):
    """Told from the answer that was compared; by an examiner where that is not all."""
    told = ["7", "'text'", "'\\n'", "[1, 'a', {2: 0.5}]", "-1.5e300", "None", "''", "False"]
    untold = ["'\u00e9'", "{1, 2}", "[Thing()]", "'x' * 3000", "'\\0'", "Thing"]
    code = "class Thing:\n    pass\ndef f(*a, **k):\n    return %s\n"
    pairs = both(client, evaluate(*(code % value for value in told + untold), entry_point="f", check=QUOTING))
    assert [one.integrity for one, _ in pairs[:len(told)]] == [pb.NATIVE] * len(told)
    assert {one.integrity for one, _ in pairs[len(told):]} == {pb.SPLIT}
    assert b"First test error: [1, 'a', {2: 0.5}]" == pairs[3][0].tests[0].error.message
    pairs = both(client, *(evaluate(code % 1, "import sys\n" + code % "sys.stderr.write('a')", entry_point="f",
                                    check=ELSEWHERE % message) for message in [*NOT_QUOTED, "str(f(1))"]))
    native = [one.integrity == pb.NATIVE for one, _ in pairs]
    assert native == [False] * (2 * len(NOT_QUOTED)) + [True, False]


def random_value(draw, depth=0):
    kind = draw.randrange(14 if depth < 3 else 9)
    if kind < 3:
        return draw.choice([0, 1, -1, 2, 127, 128, -129, 2**31, 2**63 - 1, -2**63, 2**63, 2**64, -2**70])
    if kind < 5:
        return draw.choice([0.0, -0.0, 1.0, 0.1, 1e16, 1e15, 1e-5, 1.5e300, float("inf"), 2.0**63, 2.0**70,
                            draw.random(), draw.uniform(-1e9, 1e9), draw.random() * 10**draw.randrange(-20, 20)])
    if kind < 7:
        return draw.choice(["", "a", "ab", "it's", '"', "a\n\\\t", "\x00\x7f", "\xe9", "A" * draw.randrange(60)])
    if kind < 9:
        return draw.choice([None, True, False, b"", b"a'", "1", 1, 1.0])
    parts = [random_value(draw, depth + 1) for _ in range(draw.randrange(4))]
    if kind < 11:
        return parts
    if kind == 11:
        return tuple(parts)
    keys = [part for part in parts if part.__hash__ and hashable(part)]
    return set(keys) if kind == 12 else {key: draw.choice(parts) for key in keys}


def hashable(value):
    try:
        hash(value)
    except TypeError:
        return False
    return True


def changed(draw, value):
    """Something that may equal it, or almost."""
    if isinstance(value, (list, tuple)) and value and draw.random() < 0.7:
        parts = [changed(draw, part) if draw.random() < 0.5 else part for part in value]
        return draw.choice([list, tuple, type(value), type(value)])(parts)
    if type(value) in (int, bool) and draw.random() < 0.7 and abs(value) < 2**70:
        return draw.choice([float, int, bool])(value)
    if isinstance(value, float) and value == value and abs(value) < 1e300 and draw.random() < 0.5:
        return int(value)
    if isinstance(value, (set, dict)) and draw.random() < 0.7:
        return type(value)(sorted(value.items() if isinstance(value, dict) else value, key=repr, reverse=True))
    return value if draw.random() < 0.5 else random_value(draw)


def source_of(value):
    return repr(value).replace("inf", "float('inf')")


def test_values_are_compared_and_told_as_by_an_examiner(client):
    draw = random.Random(5)
    requests = []
    for _ in range(25):
        expected = [random_value(draw) for _ in range(12)]
        tests = ["assert f(%d) == %s" % (i, source_of(value)) for i, value in enumerate(expected)]
        codes = ["def f(i):\n    return [%s][i]\n" % ", ".join(source_of(changed(draw, v)) for v in expected)
                 for _ in range(4)]
        requests.append(evaluate(*codes, entry_point="f", asserts=tests))
    pairs = both(client, *requests)
    native = [one for one, _ in pairs if one.integrity == pb.NATIVE]
    assert len(native) > 15
    assert {verdict_name(one) for one in native} == {"FAILED"}


def test_humaneval_and_mbpp(client):
    """All of HumanEval, every fourth task of MBPP: references pass natively."""
    tasks = shared.read_lines(shared.HUMANEVAL)
    requests = [evaluate(task["canonical_solution"], task=task["task_id"], prompt=task["prompt"],
                         check=task["test"], entry_point=task["entry_point"]) for task in tasks]
    requests += [evaluate(task["code"], asserts=task["test_list"], setup=task["test_setup_code"])
                 for task in shared.read_lines(shared.MBPP)[::4]]
    answers = client.judge_many(wished(request, NATIVE) for request in requests)
    results = [answer.results[0] for answer in answers]
    assert [verdict_name(result) for result in results].count("BAD_TASK") <= 5
    wrong = [result for result in results if verdict_name(result) not in ("PASSED", "BAD_TASK")]
    assert not wrong
    assert sum(result.integrity == pb.NATIVE for result in results) >= 400


# ---------------------------------------------------------------- once a task


def plans_made(client):
    return {counter.name: counter.value for counter in client.status().counters}["plans_made"]


def test_a_plan_is_made_once(client):
    before = plans_made(client)
    request = wished(evaluate_add(GOOD_ADD, WRONG_ADD, GOOD_ADD), NATIVE)
    request.check.source += b"# of this test alone\n"
    for _ in range(3):
        results = client.judge(request)
        assert [result.passed for result in results] == [True, False, True]
        assert {result.integrity for result in results} == {pb.NATIVE}
    assert 1 <= plans_made(client) - before <= 2  # two slots may make it at the same time


def test_who_stops_at_the_first_failure_needs_an_examiner(client):
    request = wished(evaluate_add(WRONG_ADD), NATIVE)
    request.stop = pb.STOP_FIRST_FAILURE
    assert verdict_name(client.judge_one(request)) == "BAD_TASK"


def test_repetitions(client):
    request = wished(evaluate_add(), NATIVE)
    request.repeat = 3
    result = client.judge_one(request)
    assert result.passed and result.integrity == pb.NATIVE
