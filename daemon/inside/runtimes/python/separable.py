"""Can these tests be examined apart, with the candidate in another process? In the examiner.

Decided from the tests, the setup and the prompt alone, before anything of the candidate arrives: by
what it does or says, a candidate could choose the weaker examination. So names are all there is to
go by, and what may be either way stays apart. Only what is known to fail a right solution counts:
what stand-ins (standins.py) cannot serve, and what passes between tests and candidate by a way that
ends at the wall of a cell, such as patched modules, streams and files.

The reasons are sentences of this file and quote nothing: tests may be hidden.
"""

import ast
import builtins
import re

import examinee
from rewrite import last_name
from texts import TESTS_FILE, __builtins__, layout

__assay__ = layout

DERIVES = "the tests derive a class from one of the candidate's"
PATCHES = "the tests patch something for the candidate, such as a module's names"
INSPECTS = "the tests inspect the candidate's code or classes, not only what they do"
LISTENS = "the tests read what the candidate writes to the standard streams"
FEEDS = "the tests put something in the place of the candidate's standard input"
SHARES_FILES = "the tests share files with the candidate"
SETS_ENVIRONMENT = "the tests set the environment of the candidate's process"
WATCHES = "the tests watch for warnings or log messages of the candidate"
PICKLES = "the tests pickle objects of the candidate's classes"
MAKES_ARRAYS = "the tests make objects of a third-party library, which cannot be handed over"
COMPARES_ARRAYS = "the tests compare an array of the candidate's element by element"
LOOKS_UP = "the tests look the candidate's names up in their own namespace"

ALL_OF = re.compile(rb"\)\s*\.(all|any)\(")
DERIVED = re.compile(rb"class\s+\w+\s*\(")
ASSIGNMENT = re.compile(rb"\.\w+\s*=[^=]")

INSPECTING = {
    "inspect." + name
    for name in (
        "getsource", "getsourcelines", "getsourcefile", "getfile", "getmodule", "getcomments", "getdoc",
        "signature", "getfullargspec", "getargspec", "getmembers", "getmro", "getattr_static",
        "getclosurevars", "classify_class_attrs", "isfunction", "ismethod", "isroutine", "isabstract",
        "iscoroutinefunction", "isgeneratorfunction", "isasyncgenfunction", "ismethoddescriptor",
        "isdatadescriptor", "unwrap",
    )
} | {
    "asyncio.iscoroutinefunction", "typing.get_type_hints", "dataclasses.fields",
    "dataclasses.asdict", "dataclasses.astuple", "inspect.signature.parameters",
}  # fmt: skip
FUNCTION_TYPES = {"types.FunctionType", "types.LambdaType", "types.MethodType"}
# Of a stand-in for a class these are its own and not the candidate's.
OF_CLASSES = {"__dict__", "__mro__", "__bases__", "__base__", "__subclasses__", "__slots__", "__doc__",
              "__annotations__", "__new__", "__init__", "__module__", "mro"}  # fmt: skip
OF_FUNCTIONS = {"__module__"}
RAW_ACCESS = {"__setattr__", "__getattribute__", "__delattr__", "__new__"}
FOREIGN_BASES = {"enum.Enum", "enum.IntEnum", "enum.Flag", "enum.IntFlag", "enum.EnumMeta", "abc.ABC",
                 "abc.ABCMeta", "typing.Generic", "typing.Protocol", "typing.NamedTuple"}  # fmt: skip
SPECIFICATIONS = {"spec", "spec_set"}

CAPTURING = {"contextlib.redirect_stdout", "contextlib.redirect_stderr"}
CAPTURES = {"capsys", "capfd", "capsysbinary", "capfdbinary"}
READS = {"getvalue", "readouterr"}
FILE_FIXTURES = {"tmp_path", "tmpdir", "tmp_path_factory", "tmpdir_factory"}
WATCHING_FIXTURES = {"caplog", "recwarn"}
WATCHING = {"assertWarns", "assertWarnsRegex", "assertLogs", "assertNoLogs", "warns", "deprecated_call"}

FILES = {"open", "io.open", "os.open"}
NO_FILES = ("/dev/", "/proc/", "/etc/")
OPERATING_ON_FILES = {
    "os." + name
    for name in ("remove", "unlink", "mkdir", "makedirs", "rmdir", "removedirs", "listdir", "scandir",
                 "walk", "stat", "rename", "replace", "symlink", "link", "chmod", "access",
                 "path.exists", "path.isfile", "path.isdir", "path.getsize", "path.getmtime")
} | {"glob.glob", "glob.iglob", "zipfile.ZipFile", "tarfile.open"}  # fmt: skip
FILE_MODULES = ("tempfile.", "shutil.")
OF_PATHS = {"read_text", "write_text", "read_bytes", "write_bytes", "touch", "mkdir", "unlink", "rmdir",
            "exists", "is_file", "is_dir", "iterdir", "glob", "rglob", "stat"}  # fmt: skip
SETTING_ENVIRONMENT = {"os.putenv", "os.unsetenv", "os.chdir", "os.environ.update", "os.environ.pop",
                       "os.environ.setdefault", "os.environ.clear"}  # fmt: skip
MONKEYPATCHING = {"setenv": SETS_ENVIRONMENT, "delenv": SETS_ENVIRONMENT, "chdir": SHARES_FILES,
                  "syspath_prepend": SHARES_FILES}  # fmt: skip
PICKLING = {"pickle.dumps", "pickle.dump", "marshal.dumps", "copyreg.pickle"}
TRACING = {"sys.settrace", "sys.setprofile", "threading.settrace", "threading.setprofile"}

LIBRARIES = {"numpy", "pandas", "scipy", "torch", "tensorflow", "sklearn", "matplotlib", "sympy",
             "networkx", "polars", "PIL", "seaborn", "cv2", "jax"}  # fmt: skip
# What compares plain data as well, and makes plain numbers.
LIBRARY_COMPARISONS = {"allclose", "isclose", "isnan", "isinf", "isfinite", "array_equal", "testing",
                       "abs", "sqrt", "assert_allclose", "assert_almost_equal"}  # fmt: skip
OF_FRAMEWORKS = {"unittest", "pytest", "doctest"}
CLASS_NAME = re.compile(r"_*[A-Z][A-Za-z0-9]*$")
EXCEPTION_NAME = re.compile(r"(Error|Exception|Warning|Exit|Interrupt|Fault|Failure|Iteration)$")

# Without one of these words there is nothing to find. Most tests have none and are not parsed again.
HINTS = frozenset(
    word.encode()
    for word in """
        type metaclass patch mocker monkeypatch spec spec_set isinstance issubclass vars dir help
        stdout stderr stdin redirect_stdout redirect_stderr catch_warnings environ open pathlib glob
        globals modules os tempfile shutil zipfile tarfile pickle marshal copyreg
        getattr hasattr inspect asyncio typing dataclasses types settrace setprofile
    """.split()
    + [*OF_CLASSES, *RAW_ACCESS, *CAPTURES, *FILE_FIXTURES, *WATCHING_FIXTURES, *WATCHING, *LIBRARIES]
)
WORD = re.compile(rb"[A-Za-z_]\w+")


class Names:
    """What the names in the tests are: theirs, imported, or the candidate's."""

    def __init__(self, trees, prompt, entry_point, modules):
        self.defined = set()  # by a statement of the tests
        self.own = set()  # functions and classes among them
        self.imported = {}  # name: what it is, dotted
        self.loaded = set()
        self.reads_captures = False
        self.candidates = {entry_point} - {""}
        self.modules = {"candidate", *modules}
        for tree in trees:
            for node in ast.walk(tree):
                collect = COLLECT.get(type(node))
                if collect is not None:
                    collect(self, node)
        known = self.defined | self.imported.keys() | vars(builtins).keys()
        self.candidates |= self.loaded - known - defined_by_prompt(prompt)

    def collect_name(self, node):
        (self.loaded if type(node.ctx) is ast.Load else self.defined).add(node.id)

    def collect_definition(self, node):
        self.defined.add(node.name)
        self.own.add(node.name)
        if node.name == "check" and type(node) is ast.FunctionDef and node.args.args:
            self.candidates.add(node.args.args[0].arg)

    def collect_argument(self, node):
        self.defined.add(node.arg)

    def collect_attribute(self, node):
        if node.attr in READS:
            self.reads_captures = True

    def collect_import(self, node):
        for alias in node.names:
            if alias.asname:
                self.imported[alias.asname] = alias.name
            else:
                top = alias.name.partition(".")[0]
                self.imported[top] = top

    def collect_import_from(self, node):
        for alias in node.names:
            name = alias.asname or alias.name
            self.imported[name] = "%s.%s" % (node.module or "", alias.name)
            if node.module in self.modules:
                self.candidates.add(name)

    def dotted(self, expression):
        """`mock.patch` as "unittest.mock.patch"; "" if it starts with no import and no builtin."""
        parts = []
        while type(expression) is ast.Attribute:
            parts.append(expression.attr)
            expression = expression.value
        if type(expression) is not ast.Name:
            return ""
        name = expression.id
        if name in self.imported:
            parts.append(self.imported[name])
        elif name not in self.defined and hasattr(builtins, name):
            parts.append(name)
        else:
            return ""
        return ".".join(reversed(parts))

    def is_candidates(self, expression):
        if type(expression) is ast.Name:
            return expression.id in self.candidates
        return self.dotted(expression).partition(".")[0] in self.modules

    def is_candidates_class(self, expression):
        """By its spelling: there is nothing else to go by."""
        return self.is_candidates(expression) and bool(CLASS_NAME.match(last_name(expression)))

    def is_own(self, expression):
        while type(expression) in (ast.Call, ast.Attribute, ast.Subscript):
            expression = getattr(expression, "func", None) or expression.value
        return type(expression) is ast.Name and expression.id in self.own

    def is_variable(self, expression):
        """Something that the tests hold: patching it is between it and them."""
        while type(expression) in (ast.Call, ast.Attribute, ast.Subscript):
            expression = getattr(expression, "func", None) or expression.value
        if type(expression) is not ast.Name:
            return True
        return expression.id not in self.imported and expression.id not in self.candidates


COLLECT = {
    ast.Name: Names.collect_name,
    ast.FunctionDef: Names.collect_definition,
    ast.AsyncFunctionDef: Names.collect_definition,
    ast.ClassDef: Names.collect_definition,
    ast.arg: Names.collect_argument,
    ast.Attribute: Names.collect_attribute,
    ast.Import: Names.collect_import,
    ast.ImportFrom: Names.collect_import_from,
}


def defined_by_prompt(prompt):
    """The names that its own code binds at its top level."""
    code = examinee.compile_prompt(examinee.without_bom(prompt)) if prompt else None
    return set(code.co_names) if code is not None else set()


def is_text(expression):
    return type(expression) is ast.Constant and type(expression.value) is str


# ---------------------------------------------------------------- what to look for


def look_at_class(names, node):
    bases = [*node.bases, *(keyword.value for keyword in node.keywords)]
    is_derived = any(
        names.is_candidates(base) and not EXCEPTION_NAME.search(last_name(base)) for base in bases
    )
    return DERIVES if is_derived else None


def look_at_function(names, node):
    used = {argument.arg for argument in node.args.args}
    if used & CAPTURES and names.reads_captures:
        return LISTENS
    if used & FILE_FIXTURES:
        return SHARES_FILES
    return WATCHES if used & WATCHING_FIXTURES else None


def look_at_attribute(names, node):
    value = node.value
    if node.attr in OF_CLASSES and names.is_candidates_class(value):
        return INSPECTS
    if node.attr in OF_FUNCTIONS and names.is_candidates(value):
        return INSPECTS
    if node.attr in RAW_ACCESS and type(value) is ast.Name and value.id == "object":
        return INSPECTS
    if node.attr in ("all", "any") and type(value) is ast.Compare:
        return COMPARES_ARRAYS
    return INSPECTS if names.dotted(node) in FUNCTION_TYPES else None


def look_at_name(names, node):
    return INSPECTS if names.imported.get(node.id) in FUNCTION_TYPES else None


def targets_of(node):
    for target in getattr(node, "targets", None) or [node.target]:
        yield from target.elts if type(target) in (ast.Tuple, ast.List) else (target,)


def look_at_assignment(names, node):
    for target in targets_of(node):
        if type(target) is ast.Subscript:
            place = names.dotted(target.value)
            if place == "os.environ":
                return SETS_ENVIRONMENT
            if place == "sys.modules":
                return PATCHES
        elif type(target) is ast.Attribute:
            reason = look_at_target(names, target)
            if reason is not None:
                return reason
    return None


def look_at_target(names, target):
    """module.name = something"""
    place = names.dotted(target)
    if place in ("sys.stdout", "sys.stderr"):
        return LISTENS if names.reads_captures else None
    if place == "sys.stdin":
        return FEEDS
    top = names.dotted(target.value).partition(".")[0]
    if type(target.value) is not ast.Name or target.value.id not in names.imported:
        return None
    return None if top in OF_FRAMEWORKS or top in names.modules else PATCHES


def look_at_call(names, node):
    function = names.dotted(node.func)
    for look in (look_at_patching, look_at_inspection, look_at_files, look_at_others):
        reason = look(names, node, function)
        if reason is not None:
            return reason
    return None


def look_at_patching(names, node, function):
    first = node.args[0] if node.args else None
    if function in ("unittest.mock.patch", "mock.patch"):
        return patched_by_name(names, first)
    if function.startswith(("unittest.mock.patch.", "mock.patch.")):
        return PATCHES if is_text(first) or not names.is_variable(first) else None
    if any(key.arg in SPECIFICATIONS and names.is_candidates(key.value) for key in node.keywords):
        return INSPECTS
    if type(node.func) is not ast.Attribute:
        return None
    holder = node.func.value
    if type(holder) is ast.Name and holder.id == "monkeypatch":
        if node.func.attr in MONKEYPATCHING:
            return MONKEYPATCHING[node.func.attr]
        return PATCHES if is_text(first) or not names.is_variable(first) else None
    while type(holder) is ast.Attribute:
        holder = holder.value
    return PATCHES if type(holder) is ast.Name and holder.id == "mocker" else None


def patched_by_name(names, target):
    if is_text(target) and target.value in ("sys.stdout", "sys.stderr"):
        return LISTENS if names.reads_captures else None
    if is_text(target) and target.value in ("sys.stdin", "builtins.input"):
        return FEEDS
    is_of_tests = any(
        type(node) is ast.Name and node.id == "__name__" for node in ast.walk(target or ast.Pass())
    )
    return None if is_of_tests else PATCHES


def look_at_inspection(names, node, function):
    first = node.args[0] if node.args else None
    if function in INSPECTING and not names.is_own(first):
        return INSPECTS
    if function in ("vars", "dir", "help") and names.is_candidates_class(first):
        return INSPECTS
    if function in ("isinstance", "issubclass") and len(node.args) == 2:
        return look_at_kinds(names, function, first, node.args[1])
    if function in ("hasattr", "getattr") and len(node.args) > 1 and is_text(node.args[1]):
        if node.args[1].value in OF_CLASSES and names.is_candidates_class(first):
            return INSPECTS
    if function == "type" and len(node.args) == 3 and type(node.args[1]) is ast.Tuple:
        return DERIVES if any(map(names.is_candidates, node.args[1].elts)) else None
    return None


def look_at_kinds(names, function, first, kinds):
    kinds = kinds.elts if type(kinds) is ast.Tuple else [kinds]
    if any(names.dotted(kind) in FOREIGN_BASES for kind in kinds):
        return None if names.is_own(first) else INSPECTS
    if function == "issubclass" and names.is_candidates_class(first):
        foreign = [kind for kind in kinds if not names.is_candidates(kind)]
        if any(not EXCEPTION_NAME.search(last_name(kind)) for kind in foreign):
            return INSPECTS
    return None


def look_at_files(names, node, function):
    if function in FILES:
        return None if node.args and is_elsewhere(names, node.args[0]) else SHARES_FILES
    if function in OPERATING_ON_FILES or function.startswith(FILE_MODULES):
        return SHARES_FILES
    if type(node.func) is ast.Attribute and node.func.attr in OF_PATHS:
        is_path = "pathlib" in names.imported or "pathlib.Path" in names.imported.values()
        return SHARES_FILES if is_path else None
    return None


def is_elsewhere(names, path):
    if is_text(path):
        return path.value.startswith(NO_FILES)
    return names.dotted(path) == "os.devnull" or last_name(path) == "__file__"


def look_at_others(names, node, function):
    if function in CAPTURING:
        return LISTENS if names.reads_captures else None
    if function in SETTING_ENVIRONMENT:
        return SETS_ENVIRONMENT
    if function in TRACING:
        return INSPECTS
    if function == "warnings.catch_warnings" and any(key.arg == "record" for key in node.keywords):
        return WATCHES
    if type(node.func) is ast.Attribute and node.func.attr in WATCHING:
        return WATCHES
    if function in PICKLING and any(map(names.is_candidates_class, ast.walk(node))):
        return PICKLES
    if function == "globals" and not node.args:
        return LOOKS_UP
    library, _, rest = function.partition(".")
    if library in LIBRARIES and rest.partition(".")[0] not in LIBRARY_COMPARISONS:
        return MAKES_ARRAYS
    return None


LOOKS = {
    ast.ClassDef: look_at_class,
    ast.FunctionDef: look_at_function,
    ast.AsyncFunctionDef: look_at_function,
    ast.Attribute: look_at_attribute,
    ast.Name: look_at_name,
    ast.Assign: look_at_assignment,
    ast.AugAssign: look_at_assignment,
    ast.AnnAssign: look_at_assignment,
    ast.Call: look_at_call,
}


def parse(source):
    return compile(examinee.without_bom(source), TESTS_FILE, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)


def has_hint(source):
    words = set(WORD.findall(source))
    if not HINTS.isdisjoint(words):
        return True
    if ALL_OF.search(source) is not None:
        return True
    if b"class" in words and DERIVED.search(source) is not None:
        return True
    return b"import" in words and ASSIGNMENT.search(source) is not None


def reason(sources, prompt=b"", entry_point=b"", modules=()):
    """Why these tests, a list of sources in bytes, need the candidate's process; None: they do not.

    `entry_point` in bytes, "" if the task names none; `modules`: names under which the tests may
    import the candidate, besides "candidate". Sources that do not compile raise as compile() does.
    """
    if not any(map(has_hint, sources)):
        return None
    trees = [parse(source) for source in sources if source]
    names = Names(trees, prompt, entry_point.decode("utf-8", "replace"), modules)
    for tree in trees:
        for node in ast.walk(tree):
            look = LOOKS.get(type(node))
            found = look(names, node) if look is not None else None
            if found is not None:
                return found
    return None
