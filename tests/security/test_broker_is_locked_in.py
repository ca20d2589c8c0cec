"""Who takes over the broker holds a process that can open, connect, start and execute nothing."""
import errno
import os
import subprocess

import pytest

from support.daemon import BUILD
from support.inject import Taken
from support.patience import PATIENCE_S
from support.wire import evaluate_add

AT_FDCWD = -100
READ, OPENAT, MMAP, MPROTECT, SOCKET, SOCKETPAIR, CONNECT = 0, 257, 9, 10, 41, 53, 42
CLONE, FORK, EXECVE, KILL, PTRACE, UNSHARE, MOUNT, PRCTL = 56, 57, 59, 62, 101, 272, 165, 157
UNLINK, CHMOD, IO_URING_SETUP, BPF, CLONE3, OPENAT2, GETPID = 87, 90, 425, 321, 435, 437, 39
UNLINKAT, CACHE_FD = 263, 7
FCNTL, IOCTL, WRITE_ONLY_CLOEXEC = 72, 16, os.O_WRONLY | os.O_CLOEXEC
F_SETOWN, TIOCSTI, PROT_RWX, MAP_PRIVATE_ANONYMOUS = 8, 0x5412, 7, 0x22


def is_sanitized():
    with open(os.path.join(BUILD, "assay-broker"), "rb") as program:
        return b"__asan_init" in program.read()


pytestmark = pytest.mark.skipif(is_sanitized(), reason="a sanitized broker is not locked in")


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


def test_the_status_says_so(client):
    told = set(client.status().broker_isolation)
    # A kernel that gives it to no cell gives it to nobody.
    assert told == {"seccomp"} | {"landlock"} & set(client.greeting.isolation)


def test_its_state_says_so(daemon):
    status = status_of(daemon.broker().pid)
    assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1"
    for which in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status[which], 16) == 0, which


@pytest.mark.requires_root
def test_as_root_it_is_somebody_else(daemon):
    pid = daemon.broker().pid
    status = status_of(pid)
    assert "0" not in status["Uid"].split() + status["Gid"].split()
    assert status["Groups"].strip() == ""
    assert int(status["CapBnd"], 16) == 0
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0  # not dumpable: not its own


ATTACKS = {
    "make a socket": (SOCKET, 2, 1, 0),
    "make a Unix socket": (SOCKET, 1, 1, 0),
    "make a pair of sockets": (SOCKETPAIR, 1, 1, 0, "scratch"),
    "fork": (FORK,),
    "clone": (CLONE, 17),
    "clone3": (CLONE3, "scratch", 88),
    "execute": (EXECVE, "/bin/true", 0, 0),
    "read a file": (OPENAT, AT_FDCWD, "/etc/passwd", 0),
    "write a file": (OPENAT, AT_FDCWD, "/tmp/taken", os.O_WRONLY | os.O_CREAT, 0o600),
    "open with openat2": (OPENAT2, AT_FDCWD, "/etc/passwd", "scratch", 24),
    "remove a file": (UNLINK, "/tmp/never"),
    "change a mode": (CHMOD, "/tmp", 0o777),
    "map code": (MMAP, 0, 4096, PROT_RWX, MAP_PRIVATE_ANONYMOUS, -1, 0),
    "make memory code": (MPROTECT, "page", 4096, PROT_RWX),
    "end its starter": (KILL, "parent", 9),
    "trace": (PTRACE, 16, "parent"),
    "make namespaces": (UNSHARE, 0x10000000),
    "mount": (MOUNT, "/tmp", "/mnt", 0, 0x1000),
    "become dumpable": (PRCTL, 4, 1),
    "make a ring": (IO_URING_SETUP, 8, "scratch"),
    "load bpf": (BPF, 5, "scratch", 48),
    "have signals sent": (FCNTL, 0, F_SETOWN, 1),
    "type into a terminal": (IOCTL, 0, TIOCSTI, "scratch"),
}


def prepare(taken, argument, parent):
    special = {"scratch": lambda: taken.text(bytes(128), 4), "parent": lambda: parent,
               "page": lambda: taken.saved.rsp & ~4095}
    if not isinstance(argument, str):
        return argument
    return special[argument]() if argument in special else taken.text(argument.encode())


@pytest.mark.requires_root
@pytest.mark.parametrize("attack", ATTACKS)
def test_taken_over_it_cannot(daemon, attack):
    number, *arguments = ATTACKS[attack]
    with Taken(daemon.broker().pid) as taken:
        answer = taken.call(number, *(prepare(taken, argument, daemon.pid)
                                      for argument in arguments))
        assert answer == -errno.EPERM, answer
        assert taken.call(GETPID) == daemon.broker().pid  # it lives, and the answer was real
    with daemon.connect() as client:
        assert client.judge_one(evaluate_add()).passed


@pytest.mark.requires_root
def test_of_files_only_dev_null(daemon, tmp_path):
    """What the filter lets through, because a run needs it, Landlock refuses for all other paths."""
    if "goes without Landlock" in daemon.log():
        pytest.skip("the kernel has no Landlock")
    target = tmp_path / "file"
    target.write_text("")
    for path in (target, *target.parents):
        path.chmod(0o777)
    with Taken(daemon.broker().pid) as taken:
        assert taken.call(OPENAT, AT_FDCWD, taken.text(b"/dev/null"), WRITE_ONLY_CLOEXEC) > 2
        for path in (os.fsencode(target), b"/dev/zero", b"/dev/full", b"/dev/tty"):
            answer = taken.call(OPENAT, AT_FDCWD, taken.text(path), WRITE_ONLY_CLOEXEC)
            assert answer == -errno.EACCES, (path, answer)


@pytest.mark.requires_root
def test_with_a_folder_of_verdicts_only_that(own_daemon, tmp_path):
    """What it may do with that folder, it may do nowhere else, and nothing more is to be had."""
    daemon = own_daemon("--cache-dir", str(tmp_path / "cache"))
    if "goes without Landlock" in daemon.log():
        pytest.skip("the kernel has no Landlock")
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", *tmp_path.parents, tmp_path):
        path.chmod(0o777)
    reading = os.O_CLOEXEC | os.O_NOFOLLOW
    making = reading | os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with Taken(daemon.broker().pid) as taken:
        made = taken.call(OPENAT, CACHE_FD, taken.text(b"made"), making, 0o600)
        assert made > 2
        assert taken.call(UNLINKAT, CACHE_FD, taken.text(b"made"), 0) == 0
        for path in (os.fsencode(tmp_path / "file"), b"/etc/passwd", b"/proc/self/mem"):
            answer = taken.call(OPENAT, CACHE_FD, taken.text(path), reading)
            assert answer == -errno.EACCES, (path, answer)
        other = taken.text(os.fsencode(tmp_path / "other"))
        assert taken.call(OPENAT, CACHE_FD, other, making, 0o600) == -errno.EACCES
        removed = taken.text(os.fsencode(tmp_path / "file"))
        assert taken.call(UNLINKAT, CACHE_FD, removed, 0) == -errno.EACCES
        assert taken.call(UNLINKAT, AT_FDCWD, removed, 0) == -errno.EPERM
        assert taken.call(SOCKET, 1, 1, 0) == -errno.EPERM


@pytest.mark.requires_root
def test_a_process_that_is_not_locked_in_can(daemon):
    """The same attacks work on the supervisor, so it is the lock that stops them."""
    with Taken(daemon.pid) as taken:
        made = taken.call(SOCKET, 1, 1, 0)
        assert made > 2
        opened = taken.call(OPENAT, AT_FDCWD, taken.text(b"/etc/passwd"), 0)
        assert opened > 2
        for descriptor in (made, opened):
            assert taken.call(3, descriptor) == 0
        assert taken.call(MMAP, 0, 4096, PROT_RWX, MAP_PRIVATE_ANONYMOUS, -1, 0) > 0


def test_programs_are_hardened():
    """Position-independent, read-only relocations bound at once, no executable stack, canaries."""
    for name in ("assayd", "assay-keeper", "assay-broker", "assay", "libassay.so.0",
                 "runtimes/python/_assay.abi3.so"):
        def readelf(*options, path=os.path.join(BUILD, name)):
            return subprocess.run(["readelf", "-W", *options, path], capture_output=True, text=True,
                                  check=True, timeout=PATIENCE_S).stdout
        dynamic, segments = readelf("-d"), readelf("-l")
        stack, = [line for line in segments.splitlines() if "GNU_STACK" in line]
        assert "DYN" in readelf("-h"), name
        assert "GNU_RELRO" in segments and "BIND_NOW" in dynamic, name
        assert "RWE" not in stack and "TEXTREL" not in dynamic, name
        assert "__stack_chk_fail" in readelf("--dyn-syms"), name


@pytest.mark.parametrize("name", ["broker/session", "keeper/requests", "supervisor", "base/fd"])
def test_code_is_built_for_branch_tracking_and_shadow_stacks(name):
    """Of the objects: a program says so only if the C library's start-up code does, too."""
    notes = subprocess.run(["readelf", "-n", os.path.join(BUILD, f"obj/daemon/{name}.o")],
                           capture_output=True, text=True, check=True, timeout=PATIENCE_S).stdout
    assert "IBT, SHSTK" in notes
