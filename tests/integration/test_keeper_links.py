"""The privileged program links libc, libcap and libseccomp, and nothing else."""
import re
import subprocess

import pytest

from support.daemon import program

SANITIZERS = {"libasan", "libubsan", "libm", "libgcc_s", "libstdc++", "libpthread", "libdl",
              "librt"}


def libraries(name):
    listing = subprocess.run(["ldd", program(name)], capture_output=True, text=True, check=True)
    return {re.sub(r"\.so.*", "", line.split()[0].rsplit("/", 1)[-1])
            for line in listing.stdout.splitlines()}


def test_what_the_keeper_links():
    found = libraries("assay-keeper") - {"linux-vdso", "ld-linux-x86-64", "ld-linux-aarch64"}
    if found & {"libasan", "libubsan"}:
        found -= SANITIZERS
    assert found == {"libc", "libcap", "libseccomp"}


@pytest.mark.parametrize("name, never", [
    ("assay-broker", {"libcap", "libseccomp", "libcyaml", "libyaml-0"}),
    ("assayd", {"libevent", "libprotobuf-c", "libcap", "libseccomp"}),
    ("assay", {"libcap", "libseccomp"}),
])
def test_what_the_others_never_link(name, never):
    assert not {library for library in libraries(name)
                for prefix in never if library.startswith(prefix)}


def test_the_library_exports_only_its_own_names():
    listing = subprocess.run(["nm", "-D", "--defined-only", program("libassay.so")],
                             capture_output=True, text=True, check=True)
    names = {line.split()[-1].split("@")[0] for line in listing.stdout.splitlines()}
    foreign = {name for name in names if not name.startswith("assay_")}
    assert not {name for name in foreign if not name.startswith(("LIBASSAY", "ASSAY_", "_"))}
    assert "assay_connect" in names and "assay_next" in names
