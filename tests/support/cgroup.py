"""A cgroup for each daemon, as a service manager gives one to each service.

With cgroup v2 a daemon gets no cgroups for its cells where other processes live in its own, and the
tests do. $ASSAY_TEST_CGROUP is a folder in which we may make groups and whose controllers are passed
on: each daemon is started in a new one below it. Without it, daemons live where the tests do.
"""
import os
import tempfile

from support import host

DELEGATED = os.environ.get("ASSAY_TEST_CGROUP", "")
ENTER = 'echo $$ >"$0/cgroup.procs" && exec "$@"'


def make():
    """A group, or "" if there are to be none."""
    return tempfile.mkdtemp(prefix="service-", dir=DELEGATED) if DELEGATED else ""


def enter(folder, command):
    """The command that runs `command` in the group."""
    return ["/bin/sh", "-c", ENTER, folder, *command] if folder else command


def remove(folder):
    """What was in it must have removed itself, the groups that it made, too."""
    def is_gone():
        try:
            os.rmdir(folder)
        except OSError:
            return False
        return True

    if folder:
        host.wait_until(is_gone, f"nothing is left in {folder}")
