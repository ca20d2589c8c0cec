"""Texts for records: values, exceptions and tracebacks, bounded. Made only when a test fails.

What is looked at here belongs to the candidate: its __repr__ and __str__ may raise, never end, or
return megabytes.
"""

import re

# The functions of our modules look names up in a copy, because the candidate may patch the shared
# ones: without it `builtins.exec = None` would read as "the tests do not run".
__builtins__ = dict(vars(__import__("builtins")))

CANDIDATE_FILE = "candidate.py"
PROMPT_FILE = "prompt.py"
TESTS_FILE = "tests.py"

FRAMES_FIRST = 4
FRAMES_LAST = 12
DEPTH_MAX = 12


class Layout:
    """Where the texts of this run came from. One a process."""

    code = b""
    tests = ()
    prompt_lines = 0  # that precede the candidate's code in the same compilation


layout = Layout()


class Gone(BaseException):
    """The other half of a split examination has ended. Every further request raises it again."""


class Malformed(Gone):
    """The other half sent what no examinee sends; it is treated as gone."""


class Late(Gone):
    """A test has taken longer than it may; the other half is ended."""


OUTCOME_FAILED = 2
OUTCOME_ERROR = 3
OUTCOME_TIME_LIMIT = 4
OUTCOME_CRASHED = 5
TOLD = "assay told"  # where an exception from the other half keeps (frames, line)


def encode(text, limit):
    """UTF-8 (lone surrogates included) of at most `limit` bytes, cut at a character."""
    data = text[:limit].encode("utf-8", "surrogatepass")
    if len(data) <= limit and len(text) <= limit:
        return data
    end = max(0, min(len(data), limit - 3))
    while end > 0 and end < len(data) and data[end] & 0xC0 == 0x80:
        end -= 1
    return data[:end] + b"..."


# ---------------------------------------------------------------- values

# What object.__repr__ says differs from run to run; the texts of two runs shall not.
ADDRESS = re.compile(r" at 0x[0-9a-f]+>")


def safe_repr(value):
    try:
        return repr(value)
    except RecursionError:
        return "<%s: nested too deeply>" % type(value).__name__
    except ValueError:
        if isinstance(value, int):
            return "<int of %d bits>" % value.bit_length()
        return "<%s: repr failed>" % type(value).__name__
    except BaseException as error:
        return "<%s: repr raised %s>" % (type(value).__name__, type(error).__name__)


def sketch_items(items, room, depth):
    """The items' texts, as many as fit into `room`."""
    texts = []
    for item in items:
        if room <= 0:
            texts.append("...")
            break
        texts.append(item if type(item) is Pair else sketch(item, room, depth - 1))
        if type(item) is Pair:
            texts[-1] = "%s: %s" % (
                sketch(item.key, room, depth - 1),
                sketch(item.value, room, depth - 1),
            )
        room -= len(texts[-1]) + 2
    return ", ".join(texts)


class Pair:
    __slots__ = ("key", "value")

    def __init__(self, key, value):
        self.key = key
        self.value = value


def sketch(value, room, depth):
    """repr() that stops when it has about `room` characters, for the built-in types."""
    kind = type(value)
    if kind in (str, bytes, bytearray):
        return safe_repr(value) if len(value) <= room else safe_repr(value[:room]) + "..."
    if kind not in (list, tuple, set, frozenset, dict):
        return ADDRESS.sub(">", safe_repr(value))
    if depth == 0:
        return "..."
    if kind is dict:
        pairs = (Pair(key, item) for key, item in value.items())
        return "{" + sketch_items(pairs, room, depth) + "}"
    inner = sketch_items(value, room, depth)
    if kind is list:
        return "[" + inner + "]"
    if kind is tuple:
        return "(" + inner + (",)" if len(value) == 1 else ")")
    if not value:
        return kind.__name__ + "()"
    return "{" + inner + "}" if kind is set else "frozenset({" + inner + "})"


def render(value, limit):
    try:
        text = sketch(value, limit, DEPTH_MAX)
    except RuntimeError:  # changed while it was looked at
        text = safe_repr(value)
    return encode(text, limit)


# Of two long values that begin alike; core/excerpt.h of the daemon reads the mark.
GAP = " ... (character %d) ... "
SAME_AT_FIRST = 60
SAME_BEFORE = 60
COMPARED_MAX = 1 << 20


def first_difference(one, other):
    """How many characters of two texts are the same."""
    low = 0
    high = min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def render_both(expected, actual, limit):
    """Texts of two values that differ; of long ones the part around their first difference."""
    texts = [render(expected, limit), render(actual, limit)]
    if max(map(len, texts)) <= limit * 3 // 4:
        return tuple(texts)
    try:
        whole = [sketch(value, COMPARED_MAX, DEPTH_MAX) for value in (expected, actual)]
    except Exception:
        return tuple(texts)
    same = first_difference(*whole)
    if same == max(map(len, whole)) or same < limit // 4:
        return tuple(texts)
    start = same - SAME_BEFORE
    head = whole[0][:SAME_AT_FIRST] + GAP % (start + 1)
    return tuple(encode(head + text[start:], limit) for text in whole)


# ---------------------------------------------------------------- exceptions


def type_name(error):
    kind = type(error)
    name = str(kind.__qualname__)
    module = kind.__module__
    if not isinstance(module, str) or module in ("builtins", "__main__", "candidate"):
        return name
    return module + "." + name


def message_of(error):
    if isinstance(error, SyntaxError) and error.msg:
        return str(error.msg)
    try:
        return str(error)
    except BaseException as other:
        return "<str raised %s>" % type(other).__name__


def place_of(traceback):
    """File and line as told: the prompt's lines are not the candidate's."""
    code = traceback.tb_frame.f_code
    line = traceback.tb_lineno or 0
    if code.co_filename == CANDIDATE_FILE:
        if line <= layout.prompt_lines:
            return PROMPT_FILE, line
        return CANDIDATE_FILE, line - layout.prompt_lines
    return code.co_filename, line


def is_ours(traceback):
    return traceback.tb_frame.f_globals.get("__assay__") is layout


def frames_of(error):
    """(file, line, function) from the outermost to the innermost, without ours.

    Frames of the other half follow and have the text of their line as a fourth part.
    """
    frames = []
    traceback = error.__traceback__
    while traceback is not None:
        if not is_ours(traceback):
            frames.append((*place_of(traceback), traceback.tb_frame.f_code.co_name))
        traceback = traceback.tb_next
    told = error.__dict__.get(TOLD)
    return frames + list(told[0]) if told else frames


def source_line(file, line):
    if file == CANDIDATE_FILE:
        source = layout.code
    elif file == TESTS_FILE and len(layout.tests) == 1:
        source = layout.tests[0]
    else:
        return ""
    lines = source.split(b"\n", line)
    return lines[line - 1].decode("utf-8", "replace").strip() if 0 < line <= len(lines) else ""


def frame_text(frame):
    file, line, function = frame[:3]
    text = '  File "%s", line %d, in %s\n' % (file, line, function)
    source = frame[3] if len(frame) > 3 else source_line(file, line)
    return text + ("    %s\n" % source if source else "")


def syntax_text(error):
    line = (error.lineno or 0) - layout.prompt_lines
    text = (error.text or "").rstrip("\n")
    shown = text.lstrip()
    result = '  File "%s", line %d\n' % (CANDIDATE_FILE, line)
    if not shown:
        return result
    caret = (error.offset or 1) - 1 - (len(text) - len(shown))
    return result + "    %s\n    %s^\n" % (shown, " " * max(0, caret))


def traceback_text(error, frames):
    lines = ["Traceback (most recent call last):\n"] if frames else []
    skipped = len(frames) - FRAMES_FIRST - FRAMES_LAST
    if skipped > 1:
        lines += map(frame_text, frames[:FRAMES_FIRST])
        lines.append("  ... %d more frames ...\n" % skipped)
        frames = frames[-FRAMES_LAST:]
    lines += map(frame_text, frames)
    if isinstance(error, SyntaxError) and error.filename == CANDIDATE_FILE:
        lines.append(syntax_text(error))
    message = message_of(error)
    lines.append(type_name(error) + (": " + message if message else ""))
    return "".join(lines)


def candidate_line(frames):
    """Line of the innermost frame in the candidate's own code; 0 if there is none."""
    for file, line, *_ in reversed(frames):
        if file == CANDIDATE_FILE:
            return line
    return 0


def tests_line(error):
    """Line of the outermost frame in the tests; 0 if there is none."""
    for file, line, *_ in frames_of(error):
        if file == TESTS_FILE:
            return line
    return 0


def blames_candidate(error):
    """It comes from there, whether or not it has frames of there."""
    if TOLD in error.__dict__:
        return True
    return any(file in (CANDIDATE_FILE, PROMPT_FILE) for file, *_ in frames_of(error))


def describe(error, limit):
    """(type, message, traceback, line) as records have them."""
    frames = frames_of(error)
    line = candidate_line(frames)
    if line == 0 and isinstance(error, SyntaxError) and error.filename == CANDIDATE_FILE:
        line = max(0, (error.lineno or 0) - layout.prompt_lines)
    return (
        type_name(error).encode("ascii", "backslashreplace")[:256],
        encode(message_of(error), limit),
        # Cut in front: the end of a traceback says more.
        traceback_text(error, frames)[-limit:].encode("utf-8", "surrogatepass")[-limit:],
        line,
    )


def explain(error, limit):
    """As describe(), led by the outcome: do the tests say "wrong", or has the candidate raised?"""
    if isinstance(error, Gone):
        outcome = OUTCOME_TIME_LIMIT if isinstance(error, Late) else OUTCOME_CRASHED
        return (outcome, *describe_end(error))
    says_wrong = isinstance(error, (AssertionError, SystemExit))
    is_failure = says_wrong and not blames_candidate(error)
    return (OUTCOME_FAILED if is_failure else OUTCOME_ERROR, *describe(error, limit))


def describe_end(error, doing="a test called it"):
    """(type, message, traceback, line) for the end of the other half."""
    if isinstance(error, Malformed):
        text = "it sent what is no answer: " + message_of(error)
        return b"Protocol", encode(text, 500), b"", 0
    if isinstance(error, Late):
        return b"", b"it took longer than a test may", b"", 0
    return b"", b"the process ended while " + doing.encode(), b"", 0
