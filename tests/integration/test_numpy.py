"""numpy: a cell that has imported it, who gets one, and what is judged of its values."""
import importlib.util

import pytest

from support.wire import evaluate, evaluate_add, pb, verdict_name

pytestmark = pytest.mark.skipif(not importlib.util.find_spec("numpy"), reason="numpy is not installed")

SPLIT = pb.INTEGRITY_WISH_SPLIT
SHARED = pb.INTEGRITY_WISH_SHARED
AUTO = pb.INTEGRITY_AUTO
WISHES = (AUTO, SPLIT, SHARED)
IMPORT = "import numpy as np\n"
# Code, tests, whether it passes. Of tests that do not mention numpy, or only to compare plain data.
APART = {
    "int64": ("return np.sum(np.array(x))", "assert f([1, 2]) == 3 and f([1, 2]) + 1 == 4", True),
    "a wrong int64": ("return np.sum(x) + 1", "assert f([1, 2]) == 3", False),
    "bool_": ("return np.array(x).max() > 1", "assert f([2]) == True\n    assert not f([0])", True),
    "a wrong bool_": ("return np.array(x).max() > 1", "assert f([2]) == False", False),
    "float64": ("return np.mean(x)", "assert abs(f([1, 2]) - 1.5) < 1e-9", True),
    "in a list": ("return list(np.array(x) * 2)", "assert f([1, 2]) == [2, 4]", True),
    "as a key": ("return {np.int64(1): (np.float32(0.5), {np.int8(3)})}",
                 "assert f([]) == {1: (0.5, {3})}", True),
    "tolist": ("return np.array(x) * 2", "assert f([1, 2]).tolist() == [2, 4]", True),
    "elements": ("return np.array(x) * 2", "assert list(f([1, 2])) == [2, 4] and f([1, 2])[1] == 4", True),
    "no time is a number": ("return np.timedelta64(3, 'ns')", "assert f([]) == 3", False),
}
SAME = {  # the tests have numpy
    "allclose": ("return np.array(x) * 2.0", "assert np.allclose(f([1, 2]), [2, 4])", True),
    "not close": ("return np.array(x) * 3.0", "assert np.allclose(f([1, 2]), [2, 4])", False),
    "array_equal": ("return np.array(x) * 2", "assert np.array_equal(f([1, 2]), [2, 4])", True),
}
MADE = {  # the tests make arrays, or compare one element by element: both in one process
    "array_equal": ("return np.array(x) * 2", "assert np.array_equal(f([1, 2]), np.array([2, 4]))", True),
    "not equal": ("return np.array(x) * 3", "assert np.array_equal(f([1, 2]), np.array([2, 4]))", False),
    "all": ("return np.array(x) * 2", "assert (f([1, 2]) == [2, 4]).all()", True),
}


def judge(client, body, check, wish, setup=""):
    request = evaluate(IMPORT + "def f(x):\n    " + body + "\n", entry_point="f", setup=setup,
                       check="def check(f):\n    " + check + "\n", integrity=wish)
    return client.judge_one(request)


def counters(client):
    return {counter.name: counter.value for counter in client.status().counters}


@pytest.mark.parametrize("name", APART)
def test_values_of_the_candidate(client, name):
    body, check, passes = APART[name]
    for wish in WISHES:
        assert verdict_name(judge(client, body, check, wish)) == ("PASSED" if passes else "FAILED")


@pytest.mark.parametrize("name", SAME)
def test_arrays_that_the_tests_compare(client, name):
    body, check, passes = SAME[name]
    for wish in WISHES:
        result = judge(client, body, IMPORT + "    " + check, wish)
        assert verdict_name(result) == ("PASSED" if passes else "FAILED")
        assert result.integrity == (pb.SHARED if wish == SHARED else pb.SPLIT)


@pytest.mark.parametrize("name", MADE)
def test_arrays_of_the_tests(client, name):
    body, check, passes = MADE[name]
    result = judge(client, body, IMPORT + "    " + check, AUTO)
    assert verdict_name(result) == ("PASSED" if passes else "FAILED")
    assert result.integrity == pb.SHARED


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("body", [
    "class int64(int):\n        __module__ = 'numpy'\n        __eq__ = lambda a, b: True\n    return int64(7)",
    "class int64:\n        __module__ = 'numpy'\n        item = lambda a: 3\n    return int64()",
    "class number(np.generic):\n        item = lambda a: 3\n    return number()",
])
def test_what_only_looks_like_a_number(client, wish, body):
    """A class of the candidate's is not asked what it is equal to."""
    result = judge(client, body, "assert f([1, 2]) == 3", wish)
    assert verdict_name(result) in ("FAILED", "ERROR")


def test_only_who_imports_it_gets_such_a_cell(own_daemon):
    with own_daemon(slots=1).connect() as client:
        assert client.judge_one(evaluate_add(integrity=SHARED)).passed
        assert counters(client)["cells_started"] == 1
        loaded = "import sys\ndef f(): return 'numpy' in sys.modules\n"
        assert not client.judge_one(evaluate(loaded, entry_point="f", integrity=SPLIT,
                                             check="def check(f):\n    assert f()\n")).passed
        before = counters(client)["cells_started"]
        result = judge(client, "return np.add(1, 2)", "assert f(0) == 3", SHARED)
        assert result.passed and counters(client)["cells_started"] == before + 1
        assert judge(client, "return np.add(1, 3)", "assert f(0) == 4", SHARED).passed
        assert client.judge_one(evaluate_add(integrity=SHARED)).passed
        assert counters(client)["cells_started"] == before + 1


def test_it_is_there_in_ordinary_cells_too(client):
    """What the glance at imports does not see is imported when it is needed."""
    code = "def f():\n    np = __import__('num' + 'py')\n    return int(np.arange(4).sum())\n"
    result = client.judge_one(evaluate(code, entry_point="f", integrity=SHARED,
                                       check="def check(f):\n    assert f() == 6\n"))
    assert result.passed, result


def test_a_file_of_the_candidates_goes_first(client):
    request = evaluate("import pytest\ndef f(): return pytest.WHOSE\n", entry_point="f",
                       check="def check(f):\n    assert f() == 'mine'\n", integrity=SPLIT)
    request.candidates[0].files.add(name="pytest.py", content=b"WHOSE = 'mine'\n")
    assert client.judge_one(request).passed
