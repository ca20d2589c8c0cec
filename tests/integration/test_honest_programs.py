"""Right solutions that a careless evaluator fails pass, and are examined as strictly as possible."""
import json

from support import attacks
from support.wire import evaluate, pb, verdict_name

PRELUDE = "from collections import *\nfrom typing import *\n"


def judge_all(client):
    numbers = {line["id"]: (line, client.submit(attacks.request_of(line)))
               for line in attacks.lines_of("benign_tricky.jsonl")}
    return {name: (line, client.collect(number).results[0])
            for name, (line, number) in numbers.items()}


def test_all_pass(client, capsys):
    results = judge_all(client)
    wrong = {name: (verdict_name(result), result.feedback.decode(errors="replace")[:300])
             for name, (line, result) in results.items()
             if line["expected"] == "pass" and not result.passed}
    assert len(results) >= 54
    assert not wrong, json.dumps(wrong, indent=1)
    shared = {name: result.shared_because.decode() for name, (_, result) in results.items()
              if result.integrity == pb.SHARED}
    with capsys.disabled():
        print(f"\n{len(results) - len(shared)} of {len(results)} examined split; not: {shared}")
    assert len(shared) <= 2


def test_conditions_that_a_request_can_meet(client):
    """Some expect names that their site imports for them: a request can say so in its prompt."""
    conditional = [line for line in attacks.lines_of("benign_tricky.jsonl")
                   if line["expected"] != "pass" and "prelude" in line["expected"]]
    assert conditional
    for line in conditional:
        request = attacks.request_of(line)
        assert not client.judge_one(request).passed
        request.prompt = PRELUDE.encode() + request.prompt
        result = client.judge_one(request)
        assert result.passed, result.feedback


def test_the_plainest(client):
    assert client.judge_one(evaluate("def f():\n    return 1\n", entry_point="f",
                                     check="def check(c):\n    assert c() == 1\n")).passed
