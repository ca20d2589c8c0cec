"""Tasks and candidates as bytes of the protocol. Part of the Python client.

Serialized messages can be put together: fields of one message may come in any order and from
several pieces. So the part of an Evaluate that is the task is serialized once and kept with the
task, the candidates are serialized each by itself, and a frame is these pieces one after the other;
nothing is packed or copied twice.
(https://protobuf.dev/programming-guides/encoding, "Last One Wins")
"""
from __future__ import annotations

import hashlib
import json
import struct
from typing import Any, Iterable, List, NamedTuple, Optional

from . import assay_pb2 as pb
from .errors import InvalidRequest
from .task import Call, Candidate, Case, Code, Task, Tests, Text

PROTOCOL_MAJOR = 1
NAMED_BYTES_MIN = 4096  # what is shorter is sent as it is

_CANDIDATES_TAG = b"\x82\x01"  # field 16 of Evaluate, length-delimited
_REQUEST_ID_TAG = b"\x08"      # field 1 of ClientMessage, varint
_EVALUATE_TAG = b"\x1a"        # field 3 of ClientMessage, length-delimited

_INTEGRITY = {"auto": pb.INTEGRITY_AUTO, "native": pb.INTEGRITY_WISH_NATIVE,
              "split": pb.INTEGRITY_WISH_SPLIT, "shared": pb.INTEGRITY_WISH_SHARED}
_STOP = {"all": pb.STOP_ALL, "first_failure": pb.STOP_FIRST_FAILURE}
_REVEAL = {"full": pb.REVEAL_FULL, "inputs": pb.REVEAL_INPUTS, "none": pb.REVEAL_NONE}
_EXTRACT = {"nothing": pb.EXTRACT_NOTHING, "last_fence": pb.EXTRACT_LAST_FENCE}
_FORM = {"plain": pb.FEEDBACK_PLAIN, "reflexion": pb.FEEDBACK_REFLEXION}


def to_bytes(text: Text) -> bytes:
    """Text as the protocol wants it. TypeError: it is no text."""
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    if not isinstance(text, (bytes, bytearray, memoryview)):
        raise TypeError(f"text must be str or bytes, not {type(text).__name__}")
    return bytes(text)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _json(value: Any, where: str) -> bytes:
    try:
        return json.dumps(value).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(str(error), where) from None


def _fill_calls(tests: Tests, message: pb.CallTests) -> None:
    message.comparator = tests.comparator
    message.absolute_tolerance = tests.absolute_tolerance
    message.relative_tolerance = tests.relative_tolerance
    message.reference = to_bytes(tests.reference)
    message.alternatives.extend(map(to_bytes, tests.alternatives))
    message.oracle = tests.oracle
    for index, call in enumerate(tests.items):
        assert isinstance(call, Call)
        where = f"tests.calls[{index}]"
        if tests.reference:
            message.calls.add(args_python=to_bytes(repr(list(call.args))))
            continue
        message.calls.add(args_json=_json(list(call.args), f"{where}.args"),
                          kwargs_json=_json(dict(call.kwargs), f"{where}.kwargs"),
                          expect_json=_json(call.expect, f"{where}.expect"))


def _fill_stdio(tests: Tests, message: pb.StdioTests) -> None:
    message.comparator = tests.comparator
    message.absolute_tolerance = tests.absolute_tolerance
    message.relative_tolerance = tests.relative_tolerance
    for case in tests.items:
        assert isinstance(case, Case)
        message.cases.add(stdin=to_bytes(case.stdin), stdout=to_bytes(case.stdout), name=case.name)


def _texts(tests: Tests) -> List[bytes]:
    return [to_bytes(item) for item in tests.items if isinstance(item, (str, bytes))]


def _fill_tests(tests: Tests, request: pb.Evaluate) -> None:
    part = getattr(request, tests.kind)
    part.SetInParent()
    if tests.kind == "calls":
        _fill_calls(tests, part)
    elif tests.kind == "stdio":
        _fill_stdio(tests, part)
    elif tests.kind == "asserts":
        part.setup = to_bytes(tests.setup)
        part.asserts.extend(_texts(tests))
    elif tests.kind == "answer":
        part.answer = _texts(tests)[0]
        part.comparator = tests.comparator
    else:
        part.source = _texts(tests)[0]


def _pack_task(task: Task) -> bytes:
    limits = task.limits
    request = pb.Evaluate(
        id=task.id, language=task.language, prompt=to_bytes(task.prompt),
        entry_point=task.entry_point, module=task.module, integrity=_INTEGRITY[task.integrity],
        stop=_STOP[task.stop], reveal=_REVEAL[task.reveal], extract=_EXTRACT[task.extract],
        feedback_form=_FORM[task.feedback_form], feedback_bytes=task.feedback_bytes,
        no_cache=not task.cache, deadline_ms=task.deadline_ms, hidden=task.hidden,
        repeat=task.repeat, no_control=not task.control,
        limits=pb.Limits(cpu_ms=limits.cpu_ms, wall_ms=limits.wall_ms,
                         memory_bytes=limits.memory_bytes, output_bytes=limits.output_bytes,
                         processes=limits.processes, test_ms=limits.test_ms))
    _fill_tests(task.tests, request)
    packed: bytes = request.SerializeToString()
    return packed


def pack_task(task: Task) -> bytes:
    """The task's part of an Evaluate. InvalidRequest: a value that no message can hold."""
    packed: Optional[bytes] = task.__dict__.get("_packed")
    if packed is None:
        try:
            packed = _pack_task(task)
        except (TypeError, ValueError, AttributeError) as error:
            if isinstance(error, InvalidRequest):
                raise
            raise InvalidRequest(str(error)) from None
        task.__dict__["_packed"] = packed  # not part of the value, so frozen does not matter
    return packed


class NamedTask(NamedTuple):
    """A task in two parts: what the daemon is to keep, and what names it by its digest."""

    content: bytes
    sha256: bytes
    naming: bytes


_KEPT_FIELDS = ("language", "prompt", "entry_point", "module")


def name_task(task: Task, packed: bytes) -> Optional[NamedTask]:
    """None: it is too short to be named. `packed` is what pack_task made of it."""
    if len(packed) < NAMED_BYTES_MIN:
        return None
    known: Optional[NamedTask] = task.__dict__.get("_named")
    if known is None:
        naming, kept = pb.Evaluate.FromString(packed), pb.Evaluate()
        for field in (*_KEPT_FIELDS, naming.WhichOneof("tests")):
            if field in _KEPT_FIELDS:
                setattr(kept, field, getattr(naming, field))
            else:
                getattr(kept, field).CopyFrom(getattr(naming, field))
            naming.ClearField(field)
        content = kept.SerializeToString()
        naming.task_sha256 = hashlib.sha256(content).digest()
        known = NamedTask(content, naming.task_sha256, naming.SerializeToString())
        task.__dict__["_named"] = known
    return known


def pack_candidate(code: Code) -> bytes:
    """A candidate's part of an Evaluate."""
    try:
        if isinstance(code, Candidate):
            message = pb.Candidate(id=code.id, code=to_bytes(code.code))
            for name, content in code.files.items():
                message.files.add(name=name, content=to_bytes(content))
        else:
            message = pb.Candidate(code=to_bytes(code))
    except (TypeError, ValueError) as error:
        raise InvalidRequest(str(error), "candidates") from None
    packed: bytes = message.SerializeToString()
    return _CANDIDATES_TAG + _varint(len(packed)) + packed


def frame(message: bytes) -> bytes:
    """A message behind its length."""
    return struct.pack(">I", len(message)) + message


def frame_evaluate(request_id: int, task: bytes, candidates: Iterable[bytes]) -> bytes:
    """The frame of an Evaluate out of what pack_task and pack_candidate made."""
    body = b"".join((task, *candidates))
    head = b"".join((_REQUEST_ID_TAG, _varint(request_id), _EVALUATE_TAG, _varint(len(body))))
    return b"".join((struct.pack(">I", len(head) + len(body)), head, body))


def frame_put_blob(request_id: int, content: bytes) -> bytes:
    message = pb.ClientMessage(request_id=request_id)
    message.put_blob.content = content
    return frame(message.SerializeToString())


def frame_cancel(request_id: int, target_id: int) -> bytes:
    message = pb.ClientMessage(request_id=request_id)
    message.cancel.target_id = target_id
    return frame(message.SerializeToString())


def frame_ping(request_id: int) -> bytes:
    message = pb.ClientMessage(request_id=request_id)
    message.ping.SetInParent()
    return frame(message.SerializeToString())


def frame_hello(name: str, token: bytes = b"") -> bytes:
    message = pb.ClientMessage()
    message.hello.protocol_major = PROTOCOL_MAJOR
    message.hello.client_name = name
    message.hello.token = token
    return frame(message.SerializeToString())
