"""Pid 1 of a Python cell: zygote.py MODULE...

Warms the interpreter up, then hands over to the loop in C (zygote.c), which locks the process and
forks one child a run. Nothing here ever sees a job.
"""

import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
WORK_AREAS = ("/tmp", "/dev/shm")
OF_THE_START = ("LD_BIND_NOW", "LD_PRELOAD")  # variables that no other program needs
# Modules of ours: no candidate finds them among those that are imported.
OURS = {name.partition(".")[0] for name in os.listdir(FOLDER)}


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


def import_without_fork_handlers(names):
    """Imports; returns what the modules want to be called in each forked child.

    The interpreter would call them after every fork; threading's alone costs a fifth of a short
    run. The examiner calls them for the candidates that may notice .
    """
    handlers = []
    register = os.register_at_fork

    def remember(*, before=None, after_in_child=None, after_in_parent=None):
        handlers.append((before, after_in_child, after_in_parent))

    os.register_at_fork = remember
    try:
        import_modules(names)
    finally:
        os.register_at_fork = register
    return handlers


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
    from folders import put_behind

    put_behind()
    _assay.start_huge()
    handlers = import_without_fork_handlers(modules)
    _assay.fill_gaps()  # so that ours lie together
    import examiner
    import rehearsal

    examiner.fork_handlers.extend(handlers)
    rehearsal.rehearse()
    remove_handlers()
    os.chdir(areas[0])
    for name in OF_THE_START:
        os.environ.pop(name, None)
    sys.argv[:] = ["candidate.py"]
    sys.path[:] = [entry for entry in sys.path if entry not in (FOLDER, "")]
    for name in OURS:
        sys.modules.pop(name, None)
    sys.path_importer_cache.clear()

    import gc

    gc.collect()
    gc.freeze()
    gc.disable()  # the examiner enables it for the candidate
    _assay.fill_gaps()
    _assay.finish_huge()
    _assay.learn_pages(rehearsal.typical_run)
    _assay.serve(examiner.run, areas)


main()
