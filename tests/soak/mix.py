"""What the soak asks for: honest solutions, wrong ones, attacks and bombs, in all kinds of tests.

A draw is one or two requests that belong together, with what may come of each candidate. Honest ones
have generous limits, so that a busy machine changes nothing; attacks have small ones, so that the
soak comes to an end. All is judged anew, but for one kind, which is there for the known verdicts.
"""
import json
import random

from support import attacks, escapes, shared
from support.wire import as_bytes, evaluate, evaluate_add, evaluate_program, pb, verdict_name

HONEST = {"cpu_ms": 10_000, "wall_ms": 120_000}
HOSTILE = {"cpu_ms": 300, "wall_ms": 1000, "memory_bytes": 96 << 20, "processes": 48}
CANDIDATES = 8  # in a batch

# No fault of the candidate's: the machine was too busy, or a cell was lost.
EXCUSED = ("STARVED", "INFRA")
NO_PLAN = (*EXCUSED, "BAD_TASK")  # not all tests are calls with values

WRONG = "    raise ValueError('wrong')\n"
MESSY = """
import os, sys, tempfile, threading, time
open('/tmp/left', 'w').write('y' * 100000)
open('/dev/shm/left', 'w').write('y' * 1000)
print('z' * 5000); sys.stderr.write('e' * 5000)
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
def add(a, b): return a + b
"""
BOMBS = {
    "computes": "while True: pass\n",
    "sleeps": "import time\ntime.sleep(60)\n",
    "takes memory": "block = []\nwhile True: block.append(bytearray(1 << 20))\n",
    "forks": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n",
    "floods": "import os\nwhile True: os.write(1, b'x' * 65536)\n",
    "crashes": "import os\nos.abort()\n",
    "leaves": "import os\nos._exit(0)\n",
    "fills the disk": "import os\nn = 0\nwhile True:\n    n += 1\n    open(f'/tmp/{n}', 'wb').write(b'x' * (1 << 20))\n",
    "asks for what is refused": "import socket\nsocket.socket(socket.AF_INET)\n",
    "stops": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n",
    "forges records": "import os\nfor fd in range(3, 600):\n    try: os.write(fd, b'x' * 64)\n    except OSError: pass\n",
}
C_SUM = ('#include <stdio.h>\nint main(void)\n{\n\tint a, b;\n\n\tscanf("%d %d", &a, &b);\n'
         '\tprintf("%d\\n", a + b);\n\treturn 0;\n}\n')
C_ADD = "int add(int a, int b) { return a + b; }\n"
C_TESTS = "#include <assert.h>\nint main(void)\n{\n\tassert(add(2, 3) == 5);\n\treturn 0;\n}\n"
C_BOMBS = ("int main(void) { for (;;); }\n", "#include <stdlib.h>\nint main(void) { abort(); }\n",
           "#include <unistd.h>\nint main(void) { for (;;) fork(); }\n", "int main(void) { return 0; }\n",
           "int main(void) { return nothing }\n", '#include "/etc/shadow"\nint main(void) { return 0; }\n')


class Ask:
    """A request and, for each candidate, whether it has to pass."""

    def __init__(self, name, request, passes, is_new=True, excused=EXCUSED):
        request.no_cache, self.excused = is_new, excused
        self.name, self.request, self.passes = name, request, passes

    def faults(self, results):
        """What is wrong with these results, as texts."""
        for result in results:
            verdict = verdict_name(result)
            if result.maskable and verdict not in (*self.excused, "CANCELLED"):
                yield f"{self.name}: {verdict} is not held against it: {result.feedback[:300]!r}"
            if b"ESCAPED" in result.stdout or b"ESCAPED" in result.stderr:
                yield f"{self.name}: escaped: {result.stdout[:300]!r}"
            if result.passed == self.passes[result.candidate_index] or verdict == "CANCELLED":
                continue
            if result.passed or verdict not in self.excused:
                yield f"{self.name}: {verdict}: {result.feedback[:300]!r}"


def of_humaneval():
    tasks = shared.read_lines(shared.HUMANEVAL)
    for task in tasks:
        right, prompt = task["canonical_solution"], task["prompt"]
        common = {"prompt": prompt, "entry_point": task["entry_point"], "check": task["test"],
                  "task": task["task_id"]}
        codes = [WRONG] * CANDIDATES
        codes[len(prompt) % CANDIDATES] = codes[-1] = right
        yield "batch", Ask("HumanEval, batch", evaluate(*codes, **common, **HONEST),
                           [code is right for code in codes])
        yield "single", Ask("HumanEval", evaluate(right, **common, **HONEST), [True])
        yield "known", Ask("HumanEval, known", evaluate(right, WRONG, **common, **HONEST),
                           [True, False], is_new=False)
        request = evaluate(*codes, **common, **HONEST)
        request.integrity = pb.INTEGRITY_WISH_NATIVE
        yield "planned", Ask("HumanEval, planned", request, [code is right for code in codes],
                             excused=NO_PLAN)
        request = evaluate(right, WRONG, **common, **HONEST)
        request.integrity = pb.INTEGRITY_WISH_SHARED
        yield "shared", Ask("HumanEval, shared", request, [True, False])


def of_mbpp():
    for task in shared.read_lines(shared.MBPP):
        request = evaluate(task["code"], "def nothing(): pass\n", asserts=task["test_list"],
                           setup=task.get("test_setup_code", ""), task="MBPP", **HONEST)
        yield "single", Ask("MBPP", request, [True, False])


def calls_of_add():
    request = evaluate("def add(a, b): return a + b\n", "def add(a, b): return a\n",
                       entry_point="add", **HONEST)
    for a in range(4):
        request.calls.calls.add(args_json=json.dumps([a, 2]).encode(),
                                expect_json=json.dumps(a + 2).encode())
    return request


def stdio_of_sum(right, wrong, language, **limits):
    request = evaluate(right, wrong, language=language, **limits)
    for a, b in ((1, 2), (30, 4), (-5, 5)):
        request.stdio.cases.add(stdin=as_bytes(f"{a} {b}\n"), stdout=as_bytes(f"{a + b}\n"))
    return request


def of_other_kinds():
    yield "other", Ask("calls", calls_of_add(), [True, False])
    yield "other", Ask("stdio", stdio_of_sum("print(sum(map(int, input().split())))\n", "print(3)\n",
                                             "python", **HONEST), [True, False])
    tests = ("import unittest\nclass T(unittest.TestCase):\n"
             "    def test_it(self): self.assertEqual(add(1, 2), 3)\n")
    yield "other", Ask("unittest", evaluate("def add(a, b): return a + b\n", "add = max\n",
                                            unittest=tests, **HONEST), [True, False])
    yield "rare", Ask("pytest", evaluate("def add(a, b): return a + b\n", "add = max\n",
                                         pytest="def test_it(): assert add(1, 2) == 3\n", **HONEST),
                      [True, False])
    yield "other", Ask("messy", evaluate_add(MESSY, processes=16, **HONEST), [True])


def of_native():
    honest = evaluate(*[C_ADD] * 6, "int add(int a, int b) { return a; }\n", program=C_TESTS,
                      language="c", **HONEST)
    yield "native", Ask("C, program", honest, [True] * 6 + [False])
    yield "native", Ask("C, stdio", stdio_of_sum(C_SUM, "int main(void) { return 0; }\n", "c",
                                                 **HONEST), [True, False])
    for code in C_BOMBS:
        yield "native", Ask("C, bomb", stdio_of_sum(code, code, "c", **HOSTILE), [False, False])


def of_attacks():
    for line in attacks.lines_of("hacks_python.jsonl"):
        yield "hack", Ask(f"hack {line['id']}", attacks.request_of(line, **HOSTILE), [False])
    for name, code in BOMBS.items():
        # Tests that never hold: whatever it does, it has not passed.
        yield "bomb", Ask(f"bomb: {name}", evaluate_program(code + "\nassert False\n", **HOSTILE),
                          [False])
        yield "bomb", Ask(f"bomb, split: {name}", evaluate_add(code, **HOSTILE), [False])


def of_escapes(listeners, languages):
    """Lists: the two of a pair belong together."""
    for attack in escapes.read_corpus():
        keys = [key for key in ("", "2") if "candidate" + key in attack]
        if not {attack.get("language" + key) or attack["language"] for key in keys} <= languages:
            continue
        kind = "escape" if attack["language"] == "python" else "native escape"
        yield kind, [Ask(f"escape {attack['id']}",
                         escapes.as_request(attack, key, listeners, **HOSTILE), [False])
                     for key in keys]


# How often a draw is of which kind. One of the native kinds is followed by others, because a cell
# has to be built for the language.
WEIGHTS = {"batch": 400, "single": 500, "shared": 80, "known": 80, "planned": 80, "other": 150,
           "rare": 4, "hack": 40, "bomb": 16, "escape": 6, "native": 1}
NATIVE_IN_A_ROW = 4


class Mix:
    def __init__(self, listeners, languages):
        self.kinds = {}
        for source in (of_humaneval(), of_mbpp(), of_other_kinds(), of_attacks(),
                       of_native() if "c" in languages else ()):
            for kind, ask in source:
                self.kinds.setdefault(kind, []).append([ask])
        for kind, asks in of_escapes(listeners, languages):
            self.kinds.setdefault(kind, []).append(asks)
        self.names = [kind for kind in WEIGHTS if kind in self.kinds]
        self.weights = [WEIGHTS[kind] for kind in self.names]

    def kept(self):
        """What leaves a verdict or a plan of calls with the broker, once each: what it keeps of them
        is bounded, and is no growth if it is there from the beginning."""
        return [asks[0] for kind in ("single", "known", "planned") for asks in self.kinds[kind]]

    def draw(self, chance: random.Random):
        """Lists of asks; those of one list are sent together."""
        kind = chance.choices(self.names, self.weights)[0]
        if kind != "native":
            yield chance.choice(self.kinds[kind])
            return
        for _ in range(NATIVE_IN_A_ROW):
            yield chance.choice(self.kinds[chance.choice(("native", "native escape"))])
