#!/usr/bin/env bash
# Runs the tests of the modes that run.sh was asked for, in the virtual machine, as its first process;
# then turns the machine off. What is printed is on the console, which run.sh reads: a line "=== MODE"
# before each mode.
#
# The cgroups are as systemd makes them: a service has a group that belongs to its user and to which the
# controllers are passed on. The tests live in a group of it beside those of the daemons.
set -u
exec </dev/null >/dev/console 2>&1
# shellcheck source=tests/vm/modes.sh
. /run/vm/modes.sh
checkout='' build='' shared='' modes='' tests=''
# shellcheck source=/dev/null # made by run.sh
. /run/vm/settings

user=1000
groups=/sys/fs/cgroup

# Where anybody may get to them, even if they lie in the folder of somebody who lets nobody in.
show() { # FOLDER AT
	mkdir -p "$2" && mount --bind "$1" "$2"
}

mount_all() {
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t cgroup2 cgroup2 $groups
	show "$checkout" /srv/checkout
	show "$build" /srv/build
	show "$shared" /srv/shared
	mount -t tmpfs -o mode=1777 tmp /tmp
	mount -t tmpfs -o mode=1777 tmp /var/tmp
	mkdir -p /dev/shm /dev/pts /dev/mqueue
	mount -t tmpfs -o mode=1777 shm /dev/shm
	mount -t devpts devpts /dev/pts
	ln -sf /proc/self/fd /dev/fd
	echo 1 >/proc/sys/kernel/printk # not every process that ran out of memory
	busybox ip link set lo up
	hostname assay-vm
}

# A service's group as root has it, then given to a user (systemd's Delegate=yes); its name.
make_service() { # NAME UID
	local slice=$groups/tests.slice
	local service=$slice/$1.service
	mkdir -p "$service"
	echo '+cpu +memory +pids' >$groups/cgroup.subtree_control
	echo '+cpu +memory +pids' >"$slice/cgroup.subtree_control"
	chown "$2:$2" "$service" "$service"/cgroup.{procs,subtree_control,threads}
	echo "$service"
}

# Runs a command in a group, as a user.
as() { # UID GROUP COMMAND...
	local uid=$1 group=$2
	shift 2
	(
		echo $BASHPID >"$group/cgroup.procs"
		exec setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
	)
}

run_tests() { # MODE
	local uid=$user service group
	case $1 in
	root) service=$(make_service "$1" 0) uid=0 ;;
	user) service=$(make_service "$1" $user) ;;
	undelegated) service=$(make_service "$1" 0) ;;
	esac
	unset ASSAY_TEST_ALLOW_WEAKER
	[ "$1" != user ] || export ASSAY_TEST_ALLOW_WEAKER=host-uid-per-slot # all else must hold
	group=$service/tests
	mkdir "$group"
	case $1 in
	undelegated) unset ASSAY_TEST_CGROUP ;;
	*)
		chown $uid:$uid "$group"
		echo '+memory +pids' >"$service/cgroup.subtree_control"
		export ASSAY_TEST_CGROUP=$service
		;;
	esac
	# shellcheck disable=SC2046,SC2086 # lists of words
	as $uid "$group" /usr/bin/python3 -m pytest -v --color=no --durations=12 ${tests:-$(tests_of "$1")}
}

mount_all
cd /srv/checkout || exit 1
export ASSAY_BUILD=/srv/build ASSAY_SHARED=/srv/shared ASSAY_TEST_PATIENCE=16
export PYTHONDONTWRITEBYTECODE=1 USER=tester LOGNAME=tester HOME=/tmp
for mode in $modes; do
	printf '\n=== %s\n' "$mode"
	SECONDS=0
	run_tests "$mode"
	echo "--- $SECONDS s"
done
echo 'the machine has done its work'
echo o >/proc/sysrq-trigger
read -r _ </dev/console # no program: the root may be gone already
