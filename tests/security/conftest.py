"""Attacks on the box. Every program here runs inside a cell of a real daemon and nowhere else."""
import pytest

from support import patience
from support.wire import evaluate_program


@pytest.fixture
def attack(client):
    """Runs a program in a cell; it prints lines "ESCAPED ..." for what it should not have been able
    to do. Returns the result."""
    def run(code, **limits):
        more = patience.limits({"cpu_ms": 5000, **limits})
        result = client.judge_one(evaluate_program(code, **more))
        assert b"ESCAPED" not in result.stdout, result.stdout.decode(errors="replace")
        return result
    return run


@pytest.fixture
def attack_to_the_end(attack):
    """Like attack; the program must also have come to its end and said "done"."""
    def run(code, **limits):
        result = attack(code + "\nprint('done')\n", **limits)
        assert result.stdout.endswith(b"done\n"), (result.stdout, result.feedback)
        return result
    return run
