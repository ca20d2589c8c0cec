"""Which tests are examined apart, and which need the candidate's process: decided by the tests alone."""

import collections
import json
import os
import subprocess
import textwrap

import pytest
import runtime_cell as cell
from runtime_cell import SplitCells
from support import shared

pytestmark = pytest.mark.once

RUNTIME = os.path.join(os.path.abspath(os.environ.get("ASSAY_BUILD", "build")), "runtimes", "python")
PYTHON = "/usr/bin/python3"

CANDIDATE = '''
import abc, collections, dataclasses, enum, logging, os, warnings
def f(x): return helper(x)
def helper(x): return x + 1
def loud(x):
    print("hello", x)
    return x
def ask(): return input()
def write(name):
    with open(name, "w") as file: file.write("data")
def read(name):
    with open(name) as file: return file.read()
def variable(): return os.environ.get("KEY")
def draw():
    import random
    return random.random()
def warn(): warnings.warn("old", DeprecationWarning)
def log(): logging.getLogger("x").warning("bad")
def decorate(function): return lambda *values: function(*values) + 1
async def add(x): return x + 1
class Stack:
    """Last in, first out."""
    kind = "lifo"
    def __init__(self, v=1): self.v = v
    def get(self): return self.v
    def __eq__(self, other): return isinstance(other, Stack) and self.v == other.v
    def __hash__(self): return hash(self.v)
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
class BadError(Exception): pass
class Color(enum.Enum):
    RED = 1
@dataclasses.dataclass
class Pair:
    x: int
    y: int = 2
Point = collections.namedtuple("Point", "x y")
'''

APART = {
    "calls": "assert f(2) == 3",
    "an exception class": "class Mine(BadError): pass\nassert issubclass(Mine, BadError)",
    "a class of the tests": "class Own: pass\nclass Other(Own): pass\nassert isinstance(Other(), Own)",
    "own output": "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stdout(out):\n"
                  "    loud(1)\nassert f(1) == 2",
    "silence": "import os, sys\nsys.stdout = open(os.devnull, 'w')\nassert loud(1) == 1",
    "patches its own": "from unittest.mock import patch\nclass Own:\n    def get(self): return 1\n"
                       "with patch.object(Own, 'get', return_value=9):\n    assert Own().get() == 9",
    "patches an instance": "from unittest.mock import patch\ns = Stack()\n"
                           "with patch.object(s, 'get', return_value=9):\n    assert s.get() == 9",
    "a mock as argument": "from unittest.mock import Mock\nm = Mock()\nm.__add__ = lambda s, o: 5\n"
                          "decorate(m)\nassert f(1) == 2",
    "the candidate's module": "import candidate\ncandidate.helper = lambda x: 9\nassert f(1) == 9",
    "settings of unittest": "import unittest\nunittest.TestCase.maxDiff = None\nassert f(1) == 2",
    "kinds of results": "import inspect, types\nassert not inspect.isgenerator(f(1))\n"
                        "assert isinstance(Stack(), Stack) and inspect.isclass(Stack)",
    "code and names": "assert f.__code__.co_argcount == 1 and f.__name__ == 'f' and vars(Stack(2)) == {'v': 2}",
    "hashes": "assert len({Stack(1), Stack(1)}) == 1 and {Stack(1): 2}[Stack(1)] == 2",
    "weak references": "import weakref\ns = Stack()\nassert weakref.ref(s)() is s",
    "pickled plain data": "import pickle\nassert pickle.loads(pickle.dumps(f(1))) == 2",
    "paths as texts": "import os\nassert os.path.join('a', str(f(1))) == 'a/2'",
    "a decorator": "@decorate\ndef g(x): return x\nassert g(1) == 2",
    "its own source": "import inspect\ndef g(x): return x\nassert inspect.isfunction(g) and f(1) == 2",
}  # fmt: skip
NEEDS_ITS_PROCESS = {
    "derives": "class Mine(Stack):\n    def get(self): return 7\nassert Mine().get() == 7",
    "derives from an abstract class": "class Square(Shape):\n    def area(self): return 4\n"
                                      "assert Square().area() == 4",
    "derives through the module": "import candidate as c\nclass Mine(c.Stack): pass\nassert Mine(3).get() == 3",
    "derives by type()": "Mine = type('Mine', (Stack,), {})\nassert Mine(3).get() == 3",
    "patches by name": "from unittest.mock import patch\nwith patch('candidate.helper', return_value=7):\n"
                       "    assert f(1) == 7",
    "patches by decorator": "from unittest import mock\n@mock.patch('candidate.helper')\ndef g(m):\n"
                            "    m.return_value = 7\n    assert f(1) == 7\ng()",
    "patches the module": "import candidate\nfrom unittest import mock\n"
                          "with mock.patch.object(candidate, 'helper', lambda x: 9):\n    assert f(1) == 9",
    "patches a class": "from unittest.mock import patch\n"
                       "with patch.object(Stack, 'get', lambda self: 9):\n    assert Stack().get() == 9",
    "patches the library": "import random\nrandom.random = lambda: 0.5\nassert draw() == 0.5",
    "patches the environment": "import os\nfrom unittest.mock import patch\n"
                               "with patch.dict(os.environ, {'KEY': 'v'}):\n    assert variable() == 'v'",
    "sets the environment": "import os\nos.environ['KEY'] = 'v'\nassert variable() == 'v'",
    "a mock's specification": "from unittest.mock import Mock\nm = Mock(spec=Stack)\n"
                              "m.get.return_value = 2\nassert m.get() == 2",
    "source": "import inspect\nassert 'helper' in inspect.getsource(f)",
    "source behind a prompt": "from inspect import getsourcelines\nassert getsourcelines(loud)[0][0] == 'def loud(x):\\n'",
    "signature": "from inspect import signature\nassert list(signature(f).parameters) == ['x']",
    "members": "import inspect\nassert 'get' in dict(inspect.getmembers(Stack))",
    "coroutine function": "import asyncio\nassert asyncio.iscoroutinefunction(add)",
    "function type": "import types\nassert isinstance(f, types.FunctionType)",
    "dict of a class": "assert 'get' in Stack.__dict__ and Stack.__doc__.startswith('Last')",
    "bases": "assert Stack.__bases__ == (object,) and Stack.__mro__[1] is object",
    "kind of a class": "import enum\nassert issubclass(Color, enum.Enum) and issubclass(Point, tuple)",
    "kind of a member": "from enum import Enum\nassert isinstance(Color.RED, Enum)",
    "fields": "import dataclasses\nassert dataclasses.asdict(Pair(1)) == {'x': 1, 'y': 2}",
    "hints": "import typing\nassert typing.get_type_hints(Pair)['x'] is int",
    "reads its output": "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stdout(out):\n"
                        "    loud(1)\nassert out.getvalue() == 'hello 1\\n'",
    "reads sys.stdout": "import io, sys\nold, sys.stdout = sys.stdout, io.StringIO()\nloud(1)\n"
                        "new, sys.stdout = sys.stdout, old\nassert new.getvalue() == 'hello 1\\n'",
    "patches sys.stdout": "import io\nfrom unittest.mock import patch\n"
                          "with patch('sys.stdout', new_callable=io.StringIO) as out:\n    loud(1)\n"
                          "assert out.getvalue() == 'hello 1\\n'",
    "feeds its input": "import io, sys\nsys.stdin = io.StringIO('x\\n')\nassert ask() == 'x'",
    "patches input": "from unittest.mock import patch\nwith patch('builtins.input', return_value='x'):\n"
                     "    assert ask() == 'x'",
    "reads its file": "write('a.txt')\nwith open('a.txt') as file:\n    assert file.read() == 'data'",
    "writes its file": "import os, tempfile\nwith tempfile.TemporaryDirectory() as folder:\n"
                       "    path = os.path.join(folder, 'a')\n    print('q', file=open(path, 'w'), end='')\n"
                       "    assert read(path) in ('', 'q')",
    "looks for its file": "import pathlib\nwrite('a.txt')\nassert pathlib.Path('a.txt').exists()",
    "warnings": "import unittest\nwith unittest.TestCase().assertWarns(DeprecationWarning):\n    warn()",
    "recorded warnings": "import warnings\nwith warnings.catch_warnings(record=True) as seen:\n"
                         "    warnings.simplefilter('always')\n    warn()\nassert len(seen) == 1",
    "log messages": "import unittest\nwith unittest.TestCase().assertLogs('x') as seen:\n    log()\n"
                    "assert len(seen.output) == 1",
    "pickled objects": "import pickle\nassert pickle.loads(pickle.dumps(Stack(1))) == Stack(1)",
    "past the class": "s = Stack()\nobject.__setattr__(s, 'v', 5)\nassert s.v == 5",
    "own namespace": "assert globals()['loud'](1) == 1",
}  # fmt: skip


@pytest.fixture(scope="module")
def cells():
    missing = cell.missing()
    if missing:
        pytest.skip("needs " + missing)
    with SplitCells(RUNTIME) as both:
        yield both


def check_of(body):
    return "def check(candidate):\n    assert candidate(1) == 2\n" + textwrap.indent(body, "    ")


def told(outcome):
    tests = [(test.source, test.type, test.message) for test in outcome.tests.values()]
    return outcome.outcomes, outcome.fault, tests, outcome.examiner_stderr, outcome.stderr


@pytest.mark.parametrize("name", APART)
def test_stays_apart(cells, name):
    outcome = cells.run("check", CANDIDATE, check_of(APART[name]), entry_point="f")
    assert outcome.passed, told(outcome)


@pytest.mark.parametrize("name", NEEDS_ITS_PROCESS)
def test_needs_the_candidates_process(cells, name):
    """Apart it is refused before anything was asked of the candidate; in its process it passes."""
    tests = check_of(NEEDS_ITS_PROCESS[name])
    refused = cells.run("check", CANDIDATE, tests, entry_point="f")
    assert refused.fault_kind == "INSEPARABLE" and refused.is_complete and not refused.passed
    assert refused.fault.message.startswith("the tests ") and not refused.tests
    assert refused.report["status"] == 0 and not refused.states
    outcome = cells.examiner.run("check", CANDIDATE, tests, entry_point="f")
    assert outcome.passed, told(outcome)


def test_asserts_and_their_setup(cells):
    for tests, setup in (
        (["assert Mine(2).get() == 2"], "class Mine(Stack): pass"),
        (["assert f(1) == 2", "import inspect\nassert inspect.signature(f)"], ""),
    ):
        outcome = cells.run("asserts", CANDIDATE, tests, setup=setup)
        assert outcome.fault_kind == "INSEPARABLE", told(outcome)
    assert cells.run("asserts", CANDIDATE, ["assert f(1) == 2"], setup="import os").passed


def test_the_prompt_says_whose_a_class_is(cells):
    """What the prompt defines is the task's, and the tests have it; the entry point never is."""
    prompt = "class Base:\n    def get(self): return 1\n\ndef f(x):\n    '''.'''\n"
    tests = "class Mine(Base): pass\ndef check(candidate):\n    assert candidate(Mine().get()) == 2\n"
    outcome = cells.run("check", "    return x + 1\n", tests, prompt=prompt, entry_point="f")
    assert outcome.passed, told(outcome)
    prompt = "class Stack:\n    def get(self):\n        pass\n"
    code = "class Stack:\n    def get(self): return 1\n"
    tests = "def check(candidate):\n    class Mine(Stack): pass\n    assert Mine().get() == 1\n"
    outcome = cells.run("check", code, tests, prompt=prompt, entry_point="Stack")
    assert outcome.fault_kind == "INSEPARABLE", told(outcome)


def test_the_candidate_has_no_say(cells):
    """Not by its words, its names, nor by what it does when it is loaded."""
    words = "\n".join("# " + line for body in NEEDS_ITS_PROCESS.values() for line in body.split("\n"))
    for code in (
        "import inspect, unittest.mock\nclass f(int): pass\n" + words,
        "import os; os._exit(0)",
        "raise SystemExit",
        "def f(x): return 0\ninspect = patch = open = Stack = unittest = f\n",
    ):
        outcome = cells.run("check", code, check_of("assert f(2) == 3"), entry_point="f")
        assert outcome.fault_kind != "INSEPARABLE" and not outcome.passed, code


def test_a_hidden_tests_text_is_in_no_reason(cells):
    tests = check_of("class SecretName(Stack): pass\nassert SecretName().get() == 1")
    outcome = cells.run("check", CANDIDATE, tests, entry_point="f")
    fault = outcome.fault
    assert "Secret" not in fault.message + fault.traceback + fault.source + fault.name


ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
import separable
for line in sys.stdin:
    sources, prompt, entry_point = json.loads(line)
    sources = [source.encode("utf-8", "surrogatepass") for source in sources]
    print(json.dumps(separable.reason(sources, prompt.encode(), entry_point.encode())))
"""


def corpora():
    for task in shared.read_lines(shared.HUMANEVAL):
        yield "HumanEval", [task["test"]], task["prompt"], task["entry_point"]
    for task in shared.read_lines(shared.MBPP):
        yield "MBPP", [*task["test_list"], task["test_setup_code"]], "", ""
    for task in shared.read_lines("labelled/tasks.jsonl.gz"):
        if task["lang"] == "python":
            yield "labelled", [task["test"]], task["prompt"], task["entry"]
    for name in ("benign_tricky", "hacks_python"):
        with open(os.path.join(shared.SHARED, "attacks", name + ".jsonl"), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        for task in (line["task"] for line in lines if line["language"] == "python"):
            tests = task.get("tests") or [task.get(kind, "") for kind in ("test", "unittest", "pytest")]
            sources = [*tests, task.get("setup") or ""]
            yield name, sources, task.get("prompt", ""), task.get("entry_point", "")


def test_the_corpora_stay_apart(capsys):
    if not os.path.exists(os.path.join(shared.SHARED, "attacks")):
        pytest.skip("no shared data")
    tasks = list(corpora())
    lines = "".join(json.dumps(task[1:]) + "\n" for task in tasks)
    answers = subprocess.run([PYTHON, "-B", "-c", ASK, RUNTIME], input=lines, text=True, check=True,
                             stdout=subprocess.PIPE).stdout.splitlines()  # fmt: skip
    reasons = collections.Counter((task[0], json.loads(answer)) for task, answer in zip(tasks, answers))
    with capsys.disabled():
        for (name, reason), count in sorted(reasons.items(), key=str):
            print(f"\n{name}: {count} {reason or 'apart'}", end="")
    assert len(answers) == len(tasks) > 1700
    assert all(reason is None for _, reason in reasons)
