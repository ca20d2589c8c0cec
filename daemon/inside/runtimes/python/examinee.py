"""The candidate's side of an examination: loads its code, and hands out the names it defines.

The examiner knows nothing of the candidate but what this module gives it; in a split examination,
over the pipe (serve()). Nothing here has to hold against the candidate, whose process this is.
"""

import linecache
import sys
from types import FunctionType, ModuleType

import _assay
import raising
from folders import put_behind
from peer import BYE, LOAD_FAILED, LOADED, TEST, Peer
from texts import CANDIDATE_FILE, PROMPT_FILE, Gone, __builtins__, layout

__assay__ = layout

# What the candidate's code and the tests share, unlike ours.
BUILTINS = vars(sys.modules["builtins"])

BOM = b"\xef\xbb\xbf"
NAME_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
DEFINING = ([b"def"], [b"class"], [b"async", b"def"])


class Unusable(Exception):
    """The candidate's code cannot be used: kind "compile" or "load"; __cause__ says why."""

    def __init__(self, kind):
        self.kind = kind


def without_bom(source):
    return source[3:] if source[:3] == BOM else source


def defines(code, name):
    """Does the code itself define `name` at its top level? A look, not a parse."""
    at = code.find(name)
    while at >= 0:
        end = at + len(name)
        if code[end : end + 1] not in (b"",) and code[end] in NAME_BYTES:
            pass
        elif defines_here(code[code.rfind(b"\n", 0, at) + 1 : at], code[end : end + 80]):
            return True
        at = code.find(name, end)
    return False


def defines_here(before, behind):
    if before:
        return not before[:1].isspace() and before[-1:].isspace() and before.split() in DEFINING
    behind = behind.lstrip(b" \t")
    return behind[:1] == b":" or (behind[:1] == b"=" and behind[1:2] != b"=")


def compile_code(source, file):
    return compile(source, file, "exec", dont_inherit=True)


def compile_prompt(prompt):
    """What the prompt defines besides the function that the candidate is to write; None: nothing.

    A prompt that ends in a function's head without a docstring does not compile alone.
    """
    for source in (prompt, prompt.rstrip() + b"\n    pass\n"):
        try:
            return compile_code(source, PROMPT_FILE)
        except Exception:
            pass
    return None


def names_of_prompt(prompt, used, builtins):
    """What the prompt defines, run apart from the candidate; {} if none of `used` can be there."""
    prompt = without_bom(prompt)
    if not prompt or not any(name.encode() in prompt for name in used):
        return {}
    code = compile_prompt(prompt)
    if code is None:
        return {}
    namespace = {"__name__": "prompt", "__builtins__": builtins}
    try:
        exec(code, namespace)
    except Exception:
        pass  # its own fault; names that are missing then are told by the tests
    return {name: value for name, value in namespace.items() if name[:2] != "__"}


def show_source(source):
    """To who asks for it, such as inspect: there is no file. Nothing is done until then."""

    def whole():
        return source.decode("utf-8", "replace")

    linecache.cache[CANDIDATE_FILE] = (whole,)


def compile_candidate(prompt, code, name):
    """The code objects to execute, in order."""
    code = without_bom(code)
    prompt = without_bom(prompt)
    layout.code = code
    show_source(code)
    if not prompt:
        return [compile_code(code, CANDIDATE_FILE)]
    if defines(code, name):
        compiled = compile_code(code, CANDIDATE_FILE)
        preamble = compile_prompt(prompt)
        return [compiled] if preamble is None else [preamble, compiled]
    layout.prompt_lines = prompt.count(b"\n")
    show_source(prompt + code)
    return [compile_code(prompt + code, CANDIDATE_FILE)]


def new_module(name, aliases):
    module = ModuleType(name)
    module.__file__ = CANDIDATE_FILE
    module.__builtins__ = BUILTINS
    sys.modules["__main__"] = ModuleType("__main__")
    for alias in (name, "candidate", *aliases):
        sys.modules[alias] = module
    return module


def write_files(files):
    """Into the working directory, from where the candidate may import them, too."""
    if not files:
        return
    for name, content in zip(files[::2], files[1::2]):
        if b"/" in name or name in (b"", b".", b".."):
            raise ValueError("not a file name: %r" % name)
        with open(name, "wb") as file:
            file.write(content)
    sys.path.append("")
    put_behind()


def load(codes, namespace):
    """Executes the candidate's code. Whatever it raises, SystemExit included, makes it unusable."""
    try:
        for code in codes:
            exec(code, namespace)
    except BaseException as error:
        raise Unusable("load") from error


# ---------------------------------------------------------------- the other half of an examination

TOLD_MAX = 40
prepared = [Peer()]  # the one of this process, made before the fork
LOAD_KIND_COMPILE = 1
LOAD_KIND_LOAD = 2


def told_values(namespace):
    """Functions and classes of the code's own: handing them over at once saves asking for them."""
    values = {}
    for name, value in namespace.items():
        if isinstance(value, (FunctionType, type)) and value.__module__ == "candidate":
            values[name] = value
            if len(values) == TOLD_MAX:
                break
    return values


def import_for(setup, namespace):
    """What the tests' setup imports, line by line: the code may use it, as if it had run after it."""
    for line in setup.split(b"\n"):
        try:
            exec(compile_code(line, "<setup>"), namespace)
        except Exception:
            pass  # the examiner runs the whole setup, and says what is wrong with it


def load_for(peer, prompt, code, entry_point, setup, module):
    """Loads and says so. Whether there is anything to serve."""
    kind = LOAD_KIND_COMPILE
    try:
        if setup:
            import_for(setup, module.__dict__)
        codes = compile_candidate(prompt, code, entry_point)
        kind = LOAD_KIND_LOAD
        for compiled in codes:
            exec(compiled, module.__dict__)
    except BaseException as error:
        description = raising.describe(error, peer)
        peer.send(LOAD_FAILED, peer.encode((kind, layout.prompt_lines, description)))
        return False
    names = [name for name in module.__dict__ if type(name) is str]
    values = told_values(module.__dict__)
    peer.send(LOADED, peer.encode((layout.prompt_lines, names, values)))
    return True


def serve(prompt, code, entry_point, setup, aliases):
    """Loads the code and answers the examiner until it says BYE or is gone."""
    raising.sides.tells_frames = True
    peer = prepared[0]
    module = new_module("candidate", aliases)
    peer.ident_of(module)  # 1: how the examiner refers to it
    try:
        if not load_for(peer, prompt, code, entry_point, setup, module):
            return
        while serve_one(peer):
            pass
    except Gone:
        pass


def serve_one(peer):
    try:
        with peer.lock:
            kind, data = peer.receive()
    except Gone:
        raise
    except BaseException:  # of a signal handler of the candidate
        return True
    if kind == BYE:
        return False
    if kind == TEST:
        _assay.limit_begin()
        return True
    _assay.limit_run()  # until the answer is sent
    peer.answer(kind, data)
    return True
