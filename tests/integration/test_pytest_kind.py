"""Tests of kind pytest: each test function is one test, run by the real pytest in the examiner."""
import textwrap

import pytest

from support import attacks
from support.wire import evaluate, pb

CODE = """
class Stack:
    def __init__(self): self.items = []
    def push(self, x): self.items.append(x)
    def __len__(self): return len(self.items)
def add(x, y=0): return x + y
def fail(x):
    raise ValueError("no %r" % x)
def order(xs): xs.sort(); return xs
def shout(x): print(x)
"""
HEAD = "import pytest\n"
BOTH = pytest.mark.parametrize("wish", [pb.INTEGRITY_WISH_SPLIT, pb.INTEGRITY_WISH_SHARED])


def judge(client, tests, code=CODE, wish=pb.INTEGRITY_WISH_SPLIT, files=None):
    request = evaluate(code, pytest=HEAD + textwrap.dedent(tests).lstrip("\n"), files=files)
    request.integrity = wish
    return client.judge_one(request)


def outcomes(result):
    return {test.name: pb.Outcome.Name(test.outcome).removeprefix("OUTCOME_")
            for test in result.tests}


def told(result):
    return [(test.name, test.source, test.expected, test.actual, test.error.type, test.error.message)
            for test in result.tests] + [result.error.type, result.error.message, result.detail]


HONEST = {
    "functions and classes": ("""
        from candidate import Stack, add as plus
        def test_add(): assert plus(1, 2) == 3 and plus(1) != 2, "text"
        class TestStack:
            def setup_method(self): self.stack = Stack()
            def test_push(self):
                self.stack.push(1)
                assert len(self.stack) == 1
        import unittest
        class TestCase(unittest.TestCase):
            def test_case(self): self.assertEqual(add(1), 1)
        """, ["test_add", "TestStack.test_push", "TestCase.test_case"]),
    "fixtures": ("""
        @pytest.fixture
        def stack():
            made = Stack()
            made.push(1)
            yield made
            made.push(2)
        @pytest.fixture(scope="module")
        def one(): return add(1)
        @pytest.fixture(params=[1, 2])
        def number(request): return request.param
        def test_stack(stack, one): assert len(stack) == one
        def test_number(number): assert add(number) == number
        def test_patched(monkeypatch):
            class Own: value = 1
            monkeypatch.setattr(Own, "value", add(2))
            assert Own.value == 2
        """, ["test_stack", "test_number[2]", "test_patched"]),
    "cases": ("""
        @pytest.mark.parametrize("x, want", [(1, 1), (2, 2), pytest.param(3, 3, id="three")])
        def test_literal(x, want): assert add(x) == want
        PAIRS = [(1, 1), (2, 2)]
        @pytest.mark.parametrize("x, want", PAIRS)
        @pytest.mark.parametrize("y", [0])
        def test_named(x, want, y): assert add(x, y) == want
        @pytest.mark.parametrize("x", range(5))
        def test_reckoned(x): assert add(x) == x
        """, ["test_literal[1-1]", "test_literal[2-2]", "test_literal[three]", "test_named[0-1-1]",
              "test_named[0-2-2]", "test_reckoned[4]"]),
    "expectations": ("""
        def test_raises():
            with pytest.raises(ValueError, match="no") as caught: fail(1)
            assert str(caught.value) == "no 1"
        def test_approx(): assert add(0.1, 0.2) == pytest.approx(0.3)
        def test_approx_first(): assert pytest.approx(0.3) == add(0.1, 0.2)
        def test_order():
            xs = [2, 1]
            assert order(xs) == [1, 2]
            assert xs == [1, 2]
        """, ["test_raises", "test_approx", "test_approx_first", "test_order"]),
}


@BOTH
@pytest.mark.parametrize("name", HONEST)
def test_honest_use(client, name, wish):
    tests, names = HONEST[name]
    result = judge(client, tests, wish=wish)
    assert result.passed, told(result)
    assert result.integrity == (pb.SPLIT if wish == pb.INTEGRITY_WISH_SPLIT else pb.SHARED)
    assert [test.name for test in result.tests] == names
    assert result.tests_total == len(names)


def test_output_of_the_candidate_is_captured_where_it_is_printed(client):
    result = judge(client, """
        def test_shout(capsys, tmp_path):
            shout("hey")
            assert capsys.readouterr().out == "hey\\n"
            (tmp_path / "x").write_text("a")
        """, wish=pb.INTEGRITY_AUTO)
    assert result.passed and result.integrity == pb.SHARED, told(result)
    assert result.shared_because


def test_what_a_failure_tells(client):
    result = judge(client, """
        @pytest.mark.parametrize("x", [0, 1])
        def test_cases(x): assert add(x) == 0
        def test_raises():
            with pytest.raises(KeyError): add(1)
        def test_fail(): pytest.fail("that is all")
        def test_error(): assert fail(1) == 2
        def test_approx(): assert add(1) == pytest.approx(3)
        @pytest.fixture
        def broken(): return fail(2)
        def test_fixture(broken): pass
        @pytest.fixture
        def late():
            yield 1
            fail(3)
        def test_late(late): assert add(1) == 1
        @pytest.mark.xfail(strict=True)
        def test_strict(): assert add(1) == 1
        def test_good(): assert add(1) == 1
        """)
    assert result.verdict == pb.FAILED and result.fault == pb.FAULT_CANDIDATE
    assert outcomes(result) == {
        "test_cases[0]": "PASSED", "test_cases[1]": "FAILED", "test_raises": "FAILED",
        "test_fail": "FAILED", "test_error": "ERROR", "test_approx": "FAILED",
        "test_fixture": "ERROR", "test_late": "ERROR", "test_strict": "FAILED", "test_good": "PASSED"}
    by_name = {test.name: test for test in result.tests}
    case = by_name["test_cases[1]"]
    assert (case.source, case.call) == (b"assert add(x) == 0", b"add(x)")
    assert (case.expected, case.actual, case.error.type) == (b"0", b"1", "")
    assert by_name["test_raises"].call == b"add(1)"
    assert by_name["test_fail"].error.message == b"that is all"
    error = by_name["test_error"].error
    assert (error.type, error.message) == ("ValueError", b"no 1")
    assert CODE.split("\n")[error.line - 1].strip().startswith("raise ValueError")
    assert b"_pytest" not in error.traceback and b"pluggy" not in error.traceback
    assert by_name["test_late"].error.message == b"no 3"


# ---- skips

def test_the_tests_may_skip(client):
    result = judge(client, """
        import sys
        @pytest.mark.skip(reason="off")
        def test_off(): assert False
        @pytest.mark.skipif(sys.version_info > (3,), reason="old")
        def test_old(): assert False
        @pytest.mark.xfail
        def test_known(): assert add(1) == 2
        def test_import(): pytest.importorskip("no_such_module")
        def test_on(): assert add(1) == 1
        """)
    assert result.passed and result.tests_total == 1, told(result)
    assert sorted(outcomes(result).values()) == ["PASSED"] + 4 * ["SKIPPED"]
    result = judge(client, "pytest.skip('all', allow_module_level=True)\ndef test(): assert add(1)\n")
    assert result.verdict == pb.NO_TESTS and not result.maskable


def test_a_skip_that_the_candidate_decides_is_none(client):
    result = judge(client, """
        def test_skip():
            if add(1): pytest.skip("as it happens")
        def test_xfail():
            if add(1): pytest.xfail("as it happens")
        @pytest.mark.skipif("add(1) == 1", reason="as it happens")
        def test_text(): assert False
        def test_on(): assert add(1) == 1
        """)
    assert outcomes(result) == {"test_skip": "FAILED", "test_xfail": "FAILED", "test_text": "FAILED",
                                "test_on": "PASSED"}
    result = judge(client, """
        @pytest.mark.skipif(add(1) == 1, reason="as it happens")
        def test_marked(): assert False
        def test_on(): assert add(1) == 1
        """)
    assert outcomes(result) == {"test_marked": "FAILED", "test_on": "PASSED"}


@pytest.mark.parametrize("code", [
    "def add(x): raise SystemExit(0)", "def add(x): raise KeyboardInterrupt", "import os\nos._exit(0)",
    "def add(x):\n    import os\n    os._exit(0)", "raise SystemExit(0)",
    "class Skipped(Exception): pass\nSkipped.__module__ = 'builtins'\ndef add(x): raise Skipped('x')"])
@BOTH
def test_a_candidate_cannot_leave(client, code, wish):
    result = judge(client, "def test_a(): assert add(1) == 1\ndef test_b(): assert add(2) == 2\n",
                   code, wish)
    assert not result.passed and result.fault == pb.FAULT_CANDIDATE, told(result)
    assert result.tests_total == 2


def test_the_cells_environment_and_files_do_not_steer(client):
    """What a candidate leaves where pytest would look for it."""
    hook = "def pytest_collection_modifyitems(items): items.clear()\n"
    code = ("import os\nos.environ['PYTEST_ADDOPTS'] = '--collect-only'\n"
            "os.environ['PYTEST_PLUGINS'] = 'conftest'\ndef add(x): return x\n")
    files = {"conftest.py": hook, "pytest.ini": "[pytest]\naddopts = --collect-only\n",
             "pytest.py": "raise SystemExit(0)\n"}
    for wish in (pb.INTEGRITY_WISH_SPLIT, pb.INTEGRITY_WISH_SHARED):
        result = judge(client, "def test_a(): assert add(1) == 1\n", code, wish, files)
        assert result.passed, told(result)
        result = judge(client, "def test_a(): assert add(1) == 2\n", code, wish, files)
        assert result.verdict == pb.FAILED, told(result)


# ---- how many there are

def test_cases_that_the_source_does_not_count(client):
    result = judge(client, """
        def pytest_generate_tests(metafunc):
            if "q" in metafunc.fixturenames: metafunc.parametrize("q", [1, 2, 3])
        def test_q(q): assert add(q) == min(q, 2)
        """)
    assert result.verdict == pb.FAILED and result.tests_total == 1
    assert result.tests[0].name == "test_q[3]"


def test_cases_of_the_candidates_cannot_be_none(client):
    tests = "from candidate import CASES\n@pytest.mark.parametrize('x', CASES)\n" \
            "def test_x(x): assert x == 1\ndef test_y(): assert add(1) == 1\n"
    assert judge(client, tests, "CASES = [1]\ndef add(x): return x\n").passed
    assert not judge(client, tests, "CASES = []\ndef add(x): return x\n").passed


def test_stop_at_the_first_failure(client):
    request = evaluate(CODE, pytest="def test_a(): assert add(1) == 1\n"
                                    "def test_b(): assert add(1) == 2\n"
                                    "def test_c(): assert add(1) == 3\n")
    request.stop = pb.STOP_FIRST_FAILURE
    result = client.judge_one(request)
    assert result.verdict == pb.FAILED and (result.tests_total, result.tests_run) == (3, 2)


# ---- whose fault

def test_whose_fault(client):
    for tests in ("def test_x(): assert missing(1)\n", "from candidate import missing\ndef test_x(): 1\n"):
        result = judge(client, tests)
        assert result.verdict == pb.ERROR and result.fault == pb.FAULT_CANDIDATE, told(result)
    for tests in ("def (", "@pytest.mark.parametrize('q', [1])\ndef test_x(): assert add(1)\n",
                  "def test_x(): assert 1\n", "def test_x(): assert 1\ndef add_up(): add(1)\n",
                  "import no_such_module\ndef test_x(): assert add(1)\n"):
        result = judge(client, tests)
        assert result.verdict == pb.BAD_TASK and result.fault == pb.FAULT_TESTS, (tests, told(result))
    for tests in ("", "x = 1\n"):
        assert judge(client, tests).verdict == pb.NO_TESTS


# ---- corpora

@BOTH
def test_hacks(client, wish):
    for name, _, request in attacks.of_kind("hacks_python.jsonl", "pytest"):
        request.integrity = wish
        result = client.judge_one(request)
        assert not result.passed, (name, told(result))
        assert result.fault == pb.FAULT_CANDIDATE, name
