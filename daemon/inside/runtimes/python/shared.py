"""The tests' own namespace in an examination whose candidate is in the same process.

Nothing here holds against a candidate that goes looking: frames, gc and sys.modules lead everywhere.
It takes away what needs no search, which is most of what is tried: names defined again, builtins and
library functions replaced, exception classes of the same name, an end of iteration. The order of
names is that of split.py: the tests' own, the entry point, the prompt's functions, builtins (a copy
from before the candidate's code), and only then what the candidate's module has by that name:
functions and classes from the start, anything else when it is used, as it may change.

Tests that patch something mean to do so for the candidate, so they get the modules themselves.
"""

import builtins
import functools
import re
import sys
from types import FunctionType, ModuleType

import raising
from examinee import names_of_prompt, without_bom
from remote import names_used, new_namespace
from texts import __builtins__, layout

__assay__ = layout

# Copies are as good to the tests: they keep nothing that must be one.
COPIED = {
    "bisect", "cmath", "collections", "copy", "datetime", "decimal", "fractions", "functools", "heapq",
    "itertools", "json", "math", "operator", "random", "re", "statistics", "string", "time", "typing",
}  # fmt: skip
PATCHING = re.compile(rb"patch|mocker|setattr|\.\w+\s*=[^=]")
# They call a function from C, where StopIteration ends the loop and not the test.
ITERATING = {"map", "filter", "iter", "starmap", "takewhile", "dropwhile", "filterfalse", "accumulate",
             "groupby"}  # fmt: skip
BOUND = {FunctionType, type}  # what no honest candidate puts another in the place of
LOOKING_UP = {"globals", "locals", "eval", "exec", "vars", "dir"}
CLASS = re.compile(rb"^class\s", re.M)

real_import = __builtins__["__import__"]


class Builtins(dict):
    """Those of the tests, and behind them the names of the candidate's module."""

    def __missing__(self, name):
        return self.guarded(self.candidates[name])


def unguarded(value):
    return value


# Those of this process, which examines once; made before the fork, as that is what copying costs.
prepared = Builtins(vars(builtins))
prepared.guarded = unguarded
prepared.candidates = {}


def without_end(value):
    """A function of the candidate whose StopIteration is an error like any other."""
    if type(value) is not FunctionType:
        return value

    @functools.wraps(value)
    def call(*arguments, **keywords):
        try:
            return value(*arguments, **keywords)
        except StopIteration as end:
            error = raising.substitute("StopIteration")(*end.args)
            raise error.with_traceback(end.__traceback__) from None

    return call


def copy_module(module):
    copied = ModuleType(module.__name__)
    copied.__dict__.update(module.__dict__)
    return copied


# To copy one writes to everything in it: those that are there are copied before the fork, too.
copied_modules = {name: copy_module(sys.modules[name]) for name in COPIED if name in sys.modules}


def copy_modules(used, sources):
    names = used & COPIED
    if not names or any(map(PATCHING.search, sources)):
        return {}
    return {name: copied_modules.get(name) or copy_module(real_import(name)) for name in names}


class Shelter:
    """Made before any code of the candidate runs; `namespace` is what the tests run in."""

    def __init__(self, sources, *codes):
        self.used = set().union(*map(names_used, codes))
        self.copies = copy_modules(self.used, sources)
        self.builtins = prepared
        if not ITERATING.isdisjoint(self.used) and "StopIteration" not in self.used:
            self.builtins.guarded = without_end
        if self.copies:
            self.builtins["__import__"] = self.import_module
        self.namespace = new_namespace()
        self.namespace["__builtins__"] = self.builtins

    def import_module(self, name, globals=None, locals=None, fromlist=(), level=0):
        module = self.copies.get(name) if level == 0 else None
        return real_import(name, globals, locals, fromlist, level) if module is None else module

    def keep(self, namespace):
        """What the setup defined where the candidate can define it again."""
        for name, value in namespace.items():
            if name[:2] != "__":
                is_module = type(value) is ModuleType
                self.namespace[name] = self.copies.get(name, value) if is_module else value

    def open(self, candidates, prompt, entry_point):
        """The candidate's code is loaded: `candidates` are the names of its module."""
        known = self.builtins
        known.candidates = candidates
        # By name, not as sets: to go over all builtins writes to the memory of each one's name.
        missing = [name for name in self.used if name not in known and name not in self.namespace]
        self.add_prompts_functions(prompt, missing, entry_point)
        for name in missing:
            if type(candidates.get(name)) in BOUND and name not in self.namespace:
                self.namespace[name] = known[name]
        if not LOOKING_UP.isdisjoint(self.used):
            for name in candidates:
                if name not in known and name not in self.namespace:
                    self.namespace[name] = known[name]
        name = entry_point
        if not name and not any(name in candidates for name in missing):
            # Tests of a function that is called like a builtin, and of nothing else: it is the one.
            found = [name for name in self.used if name in candidates and name in known]
            name = found[0] if len(found) == 1 else ""
        if name in candidates:
            self.namespace[name] = known.guarded(candidates[name])

    def add_prompts_functions(self, prompt, missing, entry_point):
        """Classes of the prompt are the candidate's, which has made its own: they must be one."""
        if CLASS.search(without_bom(prompt)):
            return
        helpers = [name for name in missing if name != entry_point]
        self.namespace.update(names_of_prompt(prompt, helpers, self.builtins))


def rehearse(plan):
    """What a run does, before the fork."""
    shelter = Shelter(plan.sources, plan.code)
    shelter.open({"f": rehearse}, b"", "f")
    prepared.candidates = {}
