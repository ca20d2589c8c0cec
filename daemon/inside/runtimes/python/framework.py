"""The modules of a test framework, imported by the judging side for its own use.

They are kept aside until the tests are defined: in a shared examination the candidate must not get
hold of them while it is loaded, and what it imports and patches then is a copy of its own.
"""

import sys

from folders import put_before_files
from plan import FAULT_TESTS, Refused
from texts import __builtins__, layout

__assay__ = layout

PARTS = {
    "unittest": {"unittest"},
    "pytest": {"pytest", "_pytest", "pluggy", "iniconfig", "packaging", "attr", "attrs", "py",
               "unittest"},
}  # fmt: skip


class Framework:
    """`name`: "unittest" or "pytest". `skip`, `failure`: its exceptions that say so, classes."""

    def __init__(self, name):
        self.parts = PARTS[name]
        if name != "unittest":
            put_before_files()
        try:
            self.module = __import__(name)
        except ImportError as error:
            refusal = ImportError("%s is not installed in this policy's cell" % name)
            raise Refused(FAULT_TESTS) from refusal.with_traceback(error.__traceback__)
        is_unittest = name == "unittest"
        self.skip = self.module.SkipTest if is_unittest else self.module.skip.Exception
        self.failure = () if is_unittest else self.module.fail.Exception
        self.modules = {}
        self.mark()
        self.hide()

    def mark(self):
        """What is imported by now belongs to it: no frame of it is told in a traceback."""
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] in self.parts:
                self.modules[name] = module
                module.__dict__["__assay__"] = layout

    def hide(self):
        for name in self.modules:
            sys.modules.pop(name, None)

    def show(self):
        sys.modules.update(self.modules)
