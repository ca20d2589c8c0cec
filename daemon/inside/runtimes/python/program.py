"""Runs the candidate's code as a program: what it reads is descriptor 0, what it prints is judged.

There are no tests in this process. How it ends is the program's own affair, as under a normal
interpreter; what it raised is recorded only to be told.

The interpreter's own end is not used: with dozens of modules loaded and frozen it is slow, and never
frees what was there before the fork, stdout among it, so that what is printed late would be lost.
"""

import atexit
import gc
import sys
import threading
from _sitebuiltins import Quitter

import _assay
import examinee
import texts
from texts import CANDIDATE_FILE, __builtins__, layout

__assay__ = layout

FAULT_COMPILE = 1
FAULT_LOAD = 2
FAULT_BYTES = 4096

STATE_LOADING = 1

STATUS_UNFLUSHED = 120  # the interpreter's own

STDIN = sys.stdin
STDOUT = sys.stdout
STDERR = sys.stderr
MODULES = sys.modules

# Taken before the program can put others in their place.
join_threads = threading._shutdown
run_exit_handlers = atexit._run_exitfuncs
collect = gc.collect


def open_input():
    """As the interpreter would have at its start: the old one knows another file."""
    sys.stdin = sys.__stdin__ = open(
        0, encoding=STDIN.encoding, errors=STDIN.errors, newline="\n", closefd=False
    )


def without_our_frames(traceback):
    while traceback is not None and texts.is_ours(traceback):
        traceback = traceback.tb_next
    return traceback


def tell(fault, error):
    """In the records, then on stderr as the interpreter would."""
    _assay.fault(fault, *texts.describe(error, FAULT_BYTES))
    error = error.with_traceback(without_our_frames(error.__traceback__))
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except BaseException:
        quietly(sys.__excepthook__, type(error), error, error.__traceback__)


def exit_status(code):
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    try:
        print(code, file=sys.stderr, flush=True)
    except BaseException:
        pass
    return 1


def execute(code, aliases):
    code = examinee.without_bom(code)
    layout.code = code
    try:
        compiled = compile(code, CANDIDATE_FILE, "exec", dont_inherit=True)
    except Exception as error:
        tell(FAULT_COMPILE, error)
        return 1
    try:
        exec(compiled, examinee.new_module("__main__", aliases).__dict__)
    except SystemExit as error:
        return exit_status(error.code)
    except BaseException as error:
        tell(FAULT_LOAD, error)
        return 1
    return 0


# ---------------------------------------------------------------- as the interpreter does it


def add_site_names():
    """The cell runs without site, which would have added them."""
    for name in ("exit", "quit"):
        examinee.BUILTINS.setdefault(name, Quitter(name, "Ctrl-D (i.e. EOF)"))


def quietly(function, *arguments):
    try:
        function(*arguments)
    except BaseException as error:
        try:
            sys.__excepthook__(type(error), error, without_our_frames(error.__traceback__))
        except BaseException:
            pass


def flush(stream):
    """Whether all of it was written."""
    try:
        if not stream.closed:
            stream.flush()
    except AttributeError:  # None, or not a stream
        pass
    except BaseException:
        return False
    return True


def free_modules(known):
    """What the program has made is freed: files that it did not close are written."""
    for name in list(MODULES):
        if name not in known or name == "__main__":
            MODULES.pop(name, None)
    collect()


def run(code, aliases):
    """The status that the process is to end with."""
    known = frozenset(MODULES)
    add_site_names()
    open_input()
    _assay.state(STATE_LOADING)  # from here on nothing that goes wrong is our fault
    status = execute(code, aliases)
    quietly(join_threads)
    quietly(run_exit_handlers)
    is_flushed = flush(getattr(sys, "stdout", None))
    quietly(free_modules, known)
    is_flushed = flush(STDOUT) and is_flushed
    flush(STDERR)
    return status if is_flushed else STATUS_UNFLUSHED
