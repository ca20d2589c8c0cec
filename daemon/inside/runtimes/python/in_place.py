"""Arguments that were changed in place, in the half that has the original."""

from collections import deque

from texts import __builtins__, layout

__assay__ = layout

CONTAINERS = {list, dict, set, bytearray, deque}


def update(old, new):
    """Gives `old` the content of `new`; containers within keep their identity where they stand."""
    kind = type(old)
    if kind is list and type(new) is list:
        old[:] = [merged(old[at], item) if at < len(old) else item for at, item in enumerate(new)]
    elif isinstance(old, dict) and isinstance(new, dict):
        items = [(key, merged(old[key], item) if key in old else item) for key, item in new.items()]
        old.clear()
        for key, item in items:
            old[key] = item
    elif kind is set and type(new) is set:
        old.intersection_update(new)
        old.update(new)
    elif kind is bytearray and type(new) is bytearray:
        old[:] = new
    elif kind is deque and type(new) is deque:
        items = [merged(old[at], item) if at < len(old) else item for at, item in enumerate(new)]
        old.clear()
        old.extend(items)
    elif kind is tuple and type(new) is tuple:
        for one, other in zip(old, new):
            if one is not other:
                update(one, other)


def merged(old, new):
    """`old` with the content of `new` where that is possible, else `new`."""
    if type(old) is not type(new) or type(old) not in CONTAINERS:
        return new
    update(old, new)
    return old

