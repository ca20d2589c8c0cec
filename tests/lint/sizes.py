#!/usr/bin/env python3
"""Hints, never failures: files over 600 lines and functions over 60 lines.

Relies on the formatting that clang-format enforces: a function's braces stand in column 0.
"""
import sys

FILE_LINES = 600
FUNCTION_LINES = 60


def long_functions(lines):
    start, name = None, ""
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            if number - start > FUNCTION_LINES:
                yield start, number - start, name
            start = None
        elif start is None and "(" in line and not line[:1].isspace():
            name = line.split("(")[0].split()[-1].lstrip("*")


def main(paths):
    for path in paths:
        with open(path, encoding="utf-8") as text:
            lines = text.read().splitlines()
        if len(lines) > FILE_LINES:
            print(f"hint: {path} has {len(lines)} lines")
        for start, length, name in long_functions(lines):
            print(f"hint: {path}:{start}: {name}() has {length} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
