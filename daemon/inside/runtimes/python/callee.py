"""The candidate, called by a plan (call_plan.py): loads its code and answers one call after the other.

In the candidate's own process, without a channel to anybody: the calls are in the job, the answers
are records, which the broker reads and compares. So nothing here has to hold against the candidate.
What an answer cannot say is untold, and the candidate is examined with an examiner instead.
"""

import _assay
import examinee
import raising
import texts
from plan import FAULT_COMPILE, FAULT_LOAD
from reference import digest_of
from texts import __builtins__, layout

__assay__ = layout

FAULT_BYTES = 4096
TEXT_BYTES = 2000


def refuse(value):
    raise TypeError("no plain data")


def is_plain(value):
    try:
        _assay.encode(value, refuse)
    except Exception:
        return False
    return True


def describe(error, limit, heading):
    """(type, message, traceback, line), the traceback behind `heading`, as an examiner tells them."""
    frames = raising.frames_to_tell(error)
    line = texts.candidate_line(frames)
    if line == 0 and isinstance(error, SyntaxError) and error.filename == texts.CANDIDATE_FILE:
        line = max(0, (error.lineno or 0) - layout.prompt_lines)
    traceback = texts.traceback_text(error, frames)
    if frames and not heading:
        traceback = traceback.partition("\n")[2]
    return (
        texts.type_name(error).encode("ascii", "backslashreplace")[:256],
        texts.encode(texts.message_of(error), limit),
        traceback[-limit:].encode("utf-8", "surrogatepass")[-limit:],
        line,
    )


def is_told(error):
    """Would an examiner, who builds it anew, tell the same of it?"""
    kind = type(error)
    return raising.builtin_exception(kind.__name__) is kind and is_plain(error.args)


def load(prompt, code, entry_point, setup, module, needed):
    """Whether there is anything to call."""
    fault = FAULT_COMPILE
    try:
        if setup:
            examinee.import_for(setup, module.__dict__)
        codes = examinee.compile_candidate(prompt, code, entry_point)
        fault = FAULT_LOAD
        for compiled in codes:
            exec(compiled, module.__dict__)
    except BaseException as error:
        _assay.fault(fault, *describe(error, FAULT_BYTES, True))
        return False
    name = needed.decode("utf-8", "replace")
    if name and name not in module.__dict__:
        missing = NameError("the code does not define %r" % name)
        _assay.fault(FAULT_LOAD, *describe(missing, FAULT_BYTES, True))
        return False
    return True


def answer(number, data, namespace, whole_bytes=0):
    name, arguments, keywords = _assay.decode(data, refuse)
    if name not in namespace:
        return _assay.answer_untold(number)
    function = namespace[name]
    try:
        value = function(*arguments, **keywords)
    except BaseException as error:
        if not is_told(error):
            return _assay.answer_untold(number)
        return _assay.answer_raised(number, *describe(error, TEXT_BYTES, False))
    try:
        encoded = _assay.encode(value, refuse)
    except Exception:
        return _assay.answer_untold(number)
    if 0 < whole_bytes < len(encoded):
        return _assay.answer_digest(number, digest_of(encoded))
    return _assay.answer_value(number, encoded)


REHEARSED = b"def f(x, y=0):\n    if x == 0:\n        raise ValueError('no')\n    return [x, {'y': y}, (1.5, None)]\n"


def rehearse():
    """Before the fork: no record is written then."""
    namespace = {}
    exec(examinee.compile_candidate(b"", REHEARSED, b"f")[0], namespace)
    for arguments in ((1,), (2.5,), ("text",), ([1, {"a": (None, True)}],), (0,)):
        answer(0, _assay.encode(("f", arguments, {"y": 2}), refuse), namespace)
    layout.code = b""


def serve(prompt, code, entry_point, setup, aliases, calls, needed):
    raising.sides.tells_frames = True
    module = examinee.new_module("candidate", aliases)
    if not load(prompt, code, entry_point, setup, module, needed):
        return
    _assay.answers_begin()
    whole_bytes = _assay.whole_bytes()
    for number, data in enumerate(calls):
        answer(number, data, module.__dict__, whole_bytes)
