"""Each layer of isolation earns its place, and no promise is kept for the wrong reason: without the
layers that it rests on its test fails.

The daemons here leave these layers out; the attacks are those of the other files, of which only such
were chosen that could do no harm. What else breaks without a layer is told by layers_table.py, in
docs/threat-model.md. Promises that rest on no layer have such a test in their own file.
"""
import os
import subprocess

import pytest

from support import shared
from support.daemon import program
from support.layers import FAILED, outcomes
from support.left_out import HOST_FOLDERS
from support.patience import PATIENCE_S

# Only root can leave these out: an ordinary user has no cell without the first, and may not have the
# others at all.
ROOTS = {"user-namespace", "host-uid-per-slot", "cgroup-memory", "cgroup-pids", "cgroup-cpu"}
ESSENTIAL = {"pid-namespace", "mount-namespace", "no-new-privileges"}  # see test_leave_out.py

NEEDED = {
    ("user-namespace",): ["test_clean_environment.py::test_ids_of_the_host_are_hidden"],
    ("user-namespace", "seccomp"): ["test_no_privileges.py::test_no_new_namespaces"],
    (HOST_FOLDERS,): ["test_no_host_files.py::test_well_known_places_are_absent",
                      "test_escapes.py::test_escape[fs-read-secrets]"],
    ("network-namespace", "landlock"):
        ["test_no_network.py::test_an_abstract_socket_of_the_host_is_not_reached"],
    ("network-namespace", "landlock", "seccomp"):
        ["test_no_network.py::test_a_listener_of_the_host_is_not_reached"],
    ("ipc-namespace", "seccomp"):
        ["test_no_shared_objects.py::test_a_segment_of_the_host_is_not_found"],
    ("uts-namespace",): ["test_clean_environment.py::test_names_of_the_host_are_hidden"],
    ("cgroup-namespace",): ["test_clean_environment.py::test_cgroups_of_the_host_are_hidden"],
    ("read-only-root",): ["test_no_writes_outside.py::test_no_devices_and_no_setuid_files"],
    ("no-capabilities",): ["test_no_privileges.py::test_what_the_kernel_says"],
    ("seccomp",): ["test_no_privileges.py::test_dangerous_calls_are_refused",
                   "test_no_privileges.py::test_the_other_doors_into_the_kernel_are_shut",
                   "test_no_network.py::test_every_other_family_is_refused",
                   "test_pid_one_is_safe.py::test_its_limits_priority_and_processors_stay"],
    ("seccomp-notify",): ["test_refused_calls_are_named.py::test_each_is_refused_and_named[mount]"],
    ("landlock",): ["test_landlock.py::test_what_no_rule_names_cannot_be_opened",
                    "test_landlock.py::test_it_cannot_be_left_or_loosened"],
    ("rlimits",): ["test_bounded_resources.py::test_limits_of_each_process"],
    ("host-uid-per-slot",): ["test_bounded_resources.py::test_each_cell_is_a_user_of_its_own"],
    ("cgroup-memory",): ["test_bounded_resources.py::test_memory_of_all_processes_together"],
    ("cgroup-pids",): ["test_bounded_resources.py::test_processes_that_are_refused_are_told"],
    ("cgroup-cpu",): ["test_cpu_is_counted.py::test_it_reaches_its_limit"
                      "[children that the kernel reaps]"],
}


def cases():
    for layers, tests in NEEDED.items():
        marks = [pytest.mark.requires_root] if ROOTS & set(layers) else []
        yield pytest.param(layers, tests, id="+".join(layers), marks=marks)


@pytest.mark.parametrize("layers, tests", cases())
def test_without_it_the_promise_is_broken(layers, tests):
    if not os.path.exists(os.path.join(shared.SHARED, "attacks", "escapes.jsonl")):
        tests = [test for test in tests if not test.startswith("test_escapes.py")]
    found = outcomes(layers, tests)
    assert len(found) == len(tests)
    assert set(found.values()) == {FAILED}, found


def test_each_layer_is_in_the_list():
    shown = subprocess.run([program("assayd"), "--print-config", "--socket", "/none"],
                           capture_output=True, text=True, check=True, timeout=PATIENCE_S).stdout
    line, = [line for line in shown.splitlines() if line.startswith("policy python:")]
    layers = set(line.split("requires ")[1].split())
    assert layers - ESSENTIAL == {name for row in NEEDED for name in row} - {HOST_FOLDERS}
