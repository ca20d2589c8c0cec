"""Daemons whose policies leave layers of isolation out, to show what each is good for.

$ASSAY_TEST_LEAVE_OUT names layers, separated by commas: then the tests of this run speak to such
daemons, and those whose promise rests on one of these layers fail. "host-folders" is no layer: it
adds folders of the host to what the policies mount, read-only, as the one thing about the mount
namespace that can be widened at all.
"""
import glob
import os
import re
import shutil
import tempfile

from support import patience
from support.shared import ROOT

LEFT_OUT = [name for name in os.environ.get("ASSAY_TEST_LEAVE_OUT", "").split(",") if name]
HOST_FOLDERS = "host-folders"
# /tmp is the cell's own.
BINDS = "".join(f"  - {{kind: bind, source: {path}, target: {path}, optional: true}}\n"
                for path in ("/etc/passwd", "/etc/hostname", "/root", "/var"))
COMPILE_TIME = re.compile(r"(?<=compile_limits:\n  )cpu_ms: (\d+)\n  wall_ms: (\d+)")
SECCOMP, SECCOMP_NOTIFY = "seccomp", "seccomp-notify"


def complete(layers):
    """With what goes with them: the filter's listener goes with the filter."""
    return [*layers, *([SECCOMP_NOTIFY] if SECCOMP in layers and SECCOMP_NOTIFY not in layers else [])]


def with_more(found):
    times = patience.limits({"cpu_ms": int(found[1]), "wall_ms": int(found[2])})
    return f"cpu_ms: {times['cpu_ms']}\n  wall_ms: {times['wall_ms']}"


def give_compilers_time(folder):
    """Multiplies what the policies of a folder give a compiler by the factor of our patience."""
    for path in glob.glob(f"{folder}/*/policy.yaml"):
        with open(path, "r+", encoding="utf-8") as file:
            text = COMPILE_TIME.sub(with_more, file.read())
            file.seek(0)
            file.write(text)
            file.truncate()


class Policies:
    """A copy of the policies without these layers, and with time for compilers on a slow machine;
    options() starts assayd with it."""

    def __init__(self, layers):
        self.layers = [name for name in complete(layers) if name != HOST_FOLDERS]
        self.folder = tempfile.mkdtemp(prefix="at-policies-")
        shutil.copytree(os.path.join(ROOT, "policies"), self.folder, dirs_exist_ok=True)
        with open(os.path.join(self.folder, "base.yaml"), "a", encoding="utf-8") as base:
            if HOST_FOLDERS in layers:
                base.write(BINDS)
            if self.layers:
                base.write(f"leave_out: [{', '.join(self.layers)}]\n")
        give_compilers_time(self.folder)
        os.chmod(self.folder, 0o755)  # a daemon may be another user's

    def options(self):
        named = [part for name in self.layers for part in ("--allow-weaker", name)]
        return ["--policies", self.folder, *named]

    def remove(self):
        shutil.rmtree(self.folder)
