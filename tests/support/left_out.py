"""Daemons whose policies leave layers of isolation out, to show what each is good for.

$ASSAY_TEST_LEAVE_OUT names layers, separated by commas: then the tests of this run speak to such
daemons, and those whose promise rests on one of these layers fail. "host-folders" is no layer: it
adds folders of the host to what the policies mount, read-only, as the one thing about the mount
namespace that can be widened at all.
"""
import os
import shutil
import tempfile

from support.shared import ROOT

LEFT_OUT = [name for name in os.environ.get("ASSAY_TEST_LEAVE_OUT", "").split(",") if name]
HOST_FOLDERS = "host-folders"
# /tmp is the cell's own.
BINDS = "".join(f"  - {{kind: bind, source: {path}, target: {path}, optional: true}}\n"
                for path in ("/etc/passwd", "/etc/hostname", "/root", "/var"))
SECCOMP, SECCOMP_NOTIFY = "seccomp", "seccomp-notify"


def complete(layers):
    """With what goes with them: the filter's listener goes with the filter."""
    return [*layers, *([SECCOMP_NOTIFY] if SECCOMP in layers and SECCOMP_NOTIFY not in layers else [])]


class Policies:
    """A copy of the policies without these layers; options() starts assayd with it."""

    def __init__(self, layers):
        self.layers = [name for name in complete(layers) if name != HOST_FOLDERS]
        self.folder = tempfile.mkdtemp(prefix="at-policies-")
        shutil.copytree(os.path.join(ROOT, "policies"), self.folder, dirs_exist_ok=True)
        with open(os.path.join(self.folder, "base.yaml"), "a", encoding="utf-8") as base:
            if HOST_FOLDERS in layers:
                base.write(BINDS)
            base.write(f"leave_out: [{', '.join(self.layers)}]\n")

    def options(self):
        named = [part for name in self.layers for part in ("--allow-weaker", name)]
        return ["--policies", self.folder, *named]

    def remove(self):
        shutil.rmtree(self.folder)
