"""Pid 1 of a Python cell: zygote.py MODULE...

Warms the interpreter up, then hands over to the loop in C (zygote.c), which locks the process and
forks one child a run. Nothing here ever sees a job.
"""

import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
WORK_AREAS = ("/tmp", "/dev/shm")
OURS = ("_assay", "examiner", "examinee", "rewrite", "texts")

# Runs of the examiner's own code before the first fork: the interpreter specializes code and fills
# caches in its first runs, and every page that it writes after the fork is copied.
REHEARSALS = 24


def has_fixed_hashes():
    return not sys.flags.hash_randomization or "PYTHONHASHSEED" not in os.environ


def start_again():
    """-I ignores PYTHONHASHSEED; without it sets come in another order in every cell."""
    flags = ["-s", "-S", "-B"] + (["-P"] if sys.version_info >= (3, 11) else [])
    os.execv(sys.executable, [sys.executable, *flags, *sys.argv])


def warn(text):
    print("zygote: " + text, file=sys.stderr, flush=True)


def import_modules(names):
    for name in names:
        try:
            __import__(name)
        except Exception as error:
            warn("cannot import %s: %s" % (name, error))


def prefer_this_as_victim():
    """When memory runs out the kernel shall end something of this cell; the children inherit it."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError as error:
        warn("oom_score_adj: %s" % error)


def remove_handlers():
    """The kernel keeps signals from inside a pid namespace away from a pid 1 without handlers."""
    import signal

    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)


def main():
    if not has_fixed_hashes():
        start_again()
    modules = sys.argv[1:]
    areas = WORK_AREAS
    sys.path.insert(0, FOLDER)
    import _assay
    import examiner

    import_modules(modules)
    for _ in range(REHEARSALS):
        examiner.rehearse()
    remove_handlers()
    prefer_this_as_victim()
    os.chdir(areas[0])
    sys.argv[:] = ["candidate.py"]
    sys.path[:] = [entry for entry in sys.path if entry not in (FOLDER, "")]
    for name in OURS:
        sys.modules.pop(name, None)
    sys.path_importer_cache.clear()

    import gc

    gc.collect()
    gc.freeze()
    _assay.serve(examiner.run, areas)


main()
