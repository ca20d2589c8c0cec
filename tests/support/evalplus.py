"""The tasks of HumanEval+ and MBPP+, of the shared data, as requests of kind calls with a reference."""

from support import shared
from support.wire import as_bytes, evaluate

HUMANEVAL = "humaneval-plus/HumanEvalPlus.jsonl.gz"
MBPP = "mbpp-plus/MbppPlus.jsonl.gz"

TUPLES = {2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740,
          744, 809}
TUPLES_WITHIN = {63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780}
FIRST_WITHIN = {75, 413, 444, 753}
FIRST = {250, 405, 446, 617, 720, 763, 808, 307}
BOTH = {259, 401, 445}
ALL = {580, 615, 791}

SETS = {"similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly", "larg_nnum",
        "intersection_array", "find_dissimilar", "Diff"}
NOT_NONE = {"check_str", "text_match_three", "text_starta_endb"}
ORACLES = {**dict.fromkeys(SETS, "set"), **dict.fromkeys(NOT_NONE, "not_none"), "are_equivalent": "any",
           "find_zero": "root"}
ALTERNATIVES = {
    "sum_div": "def sum_div(*arguments):\n    return 0\n",
    "surface_Area": "def surface_Area(edge, height):\n"
                    "    return round(edge**2 + 4 * (edge * ((edge / 2) ** 2 + height**2) ** 0.5) / 2)\n",
    "digit_distance_nums": "def digit_distance_nums(one, other):\n"
                           "    width = max(len(str(one)), len(str(other)))\n"
                           "    pairs = zip(str(one).zfill(width), str(other).zfill(width))\n"
                           "    return sum(abs(int(a) - int(b)) for a, b in pairs)\n",
}


# Of Mbpp/255, whose answers are beyond what a value may be.
TOO_LARGE = (76, 77)


def deep(value):
    return tuple(map(deep, value)) if isinstance(value, list) else value


def as_python(number, arguments):
    """The arguments of MBPP+ as they were before they were JSON."""
    if number in TUPLES:
        return [tuple(each) for each in arguments]
    if number in TUPLES_WITHIN:
        return [[tuple(part) for part in each] for each in arguments]
    if number in FIRST_WITHIN:
        return [[tuple(part) for part in arguments[0]], *arguments[1:]]
    if number in (106, 750):
        return [arguments[0], tuple(arguments[1])]
    if number == 115:
        return [[set(part) if isinstance(part, list) and part else {} for part in arguments[0]]]
    if number == 124:
        return [float(arguments[0]), complex(arguments[1])]
    if number == 252:
        return [complex(arguments[0])]
    if number in FIRST:
        return [tuple(arguments[0]), *arguments[1:]]
    if number in BOTH:
        return [tuple(tuple(part) for part in each) for each in arguments]
    if number == 278:
        return [tuple(tuple(part) if isinstance(part, list) else part for part in arguments[0])]
    if number == 722:
        return [{key: tuple(value) for key, value in arguments[0].items()}, *arguments[1:]]
    if number in ALL:
        return deep(arguments)
    return arguments


def inputs_of(task, kinds=("base", "plus")):
    number = int(task["task_id"].split("/")[1]) if task["task_id"].startswith("Mbpp") else None
    return [as_python(number, each) for kind in kinds for each in task[kind + "_input"]
            if number != 255 or each[1] not in TOO_LARGE]


def reference_of(task):
    return task["prompt"] + task["canonical_solution"]


def request_of(task, *codes, inputs=None, **more):
    """All inputs, or those that are given."""
    name = task["entry_point"]
    request = evaluate(*codes, entry_point=name, **more)
    request.id = task["task_id"]
    for arguments in inputs_of(task) if inputs is None else inputs:
        request.calls.calls.add(args_python=as_bytes(repr(list(arguments))))
    request.calls.comparator = "evalplus"
    request.calls.absolute_tolerance = task["atol"]
    request.calls.reference = as_bytes(reference_of(task))
    request.calls.oracle = ORACLES.get(name, "")
    if name in ALTERNATIVES:
        request.calls.alternatives.append(as_bytes(ALTERNATIVES[name]))
    return request
