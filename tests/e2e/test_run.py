"""assay run: one candidate, a report for a person, an exit status for a script."""
import pytest

from support.wire import CHECK_ADD, GOOD_ADD, WRONG_ADD

TESTS = "assert add(1, 2) == 3\nassert add(0, 0) == 0\n"


@pytest.fixture
def files(tmp_path):
    def write(code, tests=TESTS):
        (tmp_path / "solution.py").write_text(code)
        (tmp_path / "tests.py").write_text(tests)
        return [str(tmp_path / "solution.py"), "--tests", str(tmp_path / "tests.py")]
    return write


def test_a_right_solution(assay, files):
    ended = assay("run", *files(GOOD_ADD))
    assert ended.returncode == 0 and "PASSED" in ended.stdout
    assert "\x1b" not in ended.stdout


@pytest.mark.parametrize("code, word", [
    (WRONG_ADD, "FAILED"), ("def add(a, b):\n    raise ValueError('oh')\n", "ValueError"),
    ("def add(a, b", "COMPILE_ERROR"), ("import sys\nsys.exit(0)", "TAMPERED"),
    ("import os\nos._exit(0)", "TAMPERED"), ("", "ERROR")])
def test_a_solution_that_does_not_pass(assay, files, code, word):
    ended = assay("run", *files(code))
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert word in ended.stdout and "PASSED" not in ended.stdout.replace("tests passed", "")


def test_the_report_names_what_was_wrong(assay, files):
    ended = assay("run", *files(WRONG_ADD))
    assert "add(1, 2)" in ended.stdout and "-1" in ended.stdout and "3" in ended.stdout


def test_tests_that_define_check(assay, files):
    ended = assay("run", *files(GOOD_ADD, CHECK_ADD), "--entry-point", "add")
    if ended.returncode == 2:
        pytest.skip("run has no --entry-point")
    assert ended.returncode == 0


UNITTEST = """
import unittest
from solution import add

class TestAdd(unittest.TestCase):
    def test_small(self):
        self.assertEqual(add(1, 2), 3)
    def test_zero(self):
        self.assertEqual(add(0, 0), 0)

if __name__ == "__main__":
    unittest.main()
"""
PYTEST = """
import pytest
from solution import add

@pytest.mark.parametrize("a, b, want", [(1, 2, 3), (0, 0, 0)])
def test_add(a, b, want):
    assert add(a, b) == want
"""


@pytest.mark.parametrize("tests, kind", [(UNITTEST, "unittest"), (PYTEST, "pytest")])
def test_files_of_a_test_framework(assay, files, tests, kind):
    ended = assay("run", *files(GOOD_ADD, tests))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert kind in ended.stdout and "SPLIT" in ended.stdout
    ended = assay("run", *files(WRONG_ADD, tests))
    assert ended.returncode == 1 and "-1" in ended.stdout, ended.stdout


def test_control_bytes_do_not_reach_the_terminal(assay, files):
    ended = assay("run", *files("print('\\x1b[2J\\x07')\n" + WRONG_ADD))
    assert "\x1b" not in ended.stdout + ended.stderr and "\x07" not in ended.stdout


@pytest.mark.parametrize("arguments", [
    ["no-such-verb"], ["run"], ["run", "--no-such-option"], ["run", "/no/such/file.py"],
    ["run", "/no/such/file.py", "--tests", "/no/such/tests.py"], ["eval", "/no/such/file"],
    ["suite"], ["suite", "/no/such/tasks.jsonl"], ["status", "too", "many"], ["--connect"]])
def test_wrong_arguments(assay, arguments):
    ended = assay(*arguments)
    assert ended.returncode == 2, (ended.returncode, ended.stderr)
    assert ended.stderr and not ended.stdout


def test_help_and_version(assay):
    for arguments in (["--help"], ["run", "--help"], ["eval", "--help"], ["suite", "--help"],
                      ["status", "--help"], ["--version"]):
        ended = assay(*arguments)
        assert ended.returncode == 0 and ended.stdout and not ended.stderr, arguments


def test_nobody_listens(assay, tmp_path):
    ended = assay("--connect", str(tmp_path / "none"), "status")
    assert ended.returncode == 3 and str(tmp_path / "none") in ended.stderr


def test_status(assay, daemon):
    ended = assay("--connect", daemon.path, "status")
    assert ended.returncode == 0
    assert str(daemon.pid) in ended.stdout or "slot" in ended.stdout.lower()


def test_the_environment_names_the_daemon(assay, files, daemon):
    ended = assay("run", *files(GOOD_ADD), connect=None, environment={"ASSAY_ADDR": daemon.path})
    assert ended.returncode == 0 and "private" not in ended.stderr
