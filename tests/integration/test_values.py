"""The codec between examiner and examinee: whatever plain value goes in comes out, exactly; whatever
hostile bytes come in, a value comes out or ValueError."""

import enum
import importlib.machinery
import importlib.util
import math
import os
import random
import struct
import sys
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.once

MODULE = os.path.join(os.environ["ASSAY_BUILD"], "runtimes/python/_assay.abi3.so")
TEXT, LIST, DEQUE, BUILTIN, BACK, HANDLE = 9, 12, 20, 31, 32, 33
Point = namedtuple("Point", "x y")
Row = namedtuple("Row", ["name"])

settings.register_profile(
    "values",
    max_examples=300,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("values")


def load():
    loader = importlib.machinery.ExtensionFileLoader("_assay", MODULE)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("_assay", loader))
    loader.exec_module(module)
    return module


assay = load()


def no_handles(*arguments):
    raise AssertionError("nothing of this is a handle: %r" % (arguments,))


def round_trip(value):
    return assay.decode(assay.encode(value, no_handles), no_handles)


def same(one, other):
    """Equal, of the same type, in the same order; NaN is itself, -0.0 is not 0.0."""
    if type(one) is not type(other):
        return is_named(one) and is_named(other) and same_named(one, other)
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other)
    if isinstance(one, complex):
        return same(one.real, other.real) and same(one.imag, other.imag)
    if isinstance(one, dict):
        return (
            same_all(one.items(), other.items())
            and getattr(one, "default_factory", None) is getattr(other, "default_factory", None)
        )
    if isinstance(one, deque):
        return one.maxlen == other.maxlen and same_all(one, other)
    if isinstance(one, (list, tuple)):
        return same_all(one, other)
    if isinstance(one, (set, frozenset)):
        return len(one) == len(other) and all(any(same(a, b) for b in other) for a in one)
    if isinstance(one, Decimal):
        return str(one) == str(other)
    if isinstance(one, (datetime, time)):
        return repr(one) == repr(other)
    if isinstance(one, slice):
        return same((one.start, one.stop, one.step), (other.start, other.stop, other.step))
    if isinstance(one, range):
        return repr(one) == repr(other)
    return one == other


def same_all(some, others):
    return len(some) == len(others) and all(map(same, some, others))


def is_named(value):
    return isinstance(value, tuple) and hasattr(value, "_fields")


def same_named(one, other):
    return (
        (type(one).__name__, one._fields) == (type(other).__name__, other._fields)
        and same(tuple(one), tuple(other))
    )


zones = st.none() | st.builds(
    timezone,
    st.timedeltas(timedelta(hours=-23), timedelta(hours=23)),
    st.text(st.characters(), max_size=5),
) | st.just(timezone.utc)
keys_alone = (
    st.none() | st.booleans() | st.integers() | st.integers(-(2**70), 2**70) | st.floats()
    | st.complex_numbers() | st.text(st.characters()) | st.binary()
    | st.fractions() | st.dates() | st.timedeltas() | st.just(...) | st.just(NotImplemented)
    | st.decimals(allow_nan=False) | st.sampled_from([int, len, ValueError, Counter, type(None)])
    | st.datetimes(timezones=zones) | st.times(timezones=zones)
    | st.builds(range, st.integers(), st.integers(), st.integers(1))
)
keys = st.recursive(
    keys_alone,
    lambda parts: st.lists(parts, max_size=4).map(tuple) | st.frozensets(parts, max_size=4)
    | st.builds(Point, parts, parts),
    max_leaves=6,
)
leaves = (
    keys_alone | st.binary().map(bytearray) | zones
    | st.sampled_from([Decimal("NaN"), Decimal("sNaN12"), Decimal("-0E-30"), Decimal("-Infinity")])
)


def containers(parts):
    dicts = st.dictionaries(keys, parts, max_size=4)
    lists = st.lists(parts, max_size=5)
    return (
        lists | lists.map(tuple) | dicts | dicts.map(Counter) | dicts.map(OrderedDict)
        | st.sets(keys, max_size=4) | st.frozensets(keys, max_size=4)
        | st.builds(defaultdict, st.sampled_from([None, int, list, set, deque, Counter]), dicts)
        | st.builds(deque, lists, st.none() | st.integers(0, 9))
        | st.builds(Point, parts, parts) | st.builds(Row, parts)
        | st.builds(slice, parts, parts, parts)
    )


values = st.recursive(leaves, containers, max_leaves=25)


@given(values)
def test_whatever_goes_in_comes_out(value):
    assert same(round_trip(value), value)


@given(st.integers(0, 100), st.sampled_from([-1, 1]), st.integers(-2, 2))
def test_integers_of_any_size(n_bytes, sign, off):
    number = sign * (1 << 8 * n_bytes >> 1) + off
    assert same(round_trip(number), number)


def test_huge_integers_have_no_decimal_limit():
    for number in (10**20000, -(10**20000), 1 << 4_000_000):
        assert round_trip(number) == number


@pytest.mark.parametrize(
    "value",
    [-0.0, 0.0, math.inf, -math.inf, math.nan, 5e-324, complex(math.nan, -0.0), "", "\ud800",
     "\ud83d\ude00", "\U0001f600", "\0", b"", (), [], {}, set(), frozenset(), (None,), True, 1, 1.0,
     range(True, 5), range(0), slice(None), datetime(2020, 10, 25, 2, 30, fold=1), datetime.max,
     date.min, time(23, 59, 59, 999999, fold=1), timedelta.min, timedelta.max, Fraction(-1, 3)],
    ids=repr,
)
def test_edges(value):
    assert same(round_trip(value), value)


@pytest.mark.parametrize("item", [int, bool, object, len, sorted, OSError, KeyError, Decimal, deque])
def test_builtins_are_the_receivers_own(item):
    assert round_trip([item])[0] is item


@pytest.mark.parametrize("item", [eval, exec, open, getattr, setattr, type, print, __import__])
def test_builtins_that_do_more_than_compute_are_handles(item):
    sent = assay.encode(item, lambda thing: (1, 2, thing.__name__.encode()))
    assert assay.decode(sent, lambda *handle: handle) == (1, 2, item.__name__.encode())
    name = item.__name__.encode()
    with pytest.raises(ValueError, match="malformed value: an unknown builtin"):
        assay.decode(bytes([BUILTIN, len(name)]) + name, no_handles)


def test_an_ordered_dict_has_its_own_order():
    value = OrderedDict.fromkeys("abc")
    value.move_to_end("a")
    assert list(round_trip(value)) == ["b", "c", "a"]


def test_named_tuples_of_one_shape_are_one_class():
    one, two = round_trip([Point(1, [2]), Point(3, 4)])
    assert type(one) is type(two) is type(round_trip(Point(5, 6)))
    assert (one.x, one.y, type(one).__name__, one._replace(x=9)) == (1, [2], "Point", (9, [2]))


def test_an_unnameable_named_tuple_is_a_tuple():
    odd = type("Odd", (tuple,), {"_fields": ("a b", "c")})
    assert same(round_trip(odd((1, 2))), (1, 2))
    assert same(round_trip(namedtuple("R", "def x", rename=True)(1, 2)), (1, 2))


def test_identity_within_a_value_is_kept():
    for shared in ([1], {1: 2}, {1}, bytearray(b"x"), deque([1]), Counter("a"), OrderedDict(a=1),
                   defaultdict(int)):
        one, (two,), other = round_trip([shared, (shared,), type(shared)()])
        assert one is two and one is not other and same(one, shared)


def test_many_shared_lists_cost_nothing():
    value = []
    for _ in range(300):
        value = [value, value]
    result = round_trip(value)
    for _ in range(300):
        assert result[0] is result[1]
        result = result[0]


@given(st.data())
def test_references_within_random_graphs(data):
    nodes = []
    for _ in range(data.draw(st.integers(1, 20))):
        chosen = data.draw(st.lists(st.sampled_from(nodes), max_size=4)) if nodes else []
        nodes.append(data.draw(st.sampled_from([list, deque, lambda x: dict(enumerate(x))]))(chosen))

    def shape(value, seen):
        if id(value) in seen:
            return seen[id(value)]
        seen[id(value)] = len(seen)
        parts = value.values() if isinstance(value, dict) else value
        return [type(value).__name__, [shape(part, seen) for part in parts]]

    assert shape(round_trip(nodes), {}) == shape(nodes, {})


def test_a_value_that_contains_itself_is_refused():
    loop, ring, around = [], {}, deque()
    loop.append((loop,))
    ring["next"] = [ring]
    around.append({1: around})
    for value in (loop, ring, around, [loop]):
        with pytest.raises(ValueError, match="^a value that contains itself cannot be sent$"):
            assay.encode(value, no_handles)


class Liar:
    """What every derived class below overrides, and none of it may run."""

    __hash__ = object.__hash__


def lying(name):
    def method(self, *arguments, **options):
        raise AssertionError(name + " ran")

    return method


for special in (
    "__len__ __iter__ __eq__ __ne__ __lt__ __str__ __repr__ __bool__ __int__ __index__ __float__ "
    "__getitem__ __contains__ __reduce__ __reduce_ex__ __getattribute__ __complex__ __bytes__ "
    "__next__ __getstate__ keys items values copy encode to_bytes bit_length as_tuple"
).split():
    setattr(Liar, special, lying(special))

LIES = [
    (int, -5), (int, 2**200), (float, 1.5), (complex, 1j), (str, "a\ud800"), (bytes, b"x"),
    (bytearray, bytearray(b"x")), (list, [1, [2]]), (tuple, (1, 2)), (set, {1, 2}),
    (frozenset, frozenset([1])), (dict, {"a": 1}), (Counter, Counter(a=2)),
    (OrderedDict, OrderedDict([(2, 1), (1, 2)])), (defaultdict, defaultdict(list, {1: [2]})),
    (deque, deque([1, 2], 5)), (Decimal, Decimal("1.50")), (Fraction, Fraction(1, 3)),
    (date, date(2020, 2, 29)), (time, time(1, 2, tzinfo=timezone.utc)), (timedelta, timedelta(-1, 2)),
    (datetime, datetime(2020, 1, 2, 3, 4, 5, 6, timezone(timedelta(hours=1)))),
]


def make_lie(base, value):
    """An instance of a class derived from `base` that holds `value` and lies about it."""
    quiet = type("Quiet", (base,), {"__class__": property(lambda self: str)})
    if base in (defaultdict, deque):
        lie = quiet(value.default_factory, value) if base is defaultdict else quiet(value, value.maxlen)
    elif base is Fraction:
        lie = quiet(1, 3)
    elif base in (date, datetime, time, timedelta):
        lie = quiet(*(value.__reduce_ex__(4)[1]))
    else:
        lie = quiet(value)
    for name, method in vars(Liar).items():
        if callable(method) and name not in ("__class__", "__new__", "__init__"):
            setattr(quiet, name, method)
    return lie


@pytest.mark.parametrize("base, value", LIES, ids=lambda item: getattr(item, "__name__", ""))
def test_derived_classes_arrive_as_what_they_are_made_of(base, value):
    lie = make_lie(base, value)
    assert same(round_trip((lie,))[0], value)


def test_a_lying_key_arrives_as_plain_key():
    key = make_lie(str, "a")
    assert same(round_trip({key: 1}), {"a": 1})
    assert same(round_trip({(key, 2)}), {("a", 2)})


def test_enum_members_that_are_numbers_arrive_as_numbers():
    class Color(enum.IntEnum):
        RED = 3

    class Name(str, enum.Enum):
        ONE = "one"

    assert same(round_trip([Color.RED, Name.ONE, {Color.RED: 1}]), [3, "one", {3: 1}])


def test_everything_else_is_exported():
    class Thing:
        pass

    thing, seen = Thing(), []

    def export(item):
        seen.append(item)
        return len(seen), 2**63 - 1, b"l" * 1000

    sent = assay.encode([thing, 1, lambda: 0, Thing], export)
    assert seen[0] is thing and seen[2] is Thing
    result = assay.decode(sent, lambda kind, ident, label: (kind, ident, len(label)))
    assert result == [(1, 2**63 - 1, 1000), 1, (2, 2**63 - 1, 1000), (3, 2**63 - 1, 1000)]


def test_containers_with_keys_that_are_not_plain_are_exported_whole():
    class Zone(tzinfo):
        def utcoffset(self, moment):
            return timedelta(0)

    class HashedList(list):
        __hash__ = object.__hash__

    for key in (object(), lambda: 0, (1, object()), frozenset([object()]), HashedList(),
                datetime(2020, 1, 1, tzinfo=Zone()), time(tzinfo=Zone())):
        for container in ({key: 1}, {key}, frozenset([key]), Counter([key]), {1: 1, key: 1}):
            sent = assay.encode([container], lambda item: (1, 1 if item is container else 2, b""))
            assert assay.decode(sent, lambda *handle: handle) == [(1, 1, b"")]


def test_moments_with_a_time_zone_that_is_code_are_exported():
    class Zone(tzinfo):
        utcoffset = lying("utcoffset")

    for moment in (datetime(2020, 1, 1, tzinfo=Zone()), time(1, tzinfo=Zone())):
        sent = assay.encode(moment, lambda item: (1, 1 if item is moment else 2, b""))
        assert assay.decode(sent, lambda *handle: handle) == (1, 1, b"")


def test_a_default_factory_that_is_code_is_left_out():
    assert same(round_trip(defaultdict(lambda: 0, {1: 2})), defaultdict(None, {1: 2}))


def test_exceptions_of_export_and_resolve_pass():
    class Own(ValueError):
        pass

    def fail(*arguments):
        raise Own("own")

    with pytest.raises(Own, match="^own$"):
        assay.encode([object()], fail)
    with pytest.raises(Own, match="^own$"):
        assay.decode(assay.encode(object(), lambda item: (1, 2, b"")), fail)
    thing = object()
    for outer in ([thing], (1, thing), {1: thing}, Counter(a=thing), OrderedDict(a=thing),
                  defaultdict(int, {1: thing}), deque([thing], 5), Point(1, thing), slice(thing)):
        with pytest.raises(Own, match="^own$"):
            assay.encode(outer, fail)
        with pytest.raises(Own, match="^own$"):
            assay.decode(assay.encode(outer, lambda item: (1, 2, b"")), fail)


@pytest.mark.parametrize(
    "handle", [None, (1, 2), [1, 2, b""], (1, 2, ""), (-1, 2, b""), (256, 2, b""), (1, -1, b""),
               (1, 2**63, b""), (1, 2, b"l" * 1001), ("1", 2, b"")], ids=repr,
)
def test_export_must_return_a_handle(handle):
    with pytest.raises((TypeError, ValueError, OverflowError)):
        assay.encode(object(), lambda item: handle)


@pytest.mark.parametrize("value", [[object()], {1: object()}, OrderedDict(a=object()),
                                   deque([object()]), Counter(a=object())], ids=type)
def test_what_changes_while_it_is_sent_is_refused(value):
    def grow(item):
        if isinstance(value, dict):
            value.update(dict.fromkeys(range(1000), 1))
        else:
            value.extend(range(1000))
        return 1, 1, b""

    with pytest.raises((ValueError, RuntimeError), match="change|mutated"):
        assay.encode(value, grow)


def test_what_shrinks_while_it_is_sent_is_refused():
    for value in ([object(), 1, 2, 3], {1: object(), 2: 3, 4: 5}):
        with pytest.raises(ValueError, match="changes"):
            assay.encode(value, lambda item: (value.clear(), (1, 1, b""))[1])


def nested(depth, outer=lambda inner: [inner]):
    value = None
    for _ in range(depth - 1):
        value = outer(value)
    return value


def test_depth_is_bounded_in_both_directions():
    limit = assay.value_limits["depth"]
    for outer in (lambda inner: [inner], lambda inner: (inner,), lambda inner: {1: inner},
                  lambda inner: frozenset([inner]), lambda inner: slice(inner),
                  lambda inner: deque([inner])):
        round_trip(nested(limit, outer))
        with pytest.raises(ValueError, match="too large to be sent"):
            assay.encode(nested(limit + 1, outer), no_handles)
    with pytest.raises(ValueError, match="malformed value: is nested too deep"):
        assay.decode(bytes([LIST, 1, 0, 0, 0]) * 1_000_000 + b"\0", no_handles)


def test_numbers_of_parts_are_bounded_in_both_directions():
    limit = assay.value_limits["nodes"]
    assert round_trip([None] * (limit - 1)) == [None] * (limit - 1)
    with pytest.raises(ValueError, match="too large to be sent"):
        assay.encode([None] * limit, no_handles)
    with pytest.raises(ValueError, match="malformed value: has too many parts"):
        assay.decode(bytes([LIST]) + struct.pack("<I", limit) + bytes(limit), no_handles)
    wide = ()
    for _ in range(60):
        wide = (wide, wide)
    with pytest.raises(ValueError, match="too large to be sent"):
        assay.encode(wide, no_handles)


def test_bytes_are_bounded_in_both_directions():
    limit = assay.value_limits["bytes"]
    assert len(round_trip(bytes(limit - 5))) == limit - 5
    for value in (bytes(limit - 4), "a" * limit, "\xe9" * (limit // 2), bytearray(limit),
                  1 << 8 * limit, [bytes(limit // 2), bytes(limit // 2)]):
        with pytest.raises(ValueError, match="too large to be sent"):
            assay.encode(value, no_handles)
    with pytest.raises(ValueError, match="malformed value: is too long"):
        assay.decode(bytes(limit + 1), no_handles)
    with pytest.raises(ValueError, match="too large to be sent"):
        assay.encode(Fraction(1, 1 << 40_000), no_handles)


def text(content):
    return bytes([TEXT]) + struct.pack("<I", len(content)) + content


@pytest.mark.parametrize(
    "data, why",
    [
        (b"", "ends too early"),
        (b"\0\0", "goes on after its end"),
        (b"\xff", "unknown tag"),
        (bytes([LIST, 255, 255, 255, 255, 0]), "more parts than bytes"),
        (bytes([TEXT, 255, 255, 255, 255, 0]), "ends too early"),
        (text(b"\xff"), "not UTF-8"),
        (bytes([BACK, 0, 0, 0, 0]), "not finished"),
        (bytes([LIST, 1, 0, 0, 0, BACK, 0, 0, 0, 0]), "not finished"),
        (bytes([14, 2, 0, 0, 0, 2, 2]), "a key comes twice"),
        (bytes([14, 2, 0, 0, 0, 2, 5, 1, 1]), "a key comes twice"),
        (bytes([15, 2, 0, 0, 0, 0, 0]), "a key comes twice"),
        (bytes([16, 2, 0, 0, 0, 0, 0, 0, 0]), "a key comes twice"),
        (bytes([18, 2, 0, 0, 0, 0, 0, 0, 0]), "a key comes twice"),
        (bytes([14, 1, 0, 0, 0, 24, 4, 0, 0, 0]) + b"sNaN", "a key cannot be hashed"),
        (bytes([19, 0, 0, 0, 0, BUILTIN, 3]) + b"len", "no class"),
        (bytes([22, 5, 1, 0, 5, 1, 0, 5, 1, 0]), "no such range"),
        (bytes([24, 3, 0, 0, 0]) + b"1e+", "a decimal number is none"),
        (bytes([25, 5, 1, 1, 5, 1, 0]), "no such fraction"),
        (bytes([26, 7, 208, 2, 30]), "no such date"),
        (bytes([26, 0, 0, 1, 1]), "no such date"),
        (bytes([27, 24, 0, 0, 0, 0, 0, 0]), "no such time"),
        (bytes([28, 7, 208, 13, 1, 0, 0, 0, 0, 0, 0, 0]), "no such time"),
        (bytes([28, 7, 208, 1, 1, 0, 0, 0, 255, 255, 255, 0]), "no such time"),
        (bytes([29]) + struct.pack("<iII", 2**31 - 1, 0, 0), "no such duration"),
        (bytes([30]) + struct.pack("<iII", 1, 0, 0) + b"\0", "no such time zone"),
        (bytes([21, 1, 0, 1]) + b"P\x05class\0", "names that are none"),
        (bytes([21, 1, 0, 1]) + b"P\x01 \0", "names that are none"),
        (bytes([21, 1, 0, 1]) + b"P\x02_x\0", "names that are none"),
        (bytes([21, 2, 0, 1]) + b"P\x01x\x01x\0\0", "names that are none"),
        (bytes([21, 1, 0, 0]) + b"\x01x\0", "names that are none"),
        (bytes([21, 1, 0, 3]) + b"\xed\xa0\x80\x01x\0", "names that are none"),
    ],
)
def test_malformed_values_say_why(data, why):
    with pytest.raises(ValueError, match="^malformed value: .*" + why):
        assay.decode(data, lambda *handle: object())


def test_only_bytes_are_decoded():
    for data in ("", bytearray(b"\0"), memoryview(b"\0"), None):
        with pytest.raises(TypeError):
            assay.decode(data, no_handles)


def test_keys_that_collide_are_bounded():
    prime = sys.hash_info.modulus
    for container in (lambda keys: set(keys), dict.fromkeys, frozenset, OrderedDict.fromkeys):
        assert len(round_trip(container([i * prime for i in range(200)]))) == 200
        with pytest.raises(ValueError, match="malformed value: has too many keys with the same hash"):
            round_trip(container([i * prime for i in range(201)]))


def test_many_ordinary_keys_do_not_count_as_colliding():
    for keys in (range(1_000_000), range(0, 1 << 50, 1 << 32), range(0, -(1 << 40), -(1 << 22)), [2**i for i in range(5000)],
                 [str(i) for i in range(300_000)], [i / 7 for i in range(300_000)],
                 [(i, j) for i in range(500) for j in range(500)]):
        assert same(list(round_trip(dict.fromkeys(keys))), list(keys))
        assert round_trip(set(keys)) == set(keys)


def test_classes_of_named_tuples_are_bounded():
    many = b"".join(bytes([21, 0, 0, 4]) + b"C%03d" % i for i in range(201))
    head = bytes([LIST]) + struct.pack("<I", 201)
    with pytest.raises(ValueError, match="too many classes"):
        assay.decode(head + many, no_handles)


def decode_hostile(data):
    """None if it was refused; anything but ValueError is a failure."""
    try:
        return assay.decode(data, lambda *handle: object())
    except ValueError as error:
        assert str(error).startswith("malformed value: "), data
    return None


def mutate(data, chance):
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(5)
        if kind == 0 and at < len(data):
            data[at] = chance.randrange(256)
        elif kind == 1 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 2:
            del data[at : at + chance.randint(1, 8)]
        elif kind == 3:
            data[at:at] = bytes(chance.randrange(40) for _ in range(chance.randint(1, 8)))
        else:
            other = chance.randrange(len(data) + 1)
            data[at:at] = data[other : other + chance.randint(1, 30)]
    return bytes(data)


@given(values, st.integers(0, 2**64))
def test_mutated_values_are_decoded_or_refused(value, seed):
    chance = random.Random(seed)
    data = assay.encode(value, no_handles)
    for _ in range(30):
        result = decode_hostile(mutate(data, chance))
        assay.decode(assay.encode(result, lambda item: (1, 1, b"")), lambda *handle: object())
    for length in range(min(len(data), 200)):
        assert decode_hostile(data[:length]) is None


@given(st.binary(max_size=300))
def test_random_bytes_are_decoded_or_refused(data):
    decode_hostile(data)


def test_nothing_leaks():
    good = assay.encode([Point(1, 2), {1: [Fraction(1, 3)]}, datetime(2020, 1, 1), object(), {2, 3},
                         deque([1]), OrderedDict(a=[1]), defaultdict(int), timezone.utc, 2**100],
                        lambda item: (1, 1, b""))
    chance = random.Random(1)
    hostile = [mutate(good, chance) for _ in range(300)]

    def work():
        for data in hostile:
            value = decode_hostile(data)
            if value is not None:
                assay.encode(value, lambda item: (1, 1, b""))
        for _ in range(100):
            with pytest.raises(ValueError):
                assay.encode([[1], nested(401)], no_handles)

    work()
    before = sys.getallocatedblocks()
    for _ in range(5):
        work()
    assert sys.getallocatedblocks() - before < 300
