"""What one half of a split examination can ask of the other: operations, numbered by their place.

They are functions of real objects; the half that has the object calls them.
"""

import copy
import operator

from in_place import update
from texts import __builtins__, layout

__assay__ = layout

FIRST_OPERATION = 16


def run_awaitable(awaitable):
    """The outcome of an awaitable; it gets an event loop of its own, also within a running one."""
    import asyncio

    running = asyncio._get_running_loop()
    if not loops:
        loops.append(asyncio.new_event_loop())
    loop = loops[0]
    if running is not None:
        asyncio._set_running_loop(None)
        loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(outcome(awaitable))
    finally:
        if running is not None:
            loop.close()
            asyncio._set_running_loop(running)


async def outcome(awaitable):
    return await awaitable


loops = []


def send(generator, value):
    return generator.send(value)


def throw(generator, error):
    return generator.throw(error)


def contains(container, value):
    return value in container


def enter(manager):
    return type(manager).__enter__(manager)


def leave(manager, error):
    kind = None if error is None else type(error)
    return type(manager).__exit__(manager, kind, error, None)


def update_part(holder, name, value):
    """What the tests changed in a container that is an attribute here."""
    update(getattr(holder, name), value)


def call(function, /, *arguments, **keywords):
    return function(*arguments, **keywords)


def item_of_module(module, name):
    return module[name]


def power(base, exponent):
    return base**exponent


def async_next(iterator):
    return type(iterator).__anext__(iterator)


def async_iter(iterable):
    return type(iterable).__aiter__(iterable)


def async_enter(manager):
    return type(manager).__aenter__(manager)


def async_leave(manager, error):
    kind = None if error is None else type(error)
    return type(manager).__aexit__(manager, kind, error, None)


# Both halves number them by their place.
OPERATIONS = (
    call,
    getattr,
    setattr,
    delattr,
    item_of_module,
    run_awaitable,
    len,
    iter,
    next,
    send,
    throw,
    reversed,
    contains,
    operator.getitem,
    operator.setitem,
    operator.delitem,
    enter,
    leave,
    bool,
    str,
    repr,
    format,
    hash,
    int,
    float,
    complex,
    operator.index,
    round,
    abs,
    operator.neg,
    operator.pos,
    operator.invert,
    operator.eq,
    operator.ne,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    power,
    operator.matmul,
    divmod,
    operator.and_,
    operator.or_,
    operator.xor,
    operator.lshift,
    operator.rshift,
    operator.iadd,
    operator.isub,
    operator.imul,
    operator.iand,
    operator.ior,
    operator.ixor,
    copy.copy,
    copy.deepcopy,
    async_next,
    async_iter,
    async_enter,
    async_leave,
    dir,
    issubclass,
    update_part,
)
NUMBERS = {function: number for number, function in enumerate(OPERATIONS, FIRST_OPERATION)}
CALL = NUMBERS[call]
