"""The standard streams of a run have the names that programs know them by."""
import pytest

from support.wire import evaluate_program


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_output_by_name(client, name):
    result = client.judge_one(evaluate_program(f"with open({name!r}, 'w') as out: out.write('hello')\n"))
    assert result.passed and result.stdout == b"hello"


def test_errors_by_name(client):
    result = client.judge_one(evaluate_program("open('/dev/stderr', 'w').write('hello')\n"))
    assert result.passed and result.stderr == b"hello"


def test_input_by_name_is_empty(client):
    result = client.judge_one(evaluate_program("assert open('/dev/stdin').read() == ''\n"))
    assert result.passed


def test_what_was_written_cannot_be_read_back(client):
    result = client.judge_one(evaluate_program("""
import os
for fd in (1, 2, 500):
    try: os.open(f'/proc/self/fd/{fd}', os.O_RDONLY | os.O_NONBLOCK)
    except PermissionError: print('refused')
"""))
    if "host-uid-per-slot" not in result.isolation:
        pytest.skip("the broker and the cell have the same uid")
    assert result.stdout == b"refused\n" * 3
