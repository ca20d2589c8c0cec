"""Tests of kind unittest: each test method is one test, run by the real unittest in the examiner."""
import ast
import textwrap

import pytest

from support import attacks, shared
from support.wire import evaluate, pb

CODE = """
class Stack:
    def __init__(self): self.items = []
    def push(self, x): self.items.append(x)
    def pop(self):
        if not self.items: raise IndexError("empty")
        return self.items.pop()
    def __len__(self): return len(self.items)
class Refused(Exception): pass
def add(x, y=0): return x + y
def fail(x):
    raise ValueError("no %r" % x)
def refuse(x): raise Refused("own")
def order(xs): xs.sort(); return xs
def clear(xs):
    kept = sorted(xs); xs.clear(); return kept
def apply(g, *a): return g(*a)
def tree(): return {"a": [1, 2], "b": {1, 2}}
async def later(x): return x + 1
"""
HEAD = "import unittest\n"


def dedent(text):
    return textwrap.dedent(text).lstrip("\n")


def judge(client, tests, code=CODE, wish=pb.INTEGRITY_WISH_SPLIT):
    request = evaluate(code, unittest=HEAD + dedent(tests))
    request.module = "solution"
    request.integrity = wish
    return client.judge_one(request)


def case(body, head="class TestIt(unittest.TestCase):"):
    return head + "\n" + textwrap.indent(dedent(body), "    ")


def outcomes(result):
    return {test.name.partition(".")[2]: pb.Outcome.Name(test.outcome).removeprefix("OUTCOME_")
            for test in result.tests}


def told(result):
    return [(test.name, test.source, test.expected, test.actual, test.error.type, test.error.message)
            for test in result.tests] + [result.error.type, result.error.message, result.detail]


BOTH = pytest.mark.parametrize("wish", [pb.INTEGRITY_WISH_SPLIT, pb.INTEGRITY_WISH_SHARED])

HONEST = {
    "equality": """
        def test(self):
            self.assertEqual(add(1, 2), 3)
            self.assertNotEqual(add(1), 3)
            self.assertEqual(tree(), {"b": {2, 1}, "a": [1, 2]})
            self.assertDictEqual(tree(), tree())
            self.assertListEqual(tree()["a"], [1, 2])
            self.assertCountEqual([3, 2, 1], order([1, 3, 2]))
            self.assertAlmostEqual(add(0.1, 0.2), 0.3)
            self.assertAlmostEqual(add(1.0), 1.1, delta=0.2)
    """,
    "truth, order and membership": """
        def test(self):
            self.assertTrue(add(1)); self.assertFalse(add(0))
            self.assertIn(1, tree()["a"]); self.assertNotIn(5, tree()["a"])
            self.assertGreater(add(1), 0); self.assertLessEqual(add(1), 1)
            self.assertIsNone(Stack().push(1)); self.assertIsNotNone(add(1))
            self.assertIsInstance(tree(), dict); self.assertIsInstance(Stack(), Stack)
            self.assertRegex(str(add(12)), "1.")
    """,
    "exceptions": """
        def test(self):
            with self.assertRaises(ValueError) as caught: fail(3)
            self.assertEqual(str(caught.exception), "no 3")
            with self.assertRaisesRegex(ValueError, "no"): fail(1)
            self.assertRaises(ValueError, fail, 1)
            with self.assertRaises(Refused): refuse(1)
            with self.assertRaises(IndexError): Stack().pop()
    """,
    "arguments that are changed": """
        def test(self):
            xs = [2, 1]
            self.assertEqual(order(xs), [1, 2]); self.assertEqual(xs, [1, 2])
            self.assertIs(order(xs), xs)
            ys = [2, 1]
            result = order(ys)
            self.assertEqual(result, [1, 2]); self.assertEqual(ys, [1, 2]); self.assertIs(result, ys)
            zs = [2, 1]
            self.assertEqual(clear(zs), [1, 2]); self.assertEqual(zs, [])
    """,
    "fixtures, callbacks and parts": """
        @classmethod
        def setUpClass(cls): cls.five = add(5)
        def setUp(self):
            self.stack = Stack(); self.stack.push(1); self.addCleanup(self.stack.push, 2)
        def tearDown(self): self.stack.push(3)
        def test_stack(self): self.assertEqual(len(self.stack), 1)
        def test_callback(self): self.assertEqual(apply(lambda x: x + self.five, 1), 6)
        def test_parts(self):
            for i in range(3):
                with self.subTest(i=i): self.assertEqual(add(i), i)
        def test_plain(self):
            assert add(1) == 1, "text"
            assert not add(0) and add(1) in (1, 2) and add(2) > 1
    """,
}


@BOTH
@pytest.mark.parametrize("name", HONEST)
def test_honest_use(client, name, wish):
    result = judge(client, case(HONEST[name]), wish=wish)
    assert result.passed, told(result)
    assert result.integrity == (pb.SPLIT if wish == pb.INTEGRITY_WISH_SPLIT else pb.SHARED)
    assert result.tests_total == HONEST[name].count("def test")


@BOTH
def test_other_ways_to_write_them(client, wish):
    result = judge(client, """
        from unittest import TestCase, main, mock, IsolatedAsyncioTestCase
        from candidate import *
        from solution import add as plus
        import candidate as c
        class Base(TestCase):
            def stack(self): return Stack()
            def test_base(self): self.assertEqual(len(self.stack()), 0)
        class TestMore(Base):
            def test_more(self):
                call = mock.Mock(return_value=4)
                self.assertEqual(apply(call, 1), 4)
                call.assert_called_once_with(1)
                self.assertEqual(plus(1), mock.ANY)
                self.assertEqual(c.add(1), 1)
        class TestLater(IsolatedAsyncioTestCase):
            async def test_later(self): self.assertEqual(await later(1), 2)
        if __name__ == "__main__":
            main()
        main()
        """, wish=wish)
    assert result.passed, told(result)
    assert [test.name for test in result.tests] == [
        "Base.test_base", "TestMore.test_base", "TestMore.test_more", "TestLater.test_later"]


def test_what_a_failure_tells(client):
    result = judge(client, case("""
        def check(self, got, want): self.assertEqual(got, want)
        def test_equal(self): self.assertEqual(add(1), 2)
        def test_mirrored(self): self.assertEqual(2, add(1), "with a text")
        def test_true(self): self.assertTrue(add(1) == 2)
        def test_raises(self):
            with self.assertRaises(KeyError): add(1)
        def test_helper(self): self.check(add(1), 7)
        def test_parts(self):
            for i in range(3):
                with self.subTest(i=i): self.assertEqual(add(i), 0)
        def test_plain(self): assert add(1) > 5
        def test_in(self): self.assertIn(add(1), [2])
        def test_error(self): self.assertEqual(fail(1), 2)
        def test_unknown(self): nothing(1)
        """))
    assert result.verdict == pb.FAILED and result.fault == pb.FAULT_CANDIDATE
    by_name = {test.name: test for test in result.tests}
    assert [by_name["TestIt." + name].expected for name in (
        "test_equal", "test_mirrored", "test_true", "test_raises", "test_helper", "test_plain",
        "test_in")] == [b"2", b"2", b"True", b"KeyError raised", b"7", b"> 5", b"one of [2]"]
    equal = by_name["TestIt.test_equal"]
    assert (equal.source, equal.call, equal.actual) == (b"self.assertEqual(add(1), 2)", b"add(1)", b"1")
    assert equal.error.type == ""
    assert b"with a text" in by_name["TestIt.test_mirrored"].error.message
    assert by_name["TestIt.test_parts (i=1)"].actual == b"1"
    assert by_name["TestIt.test_helper"].call == b"self.check(add(1), 7)"
    error = by_name["TestIt.test_error"]
    assert error.outcome == pb.OUTCOME_ERROR and error.call == b"fail(1)"
    assert (error.error.type, error.error.message) == ("ValueError", b"no 1")
    assert CODE.split("\n")[error.error.line - 1].strip().startswith("raise ValueError")
    assert b"unittest" not in error.error.traceback
    assert by_name["TestIt.test_unknown"].error.type == "NameError"


# ---- skips

def test_the_tests_may_skip(client):
    result = judge(client, """
        import sys
        @unittest.skip("all of it")
        class TestOff(unittest.TestCase):
            def test_off(self): self.fail()
        class TestOn(unittest.TestCase):
            def test_on(self): self.assertEqual(add(1), 1)
            @unittest.skipIf(sys.version_info > (3,), "old")
            def test_old(self): self.fail()
            def test_leaves(self): self.skipTest("not now")
            @unittest.expectedFailure
            def test_known(self): self.assertEqual(add(1), 2)
        """)
    assert result.passed, told(result)
    assert outcomes(result) == {"test_off": "SKIPPED", "test_on": "PASSED", "test_old": "SKIPPED",
                                "test_leaves": "SKIPPED", "test_known": "SKIPPED"}
    assert (result.tests_total, result.tests_passed, result.score) == (1, 1, 1.0)


def test_a_skip_that_the_candidate_decides_is_none(client):
    result = judge(client, """
        class TestIt(unittest.TestCase):
            def test_on(self): self.assertEqual(add(1), 1)
            def test_leaves(self):
                if add(1): self.skipTest("as it happens")
            @unittest.skipIf(add(1) == 1, "as it happens")
            def test_marked(self): self.fail()
            @unittest.skipIf(False, "never")
            def test_both(self):
                if add(1): self.skipTest("as it happens")
            @unittest.expectedFailure
            def test_good(self): self.assertEqual(add(1), 1)
        """)
    assert result.verdict == pb.FAILED
    assert outcomes(result) == {"test_on": "PASSED", "test_leaves": "FAILED", "test_marked": "FAILED",
                                "test_both": "FAILED", "test_good": "FAILED"}


@pytest.mark.parametrize("raised", ["unittest.SkipTest('later')", "unittest.case._ShouldStop()",
                                    "SystemExit(0)", "KeyboardInterrupt()", "AssertionError()"])
@BOTH
def test_a_candidate_cannot_leave_a_test(client, raised, wish):
    code = "import unittest, unittest.case\ndef add(x): raise %s\n" % raised
    result = judge(client, case("def test(self): self.assertEqual(add(1), 1)"), code, wish=wish)
    assert not result.passed and result.fault == pb.FAULT_CANDIDATE, told(result)


def test_all_skipped_is_no_pass(client):
    result = judge(client, case("def test(self): self.skipTest('x')"))
    assert result.verdict == pb.NO_TESTS and not result.maskable


def test_a_candidate_that_is_given_the_test_itself(client):
    code = dedent("""
        def visit(test):
            for name in ("assertEqual", "fail", "run", "wrong"):
                try: setattr(test, name, lambda *a, **k: None)
                except AttributeError: pass
            try: test.skipTest("later")
            except Exception: pass
            return 0
        def leave(test): test.skipTest("later")
        """)
    result = judge(client, case("""
        def test_visit(self):
            visit(self)
            self.assertEqual(visit(self), 1)
        def test_leave(self): leave(self)
        """), code)
    assert outcomes(result) == {"test_visit": "FAILED", "test_leave": "ERROR"}, told(result)


# ---- how many there are

def test_tests_that_are_made_while_the_source_runs(client):
    tests = """
        class TestMade(unittest.TestCase):
            def test_seen(self): self.assertEqual(add(1), 1)
        def make(i):
            def test(self): self.assertEqual(add(i), %s)
            return test
        for i in range(4): setattr(TestMade, "test_made_%%d" %% i, make(i))
        """
    result = judge(client, tests % "i")
    assert result.passed and result.tests_total == 2, told(result)
    result = judge(client, tests % "min(i, 2)")
    assert result.verdict == pb.FAILED
    assert result.tests[1].name == "TestMade.test_made_3" and result.tests[1].call == b"add(i)"


def test_the_count_is_known_without_the_candidate(client):
    tests = case("def test_a(self): self.assertEqual(add(1), 1)\n"
                 "def test_b(self): self.assertEqual(add(2), 2)")
    for code in ("def add(", "import os\nos._exit(0)", "raise SystemExit(0)", "def add(x): pass"):
        result = judge(client, tests, code)
        assert not result.passed and result.tests_total == 2, told(result)


def test_a_class_that_cannot_be_set_up(client):
    result = judge(client, """
        class TestUp(unittest.TestCase):
            @classmethod
            def setUpClass(cls): fail(1)
            def test_a(self): pass
            def test_b(self): pass
        class TestDown(unittest.TestCase):
            @classmethod
            def tearDownClass(cls): fail(2)
            def test_c(self): self.assertEqual(add(1), 1)
        """)
    assert result.verdict == pb.ERROR
    assert [test.error.message for test in result.tests] == [b"no 1", b"no 1", b"no 2"]


def test_stop_at_the_first_failure(client):
    request = evaluate(CODE, unittest=HEAD + case("""
        def test_a(self): self.assertEqual(add(1), 1)
        def test_b(self): self.assertEqual(add(1), 2)
        def test_c(self): self.assertEqual(add(1), 3)
        """))
    request.stop = pb.STOP_FIRST_FAILURE
    result = client.judge_one(request)
    assert result.verdict == pb.FAILED and result.tests_total == 3 and result.tests_run == 2


def test_a_candidate_that_ends_in_a_test(client):
    code = "import os\ndef add(x):\n    if x: os._exit(0)\n    return 0\n"
    result = judge(client, case("""
        def test_a(self): self.assertEqual(add(0), 0)
        def test_b(self):
            try: add(1)
            except BaseException: pass
        def test_c(self): self.assertEqual(add(0), 0)
        """), code)
    assert not result.passed and result.fault == pb.FAULT_CANDIDATE
    assert result.tests_passed <= 2


# ---- whose fault

def test_a_name_that_the_candidate_lacks(client):
    for tests in (case("def test(self): self.assertEqual(missing(1), 1)"),
                  "from candidate import missing\n" + case("def test(self): missing(1)"),
                  "thing = Missing()\n" + case("def test(self): thing()")):
        result = judge(client, tests)
        assert result.verdict == pb.ERROR and result.fault == pb.FAULT_CANDIDATE, told(result)


def test_tests_that_do_not_run(client):
    body = "def test(self): self.assertEqual(add(1), 1)"
    for tests in ("class (", case(body) + "\nraise ValueError(1)",
                  "import no_such_module\n" + case(body),
                  case("def test(self): self.assertEqual(1, 1)")):
        result = judge(client, tests)
        assert result.verdict == pb.BAD_TASK and result.fault == pb.FAULT_TESTS, (tests, told(result))
    for tests in ("", "x = 1\n", case("def helper(self): pass")):
        assert judge(client, tests).verdict == pb.NO_TESTS


# ---- corpora

@BOTH
def test_hacks(client, wish):
    for name, _, request in attacks.of_kind("hacks_python.jsonl", "unittest"):
        request.integrity = wish
        result = client.judge_one(request)
        assert not result.passed, (name, told(result))
        assert result.fault == pb.FAULT_CANDIDATE, name


@BOTH
def test_tricky_but_honest(client, wish):
    for name, expected, request in attacks.of_kind("benign_tricky.jsonl", "unittest"):
        request.integrity = wish
        result = client.judge_one(request)
        assert result.passed or expected != "pass", (name, told(result))


class AsMethods(ast.NodeTransformer):
    """assert a == b becomes self.assertEqual(a, b), any other self.assertTrue."""

    def visit_Assert(self, node):
        test = node.test
        arguments = [test]
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            arguments = [test.left, test.comparators[0]]
        name = "assertEqual" if len(arguments) == 2 else "assertTrue"
        method = ast.Attribute(ast.Name("self", ast.Load()), name, ast.Load())
        return ast.Expr(ast.Call(method, arguments + ([node.msg] if node.msg else []), []))


def as_unittest(task):
    """HumanEval's check(candidate) as a method."""
    tree = ast.parse(task["test"])
    check = next(node for node in tree.body if getattr(node, "name", "") == "check")
    tree.body.remove(check)
    check = AsMethods().visit(check)
    check.name = "test_check"
    check.args.args = [ast.arg("self")]
    check.body.insert(0, ast.parse("candidate = " + task["entry_point"]).body[0])
    case_ = ast.parse("class TestCheck(unittest.TestCase): pass").body[0]
    case_.body = [check]
    tree.body = [*ast.parse("import unittest").body, *tree.body, case_]
    return ast.unparse(ast.fix_missing_locations(tree))


def test_humaneval_references(client):
    requests = []
    for task in shared.read_lines(shared.HUMANEVAL):
        request = evaluate(task["canonical_solution"], task=task["task_id"], prompt=task["prompt"],
                           entry_point=task["entry_point"], unittest=as_unittest(task))
        request.integrity = pb.INTEGRITY_WISH_SPLIT
        requests.append(request)
    answers = client.judge_many(requests)
    wrong = [result.id for answer in answers for result in answer.results if not result.passed]
    assert not wrong
