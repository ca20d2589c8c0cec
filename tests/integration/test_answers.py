"""Kind answer: a text's final answer is compared in the daemon; nothing is run."""
import re

import pytest

from support.shared import read_lines
from support.wire import as_bytes, evaluate, pb, verdict_name


def answer(expected, *texts, comparator="", language=""):
    request = evaluate(*texts, language=language)
    request.answer.answer = as_bytes(expected)
    request.answer.comparator = comparator
    return request


def test_what_a_result_says(client):
    right, wrong, none = client.judge(answer("18", "9 * 2 = 18\n#### 18", "The answer is 17.", ""))
    assert right.passed and right.comparator == "number" and right.integrity == pb.NATIVE
    assert (right.tests_total, right.tests_passed, right.score) == (1, 1, 1.0)
    assert not right.isolation and not right.runtime  # nothing was run
    assert (verdict_name(wrong), wrong.fault, wrong.maskable) == ("FAILED", pb.FAULT_CANDIDATE, False)
    (test,) = wrong.tests
    assert (test.expected, test.actual) == (b"18", b"17")
    assert wrong.feedback.endswith(b"Failing test: final answer\nExpected: 18\nActual: 17")
    assert verdict_name(none) == "FAILED" and b"names no answer" in none.feedback


@pytest.mark.parametrize("reveal", [pb.REVEAL_INPUTS, pb.REVEAL_NONE])
def test_the_expected_answer_is_not_told_against_the_wish(client, reveal):
    request = answer("18181818", "17")
    request.reveal = reveal
    assert b"18181818" not in client.judge_one(request).SerializeToString()


def test_a_hidden_answer_is_not_told(client):
    request = answer("18181818", "17")
    request.hidden.append(0)
    result = client.judge_one(request)
    assert b"18181818" not in result.SerializeToString() and not result.passed


@pytest.mark.parametrize("wish", [pb.INTEGRITY_AUTO, pb.INTEGRITY_WISH_SPLIT, pb.INTEGRITY_WISH_SHARED])
def test_no_wish_is_refused(client, wish):
    request = answer("B", "It is (B).", comparator="choice", language="klingon")
    request.integrity = wish
    assert client.judge_one(request).passed


def test_listing_every_answer_is_one_guess(client):
    everything = " ".join(f"The answer is {n}." for n in range(100))
    assert [client.judge_one(answer(str(n), everything)).passed for n in (0, 50, 99)] == [False, False, True]


def test_answers_and_code_in_one_connection(client):
    ids = [client.submit(answer("3", "3")),
           client.submit(evaluate("def f():\n    return 3\n", asserts=["assert f() == 3"])),
           client.submit(answer("3", *["#### 3"] * 300))]
    answers = [client.collect(one) for one in ids]
    assert [len(each.results) for each in answers] == [1, 1, 300]
    assert all(result.passed for each in answers for result in each.results)


def test_gsm8k(client):
    """All 1,319 reference answers, in the data's own form and in the forms that models write; and none
    of the answers of its neighbour, unless they are equal."""
    tasks = read_lines("star/gsm8k_dev.jsonl.gz")
    assert len(tasks) == 1319
    expected = [task["answer"].rsplit("####", 1)[1].strip() for task in tasks]
    requests = []
    for index, task in enumerate(tasks):
        plain = float(expected[index].replace(",", ""))
        other = expected[index - 1]
        requests.append(answer(
            expected[index], task["answer"],
            re.sub(r"\n#### .*", f"\nThe answer is ${expected[index]}.", task["answer"]),
            f"Therefore \\boxed{{{plain:,.2f}}} dollars.", f"Step 1 gives 7.\nSo it is {plain}",
            f"#### {other}"))
    for index, judged in enumerate(client.judge_many(requests)):
        results = sorted(judged.results, key=lambda result: result.candidate_index)
        verdicts = [result.passed for result in results]
        same = float(expected[index - 1].replace(",", "")) == float(expected[index].replace(",", ""))
        assert verdicts == [True] * 4 + [same], (index, expected[index])
