"""The command line as a person calls it."""
import subprocess

import pytest

from support.daemon import command_environment, program
from support.patience import PATIENCE_S


@pytest.fixture
def assay(daemon):
    """Runs `assay` against the module's daemon (connect=None: with no address at all)."""
    def run(*arguments, stdin=None, connect=daemon.path, environment=None, timeout=3 * PATIENCE_S):
        environment = {**({"ASSAY_ADDR": connect} if connect else {}), **(environment or {})}
        return subprocess.run([program("assay"), *arguments], input=stdin, capture_output=True,
                              text=True, timeout=timeout, check=False,
                              env=command_environment(environment))
    return run
