"""Runs security tests against daemons that leave layers of isolation out, and tells which fail."""
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

from support.shared import ROOT

SECURITY = os.path.join(ROOT, "tests", "security")
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


def outcome_of(case):
    """An error is no outcome: a daemon that does not start shows nothing about a promise. What is
    found to be left behind, after a test, is one."""
    kinds = {child.tag: child for child in case}
    trouble = kinds.get("error", kinds.get("failure"))
    is_of_teardown = "error" in kinds and "teardown" in trouble.get("message")
    if (("error" in kinds and not is_of_teardown)
            or (trouble is not None and "did not become ready" in trouble.get("message"))):
        raise AssertionError(f"{case.get('name')} could not run: {trouble.get('message')}")
    return FAILED if trouble is not None else SKIPPED if "skipped" in kinds else PASSED


def outcomes(left_out, tests, *options):
    """{(file, test): outcome} of these tests (names below tests/security) without these layers."""
    with tempfile.TemporaryDirectory(prefix="at-layers-") as folder:
        report = os.path.join(folder, "report.xml")
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *options,
             *(os.path.join(SECURITY, test) for test in tests)],
            cwd=ROOT, env={**os.environ, "ASSAY_TEST_LEAVE_OUT": ",".join(left_out)},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if ended.returncode not in (0, 1):
            raise AssertionError(ended.stdout + ended.stderr)
        return {(case.get("classname").rpartition(".")[2], case.get("name")): outcome_of(case)
                for case in xml.parse(report).iter("testcase")}
