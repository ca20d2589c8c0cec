"""Kind calls with a reference: what is expected is what another solution answers, compared as EvalPlus
does. NATIVE and SPLIT have to agree, and neither the reference nor its answers may reach a candidate."""

import math

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from support import evalplus, shared
from support.wire import as_bytes, evaluate, pb

WISHES = ("INTEGRITY_WISH_NATIVE", "INTEGRITY_WISH_SPLIT")
WISHED = dict(zip(WISHES, (pb.NATIVE, pb.SPLIT)))
SIDES = pytest.mark.parametrize("wish", WISHES)


def request(codes, reference, inputs, wish=None, oracle="", absolute=0.0, alternatives=(), comparator="evalplus",
            **more):
    """Inputs are argument lists; texts are sent as they stand."""
    message = evaluate(*([codes] if isinstance(codes, str) else codes), entry_point="f", **more)
    for arguments in inputs:
        text = arguments if isinstance(arguments, str) else repr(arguments)
        message.calls.calls.add(args_python=as_bytes(text))
    message.calls.comparator = comparator
    message.calls.reference = as_bytes(reference)
    message.calls.alternatives.extend(map(as_bytes, alternatives))
    message.calls.oracle = oracle
    message.calls.absolute_tolerance = absolute
    if wish is not None:
        message.integrity = pb.IntegrityWish.Value(wish)
    return message


def returning(text):
    return f"def f(*arguments):\n    return {text}\n"


def outcomes(result):
    return [pb.Outcome.Name(test.outcome).removeprefix("OUTCOME_") for test in result.tests]


@SIDES
def test_the_reference_says_what_is_expected(client, wish):
    inputs = [[1, (2, 3)], [{4}, 1j], [[math.inf, -2.5], {"a": (None,)}], [10**30, set()], [frozenset({1}), b"x"]]
    codes = [returning("(arguments, 7)"), returning("None"), returning("(list(arguments), 7)"),
             "def f(a, b):\n    if a == 1:\n        return (a, b), 7\n    raise KeyError(a)\n"]
    results = client.judge(request(codes, returning("(arguments, 7)"), inputs, wish))
    assert [pb.Verdict.Name(each.verdict) for each in results] == ["PASSED", "FAILED", "FAILED", "ERROR"]
    assert outcomes(results[3]) == ["PASSED", *["ERROR"] * 4]
    assert results[1].tests[0].call == b"f(1, (2, 3))"
    assert results[1].tests[0].expected == b"((1, (2, 3)), 7)"
    assert results[1].tests[0].actual == b"None"
    assert all(each.comparator == "evalplus" for each in results)


@SIDES
def test_each_call_gets_arguments_of_its_own(client, wish):
    """Nor does a changed argument change what is expected."""
    reference = "def f(xs):\n    return sorted(xs)\n"
    spoiling = "seen = []\ndef f(xs):\n    seen.append(xs)\n    got = sorted(xs)\n    for each in seen:\n" \
               "        each.clear()\n    return got\n"
    result = client.judge_one(request(spoiling, reference, [[[3, 1, 2]], [[3, 1, 2]], [[2, 1]]], wish))
    assert result.passed, result


@SIDES
@pytest.mark.parametrize("hack", [
    "class A:\n    def __eq__(self, other):\n        return True\n    __hash__ = None\ndef f(x):\n    return A()\n",
    "class A(float):\n    def __eq__(self, other):\n        return True\n    def __sub__(self, other):\n"
    "        return 0.0\ndef f(x):\n    return A(0)\n",
    "class A(list):\n    def __eq__(self, other):\n        return True\ndef f(x):\n    return A([0])\n",
    "import sys\ndef f(x):\n    for name, module in list(sys.modules.items()):\n"
    "        if hasattr(module, 'f'):\n            return module.f(x)\n",
    "import gc\ndef f(x):\n    for each in gc.get_objects():\n"
    "        if type(each).__name__ == 'function' and each.__code__.co_filename == 'reference.py':\n"
    "            return each(x)\n",
    "def f(x):\n    return x\n",  # of the oracle root it is what is expected
    "import os\ndef f(x):\n    os._exit(0)\n",
])
@pytest.mark.parametrize("oracle", ["", "set", "root"])
def test_hacks_fail(client, wish, hack, oracle):
    reference = "def f(x):\n    return [float(x[0] * 7 + 3)]\n"
    result = client.judge_one(request(hack, reference, [[[2, 5]], [[4, 9]]], wish, oracle=oracle, absolute=1e-6))
    assert result.verdict in (pb.FAILED, pb.ERROR, pb.TAMPERED), result
    assert result.tests_passed == 0


@SIDES
def test_oracles(client, wish):
    def verdicts(oracle, reference, answers, **more):
        codes = [returning(text) for text in answers]
        message = request(codes, returning(reference), [[[-6, 5, -1]]], wish, oracle, **more)
        return [each.passed for each in client.judge(message)]

    assert verdicts("set", "(1, 2)", ["[2, 1, 1]", "{1, 2}", "(1,)", "[1, 2, 3]", "3", "[[1], 2]", "[1.0, True, 2]"]) \
        == [True, True, False, False, False, False, True]
    assert verdicts("not_none", "object()", ["object()", "True", "None", "False", "0"]) == [True, True, False, False, True]
    assert verdicts("not_none", "None", ["object()", "True", "None", "False"]) == [False, False, True, True]
    assert verdicts("any", "1", ["None", "'x'", "1/0"]) == [True, True, False]
    assert verdicts("root", "2.0", ["2", "3.0", "2.0000000001", "2.1", "None", "'2'", "1e300", "float('nan')"],
                    absolute=1e-4) == [True, True, True, False, False, False, False, False]
    assert verdicts("", "1", ["1", "2", "3", "(1, 2)"], alternatives=[returning("2")]) == [True, True, False, False]


@SIDES
def test_long_answers(client, wish):
    """They are compared by digests where these tell enough."""
    reference = "def f(n):\n    return ' '.join(map(str, range(n)))\n"
    codes = [reference, "def f(n):\n    return ' '.join(map(str, range(n + (n > 9))))\n",
             "def f(n):\n    return 'x' if n > 9 else ' '.join(map(str, range(n)))\n"]
    results = client.judge(request(codes, reference, [[3], [300000]], wish))
    assert [outcomes(each) for each in results] == [["PASSED"] * 2, ["PASSED", "FAILED"], ["PASSED", "FAILED"]]
    assert all(len(test.expected) < 2100 and len(test.actual) < 2100
               for each in results for test in each.tests)
    near = client.judge_one(request("def f(n):\n    return [float(i) for i in range(n)]\n",
                                    "def f(n):\n    return list(range(n))\n", [[20000]]))
    assert near.passed and near.integrity == pb.SPLIT


@SIDES
def test_of_many_calls_the_first_that_failed_are_told(client, wish):
    inputs = [[n] for n in range(1000)]
    wrong = "def f(n):\n    return n if n % 10 else 'x' * 5000\n"
    result = client.judge_one(request(wrong, "def f(n):\n    return n\n", inputs, wish))
    assert (result.tests_total, result.tests_run, result.tests_passed) == (1000, 1000, 900)
    assert outcomes(result) == ["PASSED" if n % 10 else "FAILED" for n in range(1000)]
    assert [test.index for test in result.tests if test.call or test.source or test.actual] == list(range(0, 200, 10))
    assert result.tests[10].call == b"f(10)" and result.tests[10].expected == b"10"
    assert result.ByteSize() < 30000
    assert result.integrity == WISHED[wish]


def test_what_cannot_be_asked(client):
    def refusal(**fields):
        message = request(returning("1"), returning("1"), [[1]])
        for name, value in fields.items():
            if name == "integrity":
                message.integrity = value
            elif name == "expect_json":
                message.calls.calls[0].expect_json = value
            elif name == "args_json":
                message.calls.calls[0].args_json = value
            else:
                setattr(message.calls, name, value)
        return client.collect(client.submit(message)).error.field

    assert refusal(oracle="magic") == "evaluate.calls.oracle"
    assert refusal(comparator="exact", oracle="set") == "evaluate.calls.comparator"
    assert refusal(integrity=pb.INTEGRITY_WISH_SHARED) == "evaluate.integrity"
    assert refusal(expect_json=b"1") == "evaluate.calls.calls[0]"
    assert refusal(args_json=b"[1]") == "evaluate.calls.calls[0]"


@pytest.mark.parametrize("text", ["[open('x')]", "[x]", "1", "[", "[().__class__]", "[lambda: 1]", "[set.add]"])
def test_arguments_that_are_no_literal(client, text):
    result = client.judge_one(request(returning("1"), returning("1"), [text]))
    assert (result.verdict, result.fault, result.maskable) == (pb.BAD_TASK, pb.FAULT_TESTS, True), result


@pytest.mark.parametrize("reference", ["def g():\n    pass\n", "def f(:\n", "def f(x):\n    return 1 / 0\n", "1 / 0\n",
                                       "def f(x):\n    return f\n"])
def test_a_reference_that_does_not_work(client, reference):
    result = client.judge_one(request(returning("1"), reference, [[1]]))
    assert (result.verdict, result.fault, result.maskable) == (pb.BAD_TASK, pb.FAULT_TESTS, True), result


def test_a_reference_that_needs_too_much(client):
    """Whoever is judged by it has done nothing wrong."""
    message = request(returning("1"), "def f(x):\n    return len('x' * (3 << 30))\n", [[1]])
    result = client.judge_one(message)
    assert (result.verdict, result.fault, result.maskable) == (pb.BAD_TASK, pb.FAULT_TESTS, True), result


# ---------------------------------------------------------------- the comparison

NUMBERS = st.one_of(st.integers(-3, 3), st.booleans(), st.none(), st.sampled_from(
    [0.0, 1.0, 1.0 + 5e-8, 1.0 + 2e-7, 1.0 + 2e-6, 1e-7, 2e-6, 1e10, math.inf, -math.inf, 2**70, 2**63, "a", b"a"]))
VALUES = st.recursive(NUMBERS, lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.lists(inner, max_size=2).map(tuple),
    st.dictionaries(st.sampled_from(["a", 1, 1.5]), inner, max_size=2)), max_leaves=6)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
          phases=[Phase.generate])
@given(st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=20, max_size=20), st.sampled_from([0.0, 1e-6]),
       st.sampled_from(["", "set"]))
def test_c_and_python_agree(client, found, absolute, oracle):
    """value_evalplus.c and evalplus.py, on the same pairs of values."""
    pairs = [pair for one, other, third in found
             for pair in ((one, one), (one, other), ([one, other], [other, third]), ([one, other], (one, other)),
                          ([other, one, one], [one, other, one]), ([one], [one, third]))]
    sides = {}
    for wish in WISHES:
        message = request("def f(one, other):\n    return one\n", "def f(one, other):\n    return other\n",
                          [list(pair) for pair in pairs], wish, oracle, absolute)
        result = client.judge_one(message)
        assert oracle or result.integrity == (pb.NATIVE if wish == WISHES[0] else pb.SPLIT)
        sides[wish] = outcomes(result)
    assert sides[WISHES[0]] == sides[WISHES[1]]


# ---------------------------------------------------------------- the real ones

SOME = {"HumanEval/32", "HumanEval/47", "HumanEval/119", "Mbpp/2", "Mbpp/124", "Mbpp/252", "Mbpp/278",
        "Mbpp/558", "Mbpp/580", "Mbpp/737"}


@SIDES
def test_tasks_of_evalplus(client, wish):
    """tests/bench/evalplus.py has all of them."""
    tasks = [task for name in (evalplus.HUMANEVAL, evalplus.MBPP) for task in shared.read_lines(name)
             if task["task_id"] in SOME]
    assert len(tasks) == len(SOME)
    integrity = pb.INTEGRITY_AUTO if wish == WISHES[0] else pb.INTEGRITY_WISH_SPLIT
    for task in tasks:
        wrong = f"def {task['entry_point']}(*arguments):\n    return None\n"
        results = client.judge(evalplus.request_of(task, evalplus.reference_of(task), wrong, integrity=integrity))
        assert results[0].passed, (task["task_id"], results[0])
        assert not results[1].passed, task["task_id"]
        if wish == WISHES[0] and task["task_id"] != "Mbpp/737":
            assert results[0].integrity == pb.NATIVE, task["task_id"]
