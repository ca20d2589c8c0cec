"""What a fork of the warm interpreter copies: its memory is in huge pages, where the kernel can."""
import os

import pytest

from support import host
from support.wire import evaluate_program

HUGE_PAGES = "/sys/kernel/mm/transparent_hugepage"
COLLAPSE_SINCE = (6, 1)  # MADV_COLLAPSE


def kernel_version():
    major, minor = os.uname().release.split(".")[:2]
    return int(major), int("".join(filter(str.isdigit, minor)))


def kib(pid, key):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as rollup:
        return sum(int(line.split()[1]) for line in rollup if line.startswith(key + ":"))


def warm_interpreters(daemon):
    """Host pids of the cells' first processes: the children of the keeper."""
    keeper = daemon.keeper().pid
    return [process.pid for process in host.descendants(keeper) if process.parent == keeper]


def test_half_of_it_is_in_huge_pages(daemon):
    if not os.path.isdir(HUGE_PAGES) or kernel_version() < COLLAPSE_SINCE:
        pytest.skip("no MADV_COLLAPSE")
    if os.geteuid() != 0:
        pytest.skip("not root: pid 1 of a cell shows its memory to root alone")
    daemon.wait_idle()
    pids = warm_interpreters(daemon)
    assert pids
    for pid in pids:
        assert kib(pid, "AnonHugePages") >= 4096
        assert kib(pid, "AnonHugePages") * 3 >= kib(pid, "Anonymous")


def test_it_is_not_asked_for_in_the_children(daemon):
    """A child that writes one byte beyond what is warm must not get 2 MiB of zeros for it."""
    code = ("import mmap\n"
            "area = mmap.mmap(-1, 16 << 20)\n"
            "area[8 << 20] = 1\n"
            "flags = [line for line in open('/proc/self/smaps') if line.startswith('VmFlags')]\n"
            "print(len(flags) > 10, [line for line in flags if ' hg' in line])\n")
    with daemon.connect() as client:
        result = client.judge_one(evaluate_program(code))
    assert result.stdout == b"True []\n", (result.stdout, result.feedback)
