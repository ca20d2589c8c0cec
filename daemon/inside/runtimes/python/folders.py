"""Where third-party modules are: the cell's interpreter runs without `site`, which would look for them.

Behind the standard library and the candidate's own files, as for any script.
"""

import os
import sys

VERSION = "python%d.%d" % sys.version_info[:2]
THIRD_PARTY = [
    folder
    for folder in (
        os.path.join(sys.prefix, "local", "lib", VERSION, "dist-packages"),
        os.path.join(sys.prefix, "lib", "python3", "dist-packages"),
        os.path.join(sys.prefix, "lib", VERSION, "site-packages"),
    )
    if os.path.isdir(folder)
]


def put_behind():
    """At the end; what was there already is moved."""
    sys.path[:] = [folder for folder in sys.path if folder not in THIRD_PARTY] + THIRD_PARTY


def put_before_files():
    """Before the working directory, where the candidate's files are."""
    others = [folder for folder in sys.path if folder not in THIRD_PARTY]
    at = others.index("") if "" in others else len(others)
    others[at:at] = THIRD_PARTY
    sys.path[:] = others
