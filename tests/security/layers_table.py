#!/usr/bin/env python3
"""Usage: layers_table.py [DOCUMENT]   (or `make layers`; takes minutes, as root)

Leaves out one layer of isolation after the other, and some together, runs the attacks of the box on
each such daemon and prints as a table which promises break. With DOCUMENT the table replaces what
stands there between the two markers. test_layers_are_needed.py keeps the table's gist true.

Not run: what rests on no layer (the daemon's own armour, forged verdicts), and attacks that use up
what the layer would have bounded; harmless ones in test_bounded_resources.py stand for them.
"""
import os
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.layers import FAILED, outcomes  # noqa: E402
from support.left_out import HOST_FOLDERS  # noqa: E402

ROWS = [
    ("user-namespace",), ("user-namespace", "seccomp"),
    (HOST_FOLDERS,),
    ("network-namespace",), ("network-namespace", "landlock"), ("network-namespace", "seccomp"),
    ("network-namespace", "landlock", "seccomp"),
    ("ipc-namespace",), ("ipc-namespace", "seccomp"),
    ("uts-namespace",), ("cgroup-namespace",), ("read-only-root",), ("no-capabilities",),
    ("seccomp",), ("seccomp-notify",), ("landlock",), ("landlock", "seccomp"), ("rlimits",),
    ("host-uid-per-slot",), ("cgroup-memory",), ("cgroup-pids",), ("cgroup-cpu",),
]
FILES = ["test_bounded_resources.py", "test_clean_environment.py", "test_cpu_is_counted.py",
         "test_escapes.py", "test_landlock.py", "test_no_descriptors.py", "test_no_host_files.py",
         "test_no_network.py", "test_no_privileges.py", "test_no_shared_objects.py",
         "test_no_writes_outside.py", "test_pid_one_is_safe.py", "test_refused_calls_are_named.py"]
# Floods and long waits, whose promises other tests have, too.
LONG = ("flood", "killed_while", "sleep", "import", "cross", "no_folder_outside", "is_bounded",
        "waited", "grandchildren", "ended", "replace")
WORKERS = (os.cpu_count() or 1) + 1  # they wait a lot
NAMES_SHOWN = 4
BEGIN = "<!-- made by tests/security/layers_table.py -->"
END = "<!-- end of what layers_table.py makes -->"


def is_harmless(row, file):
    """Where a cgroup is missing, only what was written for that."""
    return file != "test_escapes.py" or not any(name.startswith("cgroup-") for name in row)


def broken_by(row):
    files = [file for file in FILES if is_harmless(row, file)]
    found = outcomes(row, files, "-k", " and ".join(f"not {name}" for name in LONG))
    broken = {test for test, outcome in found.items() if outcome == FAILED}
    print(f"{' + '.join(row) or 'nothing'} left out: {len(broken)} tests fail", file=sys.stderr,
          flush=True)
    return broken


def plain(name):
    name, _, case = name.removeprefix("test_").partition("[")
    return name.replace("_", " ") + (f" ({case.rstrip(']')})" if case else "")


def tell(tests):
    files = {}
    for file, test in sorted(tests):
        files.setdefault(file.removeprefix("test_"), []).append(plain(test))
    parts = []
    for file, names in files.items():
        more = len(names) - NAMES_SHOWN
        parts.append(f"`{file}`: " + "; ".join(names[:NAMES_SHOWN])
                     + (f"; and {more} more" if more > 0 else ""))
    return "<br>".join(parts)


def table(broken):
    """The rows as Markdown; of layers together only what none of them breaks alone is told."""
    yield "| left out | promises that are broken then |"
    yield "|---|---|"
    for row, tests in broken.items():
        parts = [other for other in broken if set(other) < set(row)]
        fresh = tests - set().union(*(broken[part] for part in parts))
        others = [other for other in broken if set(row) < set(other)]
        text = tell(fresh)
        if not text:
            text = "none; others stop it, too" + (": see it together with them" if others else "")
        elif parts:
            text = "besides what each breaks alone: " + text
        yield f"| {' + '.join(row)} | {text} |"


def write(document, lines):
    with open(document, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGIN)
    _, marker, after = rest.partition(END)
    if not marker:
        raise SystemExit(f"{document}: the markers are missing")
    with open(document, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + "\n\n" + "\n".join(lines) + "\n\n" + END + after)


def main():
    wrong = broken_by(())
    if wrong:
        raise SystemExit(f"broken with every layer: {sorted(wrong)}")
    with ThreadPoolExecutor(WORKERS) as pool:
        broken = dict(zip(ROWS, pool.map(broken_by, ROWS)))
    lines = list(table(broken))
    print("\n".join(lines))
    if len(sys.argv) > 1:
        write(sys.argv[1], lines)


if __name__ == "__main__":
    main()
