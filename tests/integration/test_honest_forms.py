"""Right solutions pass, whatever tests do with what they return, raise, yield and are given.

data/honest_forms.txt has them: what a language offers, used by tests of every kind. What such tests
need of the candidate's process is none of their business, so all are examined SPLIT.
"""

import os
import textwrap

import pytest

from support.wire import evaluate, pb, verdict_name

pytestmark = pytest.mark.once

FORMS = os.path.join(os.path.dirname(os.path.dirname(__file__)), "data", "honest_forms.txt")
BEFORE = {"c": "", "a": "", "u": "import unittest\n", "p": "import pytest\n"}
PARTS = ("\n---- setup\n", "\n---- tests\n", "\n---- prompt\n")


def read_forms():
    """name -> (kinds, code, setup, tests, prompt)"""
    with open(FORMS, encoding="utf-8") as file:
        texts = file.read().split("\n==== ")[1:]
    forms = {}
    for text in texts:
        head, _, rest = (text + "\n").partition("\n")
        name, _, kinds = head.partition(": ")
        parts = []
        for mark in PARTS:
            part, _, rest = rest.partition(mark)
            parts.append(part + "\n")
        forms[name] = (kinds, *parts, rest)
    return forms


ALL = read_forms()


def request(name, kind, wish):
    _, code, setup, tests, prompt = ALL[name]
    setup = BEFORE[kind] + setup
    tests = tests.replace("FN", "candidate" if kind == "c" else "f")
    options = {"task": name, "prompt": prompt, "entry_point": "f", "cpu_ms": 5000, "wall_ms": 10000}
    if kind == "c":
        options["check"] = setup + "def check(candidate):\n" + textwrap.indent(tests, "    ")
    elif kind == "a":
        options.update(asserts=[tests], setup=setup)
    elif kind == "u":
        head = "class Test(unittest.TestCase):\n    def test_it(self):\n"
        options["unittest"] = setup + head + textwrap.indent(tests, " " * 8)
    else:
        options["pytest"] = setup + "def test_it():\n" + textwrap.indent(tests, "    ")
    return evaluate(code, integrity=wish, **options)


@pytest.mark.parametrize("wish", [pb.INTEGRITY_AUTO, pb.INTEGRITY_WISH_SPLIT])
@pytest.mark.parametrize("kind", BEFORE)
def test_all_forms_pass_apart(client, kind, wish):
    names = [name for name in ALL if kind in ALL[name][0]]
    assert len(names) > 60
    wrong = []
    for name, answer in zip(names, client.judge_many(request(name, kind, wish) for name in names)):
        (result,) = answer.results
        if not result.passed or result.integrity == pb.SHARED:
            wrong.append((name, verdict_name(result), [test for test in result.tests if test.outcome != 1]))
    assert not wrong
