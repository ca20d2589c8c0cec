# shellcheck shell=bash
# The modes of the virtual machine: who runs the tests there, in which cgroup, and which tests. Read by
# run.sh here (the names) and by inside.sh there.
#
# Emulated, a processor is about a tenth as fast, so what runs is what the kernel has a say in: all of
# the security tests, and those integration tests that are about limits, processes and what remains.
# What the tests compute in the end is the same on every kernel.

# shellcheck disable=SC2034 # read by run.sh
all_modes='root user undelegated'

kernel_tests='tests/security'
for name in between_runs cancel control crashes fail_closed keeper_links leave_out lifecycle limits many_deaths \
	native overload restarts split_cells standard_streams stdio warm_memory who_is_asking; do
	kernel_tests="$kernel_tests tests/integration/test_$name.py"
done

describe() { # MODE
	case $1 in
	root) echo 'root, in a service with delegated cgroups' ;;
	user) echo 'an ordinary user, in a service with delegated cgroups' ;;
	undelegated) echo 'an ordinary user, in cgroups of root' ;;
	*) return 1 ;;
	esac
}

tests_of() { # MODE
	case $1 in
	undelegated) echo 'tests/security/test_escapes.py tests/security/test_bounded_resources.py
		tests/security/test_cpu_is_counted.py tests/integration/test_limits.py
		tests/integration/test_fail_closed.py' ;;
	*) echo "$kernel_tests" ;;
	esac
}
