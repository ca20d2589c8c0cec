"""Kind calls: arguments and expected values as JSON, compared by exact, float or unordered."""

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.wire import as_bytes, evaluate, pb

ECHO = "def f(x):\n    return x\n"
SIDES = pytest.mark.parametrize("wish", ["INTEGRITY_AUTO", "INTEGRITY_WISH_SPLIT", "INTEGRITY_WISH_SHARED"])
WISHED = {"INTEGRITY_AUTO": pb.NATIVE, "INTEGRITY_WISH_SPLIT": pb.SPLIT, "INTEGRITY_WISH_SHARED": pb.SHARED}


def text_of(value):
    return value if isinstance(value, bytes) else as_bytes(json.dumps(value, separators=(",", ":")))


def calls(codes, *tests, comparator="", absolute=0.0, relative=0.0, entry_point="f", wish=None, **more):
    """Each test is (args, expect) or (args, kwargs, expect); bytes are sent as they stand."""
    request = evaluate(*([codes] if isinstance(codes, str) else codes), entry_point=entry_point, **more)
    request.calls.SetInParent()
    for args, *kwargs, expect in tests:
        request.calls.calls.add(args_json=text_of(args), expect_json=text_of(expect),
                                kwargs_json=text_of(kwargs[0]) if kwargs else b"")
    request.calls.comparator = comparator
    request.calls.absolute_tolerance = absolute
    request.calls.relative_tolerance = relative
    if wish is not None:
        request.integrity = pb.IntegrityWish.Value(wish)
    return request


def returning(value):
    return "def f():\n    return %s\n" % value


def holds(client, value, expect, **options):
    result = client.judge_one(calls(returning(value), ([], expect), **options))
    assert result.verdict in (pb.PASSED, pb.FAILED), result
    return result.passed


# ---------------------------------------------------------------- one test each


@SIDES
def test_each_call_is_a_test(client, wish):
    code = "def f(a, b=2, *, c=0):\n    if a < 0:\n        raise ValueError('no')\n    return [a, b, c]\n"
    result = client.judge_one(calls(
        code, ([1], [1, 2, 0]), ([1, 5], {"c": 3}, [1, 5, 3]), ([1], {"b": None}, 7), ([-1], 0),
        ([], {"a": 4}, [4, 2, 0]), wish=wish))
    assert result.verdict == pb.FAILED
    assert [test.outcome for test in result.tests] == [
        pb.OUTCOME_PASSED, pb.OUTCOME_PASSED, pb.OUTCOME_FAILED, pb.OUTCOME_ERROR, pb.OUTCOME_PASSED]
    assert result.integrity == WISHED[wish]
    assert result.comparator == "exact"
    wrong, raised = result.tests[2:4]
    assert wrong.source == b"assert f(1, b=None) == 7"
    assert (wrong.call, wrong.expected, wrong.actual) == (b"f(1, b=None)", b"7", b"[1, None, 0]")
    assert (raised.error.type, raised.error.message, raised.error.line) == ("ValueError", b"no", 3)
    assert raised.call == b"f(-1)"
    assert b"f(1, b=None)" in result.feedback


@SIDES
def test_stop_at_the_first_failure(client, wish):
    request = calls(ECHO, ([1], 1), ([1], 2), ([1], 1), wish=wish)
    request.stop = pb.STOP_FIRST_FAILURE
    result = client.judge_one(request)
    assert (result.tests_run, result.tests_passed, result.tests_total) == (2, 1, 3)


@SIDES
def test_keywords_that_are_no_names(client, wish):
    code = "def f(**keywords):\n    return sorted(keywords)\n"
    result = client.judge_one(calls(code, ([], {"a b": 1, "for": 2, "x": 3}, ["a b", "for", "x"]),
                                    ([], {"y": 1}, []), wish=wish))
    assert [test.outcome for test in result.tests] == [pb.OUTCOME_PASSED, pb.OUTCOME_FAILED]
    assert result.tests[0].call == b"f(x=3, **{'a b': 1, 'for': 2})"


@SIDES
def test_a_call_gets_values_of_its_own(client, wish):
    """Whatever the calls before did to theirs."""
    code = ("seen = []\ndef f(xs):\n    seen.append(xs)\n    for old in seen:\n        old.clear()\n"
            "    seen[-1].append(len(seen))\n    return xs\n")
    tests = [([[5]], [n]) for n in range(1, 30)]
    assert client.judge_one(calls(code, *tests, wish=wish)).passed


def test_a_prompt_precedes_the_code(client):
    request = calls("    return helper(x)\n", ([3], 4),
                    prompt="def helper(x):\n    return x + 1\n\ndef f(x):\n")
    assert client.judge_one(request).passed


@SIDES
def test_an_entry_point_that_is_missing(client, wish):
    result = client.judge_one(calls("def g(x):\n    return x\n", ([1], 1), wish=wish))
    assert result.verdict == pb.ERROR and result.fault == pb.FAULT_CANDIDATE
    assert result.error.type == "NameError" and b"'f'" in result.error.message


@SIDES
def test_code_that_is_unusable(client, wish):
    broken, raising = client.judge(calls(["def f(", "1/0"], ([1], 1), wish=wish))
    assert broken.verdict == pb.COMPILE_ERROR
    assert raising.verdict == pb.ERROR and raising.error.type == "ZeroDivisionError"


@SIDES
def test_a_candidate_that_ends(client, wish):
    code = "import os\ndef f(x):\n    if x == 1: os._exit(0)\n    return x\n"
    result = client.judge_one(calls(code, ([0], 0), ([1], 1), ([2], 2), wish=wish))
    assert not result.passed and result.fault == pb.FAULT_CANDIDATE


# ---------------------------------------------------------------- exact


@pytest.mark.parametrize("value, expect", [
    ("(1, 2)", [1, 2]), ("[(1, (2,)), ()]", [[1, [2]], []]), ("{'a': (1, 2)}", {"a": [1, 2]}),
    ("__import__('collections').namedtuple('P', 'x y')(1, 2)", [1, 2]), ("1.0", 1), ("True", 1),
    ("__import__('collections').OrderedDict(b=1, a=2)", {"a": 2, "b": 1}), ("-0.0", 0),
    ("10 ** 4000", b"1" + b"0" * 4000), ("float('inf')", b"Infinity"), ("-float('inf')", b"-1e999"),
    ("'\\ud800\\U0001f600\\0'", b'"\\ud800\\ud83d\\ude00\\u0000"'), ("None", None), ("[]", []),
    ("2 ** 53 + 1", 2 ** 53 + 1), ("0.1 + 0.2", 0.30000000000000004), ("{}", {}),
])
@SIDES
def test_exact_holds(client, value, expect, wish):
    assert holds(client, value, expect, wish=wish)


@pytest.mark.parametrize("value, expect", [
    ("[1, 2]", [2, 1]), ("(1, 2)", [1, 2, 3]), ("[[1], 2]", [1, 2]), ("{1, 2}", [1, 2]),
    ("{1: 2}", {"1": 2}), ("'1'", 1), ("0.1 + 0.2", 0.3), ("None", False), ("[0]", [[]]),
    ("2 ** 53", 2 ** 53 + 1), ("float('nan')", b"NaN"), ("[float('nan')]", b"[NaN]"), ("()", {}),
    ("{}", []), ("iter([1])", [1]), ("range(2)", [0, 1]), ("'ab'", ["a", "b"]), ("b'a'", "a"),
])
@SIDES
def test_exact_does_not_hold(client, value, expect, wish):
    assert not holds(client, value, expect, wish=wish)


@SIDES
def test_a_nan_that_comes_back_is_not_the_expected_one(client, wish):
    assert not client.judge_one(calls(ECHO, (b"[[NaN]]", b"[NaN]"), wish=wish)).passed


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
    | st.text(st.characters(min_codepoint=0, max_codepoint=0x10ffff), max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=st.lists(JSON, min_size=1, max_size=30), seed=st.randoms(use_true_random=False))
def test_whatever_json_says_equals_itself(client, values, seed):
    """What a function returns unchanged, or with tuples for lists, is what went in."""
    code = ("def f(x):\n    return x\ndef g(x):\n    if type(x) is list:\n        return tuple(map(g, x))\n"
            "    return {k: g(v) for k, v in x.items()} if type(x) is dict else x\n")
    tests = [([value], value) for value in values]
    for entry_point in "f", "g":
        for comparator in "exact", "float", "unordered":
            request = calls(code, *tests, entry_point=entry_point, comparator=comparator)
            result = client.judge_one(request)
            assert result.passed, [test for test in result.tests if test.outcome != pb.OUTCOME_PASSED]
    shuffled = list(values)
    seed.shuffle(shuffled)
    assert client.judge_one(calls(code, ([shuffled], values), comparator="unordered")).passed


# ---------------------------------------------------------------- float


@pytest.mark.parametrize("value, expect, options", [
    ("0.1 + 0.2", 0.3, {}), ("[1, (2.0000001, {'a': 3})]", [1.0000001, [2, {"a": 3.000001}]], {}),
    ("1e-10", 0, {}), ("float('nan')", b"NaN", {}), ("[float('nan')]", b"[NaN]", {}),
    ("float('inf')", b"Infinity", {}), ("10 ** 400", b"1" + b"0" * 400, {}), ("True", 1.0, {}),
    ("10 ** 20", 10 ** 20 + 5, {"absolute": 5}), ("[1.4, 'x']", [1, "x"], {"absolute": 0.5}),
    ("105", 100, {"relative": 0.05}), ("__import__('fractions').Fraction(1, 3)", 0.333333333, {}),
    ("__import__('decimal').Decimal('0.3')", 0.3, {}), ("-0.0", 0.0, {}), ("'text'", "text", {}),
])
@SIDES
def test_float_holds(client, value, expect, options, wish):
    assert holds(client, value, expect, comparator="float", wish=wish, **options)


@pytest.mark.parametrize("value, expect, options", [
    ("0.1 + 0.2", 0.3001, {}), ("[1, 2]", [1, 2, 3], {}), ("'1.0'", 1, {}), ("None", 0, {}),
    ("float('inf')", 1e308, {}), ("1e308", b"Infinity", {}), ("-float('inf')", b"Infinity", {}),
    ("float('nan')", 1, {}), ("1", b"NaN", {}), ("10 ** 400", 1e308, {}), ("2", True, {"absolute": 5}),
    ("10 ** 20", 10 ** 20 + 6, {"absolute": 5}), ("2 ** 53", 2 ** 53 + 1, {"absolute": 0.5}),
    ("[2, 1]", [1, 2], {}), ("106", 100, {"relative": 0.05}), ("10 ** 400", b"1" + b"0" * 401, {}),
])
@SIDES
def test_float_does_not_hold(client, value, expect, options, wish):
    assert not holds(client, value, expect, comparator="float", wish=wish, **options)


# ---------------------------------------------------------------- unordered


@pytest.mark.parametrize("value, expect", [
    ("[3, 1, 2]", [1, 2, 3]), ("((2, 1), [3])", [[3], [2, 1]]), ("[]", []), ("5", 5),
    ("[1, True, 1.0, '1']", ["1", 1, 1, 1]), ("[{'a': 1}, {'b': (2,)}]", [{"b": [2]}, {"a": 1}]),
    ("[__import__('decimal').Decimal(2), 1]", [1, 2]), ("{'a': [1, 2]}", {"a": [1, 2]}),
    ("[None, 0, '', False]", ["", 0, None, 0]),
])
@SIDES
def test_unordered_holds(client, value, expect, wish):
    assert holds(client, value, expect, comparator="unordered", wish=wish)


@pytest.mark.parametrize("value, expect", [
    ("[1, 1, 2]", [1, 2, 2]), ("[1, 2]", [1, 2, 2]), ("[[1, 2]]", [[2, 1]]), ("{1, 2}", [1, 2]),
    ("{'a': [2, 1]}", {"a": [1, 2]}), ("'ba'", "ab"), ("[float('nan')]", b"[NaN]"), ("[]", [1]),
    ("['1']", [1]), ("{}", []),
])
@SIDES
def test_unordered_does_not_hold(client, value, expect, wish):
    assert not holds(client, value, expect, comparator="unordered", wish=wish)


def test_a_long_list_in_another_order(client):
    values = list(range(20000))
    random.Random(1).shuffle(values)
    request = calls(["def f(x):\n    return x[::-1]\n", "def f(x):\n    return x[1:] + [-1]\n"],
                    ([values], list(range(20000))), comparator="unordered")
    assert [result.verdict for result in client.judge(request)] == [pb.PASSED, pb.FAILED]


# ---------------------------------------------------------------- hostile candidates


ANY = "    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n"
HOSTILE = [
    "class Yes:\n" + ANY + "    __hash__ = None\n",
    "class Yes(list):\n" + ANY + "    def __len__(self): return 2\n    def __iter__(self): return iter([1, 2])\n"
    "    def __getitem__(self, at): return at + 1\n",
    "class Yes(tuple):\n" + ANY + "    def __len__(self): return 2\n    def __getitem__(self, at): return at + 1\n",
    "class Yes(int):\n" + ANY + "    def __hash__(self): return 3\n    def __sub__(self, other): return 0\n"
    "    def __rsub__(self, other): return 0\n    def __float__(self): return 3.0\n",
    "class Yes(float):\n" + ANY + "    def __hash__(self): return 3\n    def __float__(self): return 3.0\n"
    "    def __abs__(self): return 0.0\n    def __sub__(self, other): return 0.0\n",
    "class Yes(dict):\n" + ANY + "    def __getitem__(self, key): return 1\n    def __len__(self): return 1\n",
    "class Yes(str):\n" + ANY + "    def __hash__(self): return hash('abc')\n",
    "class Yes:\n" + ANY + "    def __float__(self): return 3.0\n    def __index__(self): return 3\n"
    "    def __len__(self): return 2\n    def __getitem__(self, at): return at + 1\n",
]


@pytest.mark.parametrize("comparator", ["exact", "float", "unordered"])
@SIDES
def test_objects_that_equal_everything(client, comparator, wish):
    codes = [kind + "def f():\n    return %s\n" % value for kind in HOSTILE
             for value in ("Yes()", "[Yes(), Yes()]", "(Yes(), 2)", "{'a': Yes()}")]
    for expect in (3, 2.5, "abc", [1, 2], {"a": 1}, None, True, [[1], [2]]):
        request = calls(codes, ([], expect), comparator=comparator, wish=wish)
        assert not [result for result in client.judge(request) if result.passed], expect


def test_expected_values_are_not_there(client):
    """The argument can be found in the memory of the candidate's process, the expected value not."""
    code = r"""
import re
def f(x):
    found = set()
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            if "rw-p" in line:
                memory.seek(start)
                found |= set(re.findall(rb"(WORD|CODE)\d{9}7", memory.read(end - start)))
    return sorted(word.decode() for word in found)
"""
    result = client.judge_one(calls(code, (["WORD1234567897"], "CODE1234567897")))
    assert result.tests[0].actual == b"['WORD']", result


def test_ten_thousand_calls(client):
    tests = [([n, [n]], n if n != 7777 else -1) for n in range(10000)]
    result = client.judge_one(calls("def f(n, xs):\n    return xs[0]\n", *tests))
    assert (result.tests_total, result.tests_passed) == (10000, 9999)
    assert result.tests[7777].call == b"f(7777, [7777])"


def test_large_values(client):
    """As literals of a program they would not fit."""
    values = list(range(500000))
    codes = ["def f(x):\n    return x\n", "def f(x):\n    x[-1] = 0\n    return x\n"]
    assert [result.passed for result in client.judge(calls(codes, ([values], values)))] == [True, False]


# ---------------------------------------------------------------- tasks that cannot be used


@pytest.mark.parametrize("call, message", [
    ((b"[1", b"1"), b"calls[1].args: "), ((b"{}", b"1"), b"calls[1].args: is not an array"),
    ((b"[]", b"[]", b"1"), b"calls[1].kwargs: is not an object"),
    ((b"[]", b""), b"calls[1].expect: is missing"), ((b" ", b"1"), b"calls[1].args: is missing"),
    ((b"[]", b"1 2"), b"calls[1].expect: Extra data"), ((b"[\xff]", b"1"), b"calls[1].args: "),
    ((b"[]", b"[" * 201 + b"]" * 201), b"calls[1].expect: is nested more than 200 deep"),
    ((b"[]", b"[" * 100000), b"calls[1].expect: "), ((b"[]", b"9" * 5000), b"calls[1].expect: "),
    ((b"[]", b"__import__('os')"), b"calls[1].expect: "), ((b"[]", b"'1'"), b"calls[1].expect: "),
])
@SIDES
def test_what_is_no_json_is_named(client, call, message, wish):
    result = client.judge_one(calls(ECHO, ([1], 1), call, wish=wish))
    assert result.verdict == pb.BAD_TASK and result.fault == pb.FAULT_TESTS
    assert message in result.error.message, result.error


def test_deep_values_travel(client):
    deep = b"[" * 199 + b"]" * 199
    assert client.judge_one(calls(ECHO, (b"[" + deep + b"]", deep))).passed


@pytest.mark.parametrize("name", ["f(", "1", "lambda", "f.g", "a b", "f if True else f"])
def test_an_entry_point_is_a_name(client, name):
    result = client.judge_one(calls(ECHO, ([1], 1), entry_point=name))
    assert result.verdict == pb.BAD_TASK, result


def test_no_calls_are_no_tests(client):
    assert client.judge_one(calls(ECHO)).verdict == pb.NO_TESTS


def refusal(client, request):
    error = client.collect(client.submit(request)).error
    assert error is not None
    return error


def test_requests_that_are_refused(client):
    assert refusal(client, calls(ECHO, ([1], 1), entry_point="")).field == "evaluate.entry_point"
    error = refusal(client, calls(ECHO, ([1], 1), comparator="fuzzy"))
    assert error.field == "evaluate.calls.comparator" and "exact, float, unordered" in error.message
    for absolute, relative in ((-1, 0), (float("nan"), 0), (0, float("inf"))):
        request = calls(ECHO, ([1], 1), comparator="float", absolute=absolute, relative=relative)
        assert refusal(client, request).field.startswith("evaluate.calls.")
    large = b"[" + b"1," * (2 << 20) + b"1]"
    assert refusal(client, calls(ECHO, ([1], 1), (large, b"1"))).field == "evaluate.calls.calls[1]"


@pytest.mark.parametrize("name", ["exact", "float", "unordered"])
def test_the_comparator_is_told(client, name):
    assert client.judge_one(calls(ECHO, ([1], 1), comparator=name)).comparator == name
    assert "calls" in client.greeting.languages[0].test_kinds
