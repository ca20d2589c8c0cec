#!/usr/bin/env python3
"""Checks who includes whom, from the #include lines alone.

The table is the one of docs/architecture.md ("Who may include whom"). A new exception needs a line
here, with its reason. Also checked: a file's own header comes first, and no include leaves its
folder through "..".
"""
import os
import re
import sys

# folder -> what its files may include with quotes, as prefixes of the path in the include line.
# The folder's own headers are always allowed. The longest matching folder counts.
MAY_INCLUDE = {
    "daemon/base": [],
    "daemon/core": ["base/", "syscalls.def",  # names of system calls, made by the build
                    "inside/runtimes/python/values"],  # the contract of answers, and its checker
    "daemon/config": ["base/", "core/"],
    "daemon/broker": ["base/", "core/", "proto/", "assay.pb-c.h",
                      "keeper/keeper_msg.h",  # the contract with the keeper
                      "inside/wire.h"],       # the contract with a cell
    "daemon/keeper": ["base/", "core/policy.h",  # the policy arrives as this plain data
                      "inside/"],                # the steps that its child takes
    "daemon/inside": ["base/error.h", "base/fd.h"],
    "daemon/doctor": ["base/", "core/", "config/",
                      "keeper/keeper_msg.h"],  # the descriptor of the policies
    "daemon": ["base/", "core/", "config/", "doctor/",
               "keeper/keeper_msg.h"],  # descriptor numbers and exit status of the keeper
    "proto": ["base/error.h", "assay.pb-c.h"],
    "include/assay": [],
    "client/lib": ["assay/assay.h", "proto/", "assay.pb-c.h"],
    "client/cli": ["assay/assay.h", "client/suite/"],
    "client/suite": ["assay/assay.h",
                     "client/cli/"],  # it is one verb of the same program, and uses what verbs share
    "client/loops": ["assay/assay.h", "client/cli/", "client/suite/"],  # and another
    "client/model": ["client/cli/option_number.h"],  # a program of its own; how options are read
    "tests": ["", ],  # tests may look at everything
}

# folder -> system headers (prefixes) that would bring in what the folder must never use.
LIBRARIES = {
    "libevent": ["event2/", "event.h"],
    "protobuf": ["protobuf-c/", "google/"],
    "YAML": ["cyaml/", "yaml.h"],
    "JSON": ["jansson.h"],
    "libcap": ["sys/capability.h"],
    "libseccomp": ["seccomp.h"],
    "nettle": ["nettle/"],
    "files and sockets": ["fcntl.h", "sys/socket.h", "sys/stat.h", "dirent.h"],
    "clocks": ["time.h", "sys/time.h"],
}
NEVER = {
    "daemon/base": ["libevent", "protobuf", "YAML", "JSON", "libcap", "libseccomp", "nettle"],
    "daemon/core": ["libevent", "protobuf", "YAML", "JSON", "libcap", "libseccomp", "nettle",
                    "files and sockets", "clocks"],
    "daemon/config": ["libevent", "protobuf", "libcap", "nettle"],
    "daemon/broker": ["YAML", "JSON", "libcap", "libseccomp"],
    "daemon/keeper": ["libevent", "protobuf", "YAML", "JSON", "nettle"],
    "daemon/inside": ["libevent", "protobuf", "YAML", "JSON", "libseccomp", "nettle"],
    "daemon/doctor": ["libevent", "protobuf", "libcap", "libseccomp", "nettle"],
    "daemon": ["libevent", "protobuf", "libcap", "libseccomp", "nettle"],
    "proto": ["libevent", "YAML", "JSON", "libcap", "libseccomp", "nettle"],
    "client/lib": ["libevent", "YAML", "JSON", "libcap", "libseccomp", "nettle"],
    "client/cli": ["libevent", "protobuf", "libcap", "libseccomp", "nettle"],
    "client/suite": ["libevent", "protobuf", "libcap", "libseccomp", "nettle"],
    "client/loops": ["libevent", "protobuf", "libcap", "libseccomp", "nettle"],
    "client/model": ["libevent", "protobuf", "libcap", "libseccomp", "nettle"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def folder_of(path):
    """The longest folder of the table that holds `path`, or None."""
    folders = [name for name in MAY_INCLUDE if path.startswith(name + "/")]
    return max(folders, key=len, default=None)


def own_prefix(folder):
    """How the folder's own headers are written in include lines (-Idaemon -Iinclude -I.)."""
    for root in ("daemon/", "include/"):
        if folder.startswith(root):
            return folder[len(root):] + "/"
    return folder + "/"


def own_name(path):
    """How the header of `path` is written in an include line."""
    header = path[:-2] + ".h"
    return header.removeprefix("daemon/").removeprefix("include/")


def check_include(path, folder, quoted, system):
    """A text if this include is not allowed, else None."""
    if quoted is not None:
        if ".." in quoted.split("/"):
            return f'"{quoted}" leaves the folder'
        if "/" not in quoted and os.path.exists(os.path.join(os.path.dirname(path), quoted)):
            return None  # a header beside the file
        allowed = MAY_INCLUDE[folder] + ([] if folder == "daemon" else [own_prefix(folder)])
        if not any(quoted.startswith(prefix) for prefix in allowed):
            return f'{folder} may not include "{quoted}"'
        return None
    for library in NEVER.get(folder, []):
        if any(system.startswith(prefix) for prefix in LIBRARIES[library]):
            return f"{folder} may not use {library}: <{system}>"
    return None


def includes(path):
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1), match.group(2)


def check_file(path):
    """Texts about `path`, empty when it keeps the rules."""
    folder = folder_of(path)
    if folder is None:
        return [f"{path}: its folder is not in the table of tests/lint/includes.py"]
    problems = []
    found = list(includes(path))
    for number, quoted, system in found:
        problem = check_include(path, folder, quoted, system)
        if problem:
            problems.append(f"{path}:{number}: {problem}")
    header = path[:-2] + ".h"
    if path.endswith(".c") and os.path.exists(header) and found:
        number, quoted, _ = found[0]
        if quoted not in (own_name(path), "assay/assay.h"):  # the library's public header
            problems.append(f"{path}:{number}: its own header comes first")
    return problems


def main(paths):
    problems = [text for path in paths for text in check_file(path)]
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
