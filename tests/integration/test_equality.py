"""What a candidate returns is compared without asking any class that it wrote."""

import pytest

from support.wire import evaluate, pb

pytestmark = pytest.mark.once

CHECK = "def check(candidate):\n    assert candidate() == %s\n"

FORGED = {
    "object": "class Yes:\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\n",
    "int": "class Yes(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n",
    "str": "class Yes(str):\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__\n",
    "list": "class Yes(list):\n    def __eq__(self, other): return True\n"
            "    def __len__(self): return 2\n    def __iter__(self): return iter([1, 2])\n",
    "dict": "class Yes(dict):\n    def __eq__(self, other): return True\n"
            "    def __getitem__(self, key): return 1\n",
    "tuple": "class Yes(tuple):\n    def __eq__(self, other): return True\n",
    "metaclass": "class Meta(type):\n    def __eq__(self, other): return True\n"
                 "    __hash__ = type.__hash__\nclass Inner(metaclass=Meta): pass\ndef Yes(): return Inner\n",
}
EXPECTED = ["3", "'abc'", "[1, 2]", "{'a': 1}", "(1, 2)", "{1, 2}", "None", "True", "2.5", "b'x'",
            "[[1], {'k': (2, 3)}]"]
WRAPPED = ["Yes()", "[Yes()]", "{'a': Yes()}", "(Yes(), Yes())", "[Yes(), Yes()]", "{Yes(), 2}",
           "[[Yes()], {'k': Yes()}]"]


@pytest.mark.parametrize("kind", FORGED)
def test_an_object_that_equals_everything_passes_nothing(client, kind):
    for expected in EXPECTED:
        candidates = [FORGED[kind] + "def f():\n    return %s\n" % wrapped for wrapped in WRAPPED]
        request = evaluate(*candidates, entry_point="f", check=CHECK % expected)
        assert not [result for result in client.judge(request) if result.passed], expected


HONEST = [
    ("1", "1.0"), ("True", "1"), ("1 + 0j", "1"), ("[1, (2.0, 'x')]", "[1.0, (2, 'x')]"),
    ("{'b': [1], 'a': None}", "{'a': None, 'b': [1]}"), ("{1, 2, 3}", "{3, 2, 1}"),
    ("frozenset([1])", "{1}"), ("{(1, 2): 'a'}", "{(1, 2): 'a'}"),
    ("__import__('collections').Counter('aab')", "{'a': 2, 'b': 1}"),
    ("__import__('collections').OrderedDict(a=1)", "{'a': 1}"),
    ("__import__('collections').defaultdict(list, a=[1])", "{'a': [1]}"),
    ("__import__('collections').namedtuple('P', 'x y')(1, 2)", "(1, 2)"),
    ("__import__('decimal').Decimal('1.5')", "1.5"), ("__import__('fractions').Fraction(1, 2)", "0.5"),
    ("type('Sub', (list,), {})([1, 2])", "[1, 2]"), ("type('Sub', (str,), {})('a')", "'a'"),
    ("__import__('enum').IntEnum('E', 'A B').B", "2"), ("range(3)", "range(0, 3)"),
    ("bytearray(b'a')", "b'a'"), ("{frozenset([1]), 2}", "{2, frozenset([1])}"),
    ("{'x': {'y': [{'z': (1,)}]}}", "{'x': {'y': [{'z': (1,)}]}}"),
]


@pytest.mark.parametrize("value, expected", HONEST)
def test_honest_values_are_equal_as_in_python(client, value, expected):
    code = "def f():\n    return %s\n" % value
    result = client.judge_one(evaluate(code, entry_point="f", check=CHECK % expected))
    assert result.verdict == pb.PASSED, result


@pytest.mark.parametrize("value, expected", [
    ("[1, 2]", "(1, 2)"), ("float('nan')", "float('nan')"), ("'1'", "1"), ("[1, 2]", "[1, 2, 3]"),
    ("{'a': 1}", "{'a': 2}"), ("{1}", "{2}"), ("None", "False"), ("b'a'", "'a'"), ("0", "None"),
])
def test_different_values_are_different(client, value, expected):
    code = "def f():\n    return %s\n" % value
    result = client.judge_one(evaluate(code, entry_point="f", check=CHECK % expected))
    assert result.verdict == pb.FAILED
