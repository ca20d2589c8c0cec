"""A Python cell without isolation: the zygote as pid 1 of a plain pid namespace, driven directly.

Plays the keeper (starts pid 1 with its two descriptors) and the broker (sends runs, reads records),
as daemon/inside/wire.h describes both. For harmless candidates only: the filter allows everything.
"""

import os
import shutil
import socket
import struct
import subprocess
import time
from dataclasses import dataclass, field

from support.patience import PATIENCE_S

REQUEST = struct.Struct("=IIQQQQQII")
REPORT = struct.Struct("=IIQiIQQQI44s152x")
HEADER = struct.Struct("=HBBIIIQII")
OPTIONS = struct.Struct("=IIIIIII")

RUN, KILL, USAGE = 1, 2, 3
READY, USED, DONE = 1, 2, 3
CLEAN, KILLED, STRAGGLERS = 1, 2, 4
NONCE, OPTION, PROMPT, CODE, ENTRY_POINT, SETUP, TEST, FILE_NAME, FILE_CONTENT, MODULE = range(1, 11)
COMPARATOR, DECIDED = 12, 13
KINDS = {"check": 1, "asserts": 2, "program": 3, "unittest": 5, "pytest": 6, "calls": 7}
PLAN, STATE, TEST_RECORD, FAULT, END = 1, 2, 3, 4, 5
OUTCOMES = ("NOT_RUN", "PASSED", "FAILED", "ERROR", "TIME_LIMIT", "CRASHED", "SKIPPED")
SHARED, EXAMINER, EXAMINEE = range(3)
FAULTS = ("", "COMPILE", "LOAD", "TESTS", "PROGRAM", "HARNESS", "INSEPARABLE")
FIELDS = ("name", "source", "call", "expected", "actual", "type", "message", "traceback")

# inside/lock.h: no flags, no rules, one instruction.
LOCK_MAGIC = 0x61736C6B
ALLOW_EVERYTHING = struct.pack("=IIIIHBBI", LOCK_MAGIC, 0, 0, 1, 0x06, 0, 0, 0x7FFF0000)

START = """
set -e
mount --bind "$RUNTIME" /mnt
mount -t tmpfs -o size=64m,nr_inodes=4096,mode=1777 tmpfs /tmp
mount -t tmpfs -o size=64m,nr_inodes=4096,mode=1777 tmpfs /dev/shm
exec $DROP "$PYTHON" -I -S -B /mnt/zygote.py $MODULES 3<&$CONTROL 4<&$LOCK </dev/null
"""
MODULES = (
    "sys os io abc types typing math cmath re string collections collections.abc itertools functools "
    "operator copy heapq bisect array enum dataclasses contextlib random hashlib decimal fractions "
    "numbers statistics datetime calendar time json struct textwrap traceback warnings queue threading"
)


def missing():
    """Why a cell cannot be made here; "" if it can."""
    if shutil.which("unshare") is None or shutil.which("setpriv") is None:
        return "unshare and setpriv"
    flags = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
    probe = ["unshare", *flags, "--pid", "--mount", "--fork", "--mount-proc", "true"]
    if subprocess.run(probe, stderr=subprocess.DEVNULL).returncode != 0:
        return "pid and mount namespaces"
    return ""


@dataclass
class Test:
    outcome: str = "NOT_RUN"
    line: int = 0
    cpu_ns: int = 0
    name: str = ""
    source: str = ""
    call: str = ""
    expected: str = ""
    actual: str = ""
    type: str = ""
    message: str = ""
    traceback: str = ""


@dataclass
class Outcome:
    plan: int = -1
    states: list = field(default_factory=list)
    tests: dict = field(default_factory=dict)
    fault: Test = None
    fault_kind: str = ""
    is_complete: bool = False
    is_malformed: bool = False
    reached: int = -1
    stdout: bytes = b""
    stderr: bytes = b""
    report: dict = None
    examiner_stderr: bytes = b""
    examinee_report: dict = None
    examinee_records: bytes = b""

    @property
    def outcomes(self):
        return [self.tests[i].outcome if i in self.tests else "NOT_RUN" for i in range(self.plan)]

    @property
    def passed(self):
        """As the daemon's verdict has it: a complete examination in which all that was reached held."""
        reached = [test.outcome for test in self.tests.values() if test.outcome != "SKIPPED"]
        return (
            self.is_complete
            and not self.is_malformed
            and not self.fault_kind
            and bool(reached)
            and all(outcome == "PASSED" for outcome in reached)
            and self.reached == len(self.tests)
            and self.report["status"] == 0
        )


def section(tag, content):
    return struct.pack("=II", tag, len(content)) + content


def as_bytes(text):
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def build_job(nonce, kind, code, tests, prompt="", entry_point="", setup="", stop=False,
              value_bytes=2000, files=(), modules=(), role=SHARED, control=False,
              test_ms=0, decided=(), comparator=None):  # fmt: skip
    job = b"" if nonce is None else section(NONCE, nonce)
    job += section(OPTION, OPTIONS.pack(KINDS[kind], int(stop), value_bytes, role, int(control), test_ms, 0))
    for tag, text in ((PROMPT, prompt), (CODE, code), (ENTRY_POINT, entry_point), (SETUP, setup)):
        job += b"" if text is None else section(tag, as_bytes(text))
    if decided:
        job += section(DECIDED, struct.pack("=%dI" % len(decided), *decided))
    if comparator is not None:
        job += section(COMPARATOR, as_bytes(comparator))
    for test in [tests] if isinstance(tests, (str, bytes)) else tests:
        job += section(TEST, as_bytes(test))
    for name, content in files:
        job += section(FILE_NAME, as_bytes(name)) + section(FILE_CONTENT, as_bytes(content))
    for module in modules:
        job += section(MODULE, as_bytes(module))
    return job


def memory_file(content):
    fd = os.memfd_create("job", os.MFD_CLOEXEC)
    os.write(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def parse_fields(data, count):
    fields = []
    for _ in range(count):
        (length,) = struct.unpack_from("=I", data)
        fields.append(data[4 : 4 + length].decode("utf-8", "surrogatepass"))
        data = data[4 + length :]
    assert not data
    return fields


def parse_records(data, nonce):
    outcome = Outcome()
    while data:
        if outcome.is_complete:
            outcome.is_malformed = True
            return outcome
        header = HEADER.unpack_from(data)
        magic, kind, result, length, number, line, cpu_ns, n_fields, _ = header
        assert magic == 0xA55A
        body = data[HEADER.size : length]
        data = data[length:]
        if kind == END:
            outcome.is_complete = body == struct.pack("=I", 16) + nonce
            outcome.is_malformed = not outcome.is_complete
            outcome.reached = number
            continue
        texts = dict(zip(FIELDS, parse_fields(body, n_fields)))
        if kind == PLAN:
            outcome.plan = number
        elif kind == STATE:
            outcome.states.append(number)
        elif kind == TEST_RECORD:
            assert number < outcome.plan
            outcome.tests[number] = Test(OUTCOMES[result], line, cpu_ns, **texts)
        elif kind == FAULT:
            outcome.fault_kind = FAULTS[result]
            outcome.fault = Test("ERROR", line, 0, **texts)
    return outcome


class Cell:
    """One zygote; run() judges a candidate. A context manager."""

    def __init__(self, runtime, python="/usr/bin/python3"):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        lock = memory_file(ALLOW_EVERYTHING)
        is_root = os.getuid() == 0
        drop = "setpriv --no-new-privs"
        if is_root:
            drop += " --reuid=65534 --regid=65534 --clear-groups"
        environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "RUNTIME": runtime,
            "DROP": drop,
            "PYTHON": python,
            "MODULES": MODULES,
            "CONTROL": str(theirs.fileno()),
            "LOCK": str(lock),
        }
        flags = [] if is_root else ["--user", "--map-root-user"]
        self.process = subprocess.Popen(
            ["unshare", *flags, "--pid", "--mount", "--fork", "--mount-proc", "--kill-child",
             "bash", "-c", START],
            env=environment, pass_fds=[theirs.fileno(), lock])  # fmt: skip
        theirs.close()
        os.close(lock)
        self.socket = ours
        self.socket.settimeout(20)
        self.run_id = 0
        ready = self.receive()
        assert ready["type"] == READY, ready
        self.runtime = ready["runtime"]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        self.socket.close()
        self.process.wait(PATIENCE_S)

    def receive(self):
        data = self.socket.recv(4096)
        assert data, "the zygote is gone"
        names = ("type", "flags", "run_id", "status", "processes", "cpu_ns", "run_delay_ns",
                 "memory_peak_bytes", "n_refusals", "runtime")  # fmt: skip
        report = dict(zip(names, REPORT.unpack(data)))
        report["runtime"] = report["runtime"].rstrip(b"\0").decode()
        return report

    def send(self, kind, fds=(), flags=0, cpu_ns=10**10, memory_bytes=1 << 29, processes=64):
        request = REQUEST.pack(kind, processes, self.run_id, cpu_ns, memory_bytes, 1 << 26,
                               1 << 26, 256, flags)  # fmt: skip
        socket.send_fds(self.socket, [request], list(fds))

    def start(self, job, channel=(), **limits):
        """Starts a run; returns what finish() wants."""
        self.run_id += 1
        pipes = [os.pipe() for _ in range(3)]
        fd = memory_file(job)
        self.send(RUN, [fd] + [pipe[1] for pipe in pipes] + list(channel), **limits)
        os.close(fd)
        for pipe in pipes:
            os.close(pipe[1])
        return [pipe[0] for pipe in pipes]

    def finish(self, pipes, nonce):
        contents = drain(pipes)
        outcome = parse_records(contents[0], nonce)
        outcome.stdout, outcome.stderr = contents[1:]
        outcome.report = self.receive()
        assert outcome.report["type"] == DONE and outcome.report["run_id"] == self.run_id
        return outcome

    def run(self, kind, code, tests, limits=None, **options):
        nonce = os.urandom(16)
        pipes = self.start(build_job(nonce, kind, code, tests, **options), **(limits or {}))
        return self.finish(pipes, nonce)

    def usage_until(self, condition, seconds=PATIENCE_S):
        """Asks for the usage of the present run until the condition holds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.send(USAGE)
            report = self.receive()
            assert report["type"] == USED
            if condition(report):
                return report
        raise AssertionError("never: %r" % report)


class SplitCells:
    """Two zygotes: the first examines, the second is examined."""

    def __init__(self, runtime):
        self.examiner = Cell(runtime)
        self.examinee = Cell(runtime)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        self.examiner.close()
        self.examinee.close()

    def run(self, kind, code, tests, prompt="", entry_point="", setup="", files=(), modules=(),
            limits=None, test_ms=0, kills=False, **options):  # fmt: skip
        nonce = os.urandom(16)
        common = {"prompt": prompt, "entry_point": entry_point, "modules": modules,
                  "test_ms": test_ms}  # fmt: skip
        judging = build_job(nonce, kind, None, tests, setup=setup, role=EXAMINER, **common, **options)
        judged = build_job(None, kind, code, [], setup=None, files=files, role=EXAMINEE, **common)
        outcome = self.run_jobs(judging, judged, nonce, limits, kills)
        assert not outcome.examinee_records
        return outcome

    def run_jobs(self, judging, judged, nonce, limits=None, kills=False):
        """`kills`: as the broker would, an examinee that is still there after its examiner."""
        to_examinee, to_examiner = os.pipe(), os.pipe()
        seen = self.examinee.start(judged, (to_examinee[0], to_examiner[1]), **(limits or {}))
        pipes = self.examiner.start(judging, (to_examiner[0], to_examinee[1]))
        for fd in (*to_examinee, *to_examiner):
            os.close(fd)
        if kills:
            contents = drain(pipes)
            self.examinee.send(KILL)
            contents += drain(seen)
        else:
            contents = drain([*pipes, *seen])
        outcome = parse_records(contents[0], nonce)
        outcome.examinee_records = contents[3]
        outcome.stdout, outcome.stderr = contents[4:]
        outcome.examiner_stderr = contents[2]
        outcome.report = self.examiner.receive()
        outcome.examinee_report = self.examinee.receive()
        assert outcome.report["type"] == outcome.examinee_report["type"] == DONE
        return outcome


def drain(pipes):
    import selectors

    contents = {fd: b"" for fd in pipes}
    with selectors.DefaultSelector() as selector:
        for fd in pipes:
            selector.register(fd, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                data = os.read(key.fd, 65536)
                contents[key.fd] += data
                if not data:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return [contents[fd] for fd in pipes]
