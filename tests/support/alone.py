"""Stages of tests that run beside each other, and tests that must have the machine for themselves.

$ASSAY_TEST_LOCKS is a folder that such stages share. A test that is marked `alone` waits until the
others' present tests have ended, and they wait until it has. Of the two locks, the turnstile is passed by
everybody and kept only by one who wants to be alone: else two stages whose tests follow one another
could keep it waiting for ever. Locks go with the process that has them.
"""
import contextlib
import fcntl
import os

FOLDER = os.environ.get("ASSAY_TEST_LOCKS", "")


@contextlib.contextmanager
def locked(name, how):
    with open(os.path.join(FOLDER, name), "a", encoding="ascii") as file:
        fcntl.flock(file, how)
        yield


@contextlib.contextmanager
def turn(is_alone):
    """The time of one test."""
    if not FOLDER:
        yield
        return
    with contextlib.ExitStack() as kept:
        with contextlib.ExitStack() as passing:
            passing.enter_context(locked("turnstile", fcntl.LOCK_EX))
            kept.enter_context(locked("machine", fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH))
            if is_alone:
                kept.push(passing.pop_all())
        yield
