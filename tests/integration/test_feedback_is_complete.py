"""How much the results of failing candidates say: solutions of models that were recorded as wrong.

A result is complete if each of its tests that failed carries its call with the expected and the
actual value, or the exception with the line of the candidate's own code. The feedback must say the
same of one test at least.
"""
import collections

import pytest

from support.wire import pb, verdict_name

pytestmark = pytest.mark.once

FAILURES = {pb.OUTCOME_FAILED, pb.OUTCOME_ERROR, pb.OUTCOME_CRASHED, pb.OUTCOME_TIME_LIMIT}
WRONG = {pb.FAILED, pb.ERROR}


def says_enough(error):
    return bool(error.type and error.line)


def is_complete(test):
    has_values = test.call and test.expected and test.actual
    return bool(has_values) or says_enough(test.error)


def failures(result):
    return [test for test in result.tests if test.outcome in FAILURES]


def is_result_complete(result):
    failed = failures(result)
    return all(map(is_complete, failed)) if failed else says_enough(result.error)


def is_feedback_complete(result):
    text = result.feedback.decode("utf-8", "replace")
    return ("Expected: " in text and "Actual: " in text) or "\nAt line " in text


def describe(result):
    test = next((test for test in failures(result) if not is_complete(test)), None)
    if test is None:
        return f"{result.id}: {result.error.type} {result.detail.decode()}"
    return f"{result.id}: {test.source.decode()[:80]}: {test.error.type} at {test.error.line}"


def test_failing_results_say_what_went_wrong(labelled, capsys):
    wrong, verdicts, incomplete, silent = 0, collections.Counter(), [], []
    for result in (each.result for each in labelled if not each.row["verdict"]):
        verdicts[verdict_name(result)] += 1
        if result.verdict not in WRONG:
            continue
        wrong += 1
        if not is_result_complete(result):
            incomplete.append(describe(result))
        if not is_feedback_complete(result):
            silent.append(f"{result.id}: {result.feedback.decode()[:200]!r}")
    with capsys.disabled():
        print(f"\n{dict(verdicts)}; of {wrong} FAILED and ERROR results "
              f"{1 - len(incomplete) / wrong:.1%} are complete, "
              f"{1 - len(silent) / wrong:.1%} by their feedback")
        print("".join(f"  {line}\n" for line in incomplete + silent), end="")
    assert wrong > 300
    assert len(incomplete) <= 0.05 * wrong
    assert len(silent) <= 0.05 * wrong
