/*
 * Looking around, by assayd when it is asked to (`assay doctor`). Whether a cell can be built is
 * not decided here: the keeper tries that. This page is for what a trial cannot show (a crash
 * handler that runs outside of the cell) and for the reason behind a trial that failed (AppArmor).
 *
 * Each check is a function that reads a file or two and adds one finding. A file that is not there
 * is an answer too: most of these settings exist on some systems only.
 */
#include "doctor/machine.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "doctor/escapes.h"
#include "doctor/finding.h"

#define TEXT_BYTES 8192
#define KERNEL_MAJOR 5 /* mount_setattr(2) */
#define KERNEL_MINOR 12

/* Reads a small file; without its last newline. Bytes or -errno, and then the text is empty. */
static ssize_t read_text(const struct machine *machine, const char *path, char text[TEXT_BYTES])
{
	char whole[512];
	_cleanup_fd_ int fd = -1;
	ssize_t len;

	text[0] = '\0';
	snprintf(whole, sizeof(whole), "%s%s", machine->root, path);
	fd = open(whole, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = fd_read_all(fd, text, TEXT_BYTES - 1);
	if (len < 0)
		return len;
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	text[len] = '\0';
	return len;
}

/* The number in a file, or `otherwise`. */
static long read_number(const struct machine *machine, const char *path, long otherwise)
{
	char text[TEXT_BYTES];
	char *end;
	long number;

	if (read_text(machine, path, text) <= 0)
		return otherwise;
	number = strtol(text, &end, 10);
	return end != text ? number : otherwise;
}

static void check_kernel(const struct machine *machine, json_t *findings)
{
	struct finding finding = {
		.name = "kernel",
		.why = "whoever finds a hole in the kernel is out of every box",
		.fix = "",
	};
	char release[TEXT_BYTES];
	char names[512];
	char seen[1024];
	long major;
	long minor = 0;
	char *dot;
	int n;

	(void)read_text(machine, "/proc/sys/kernel/osrelease", release);
	n = escapes_of(release, names, sizeof(names));
	major = strtol(release, &dot, 10);
	if (*dot == '.')
		minor = strtol(dot + 1, NULL, 10);
	snprintf(seen, sizeof(seen), "Linux %.100s%s%s", release, n > 0 ? "; upstream's has " : "",
		 names);
	finding.seen = seen;
	if (n < 0 || major < KERNEL_MAJOR || (major == KERNEL_MAJOR && minor < KERNEL_MINOR)) {
		finding.state = FINDING_MISSING;
		finding.fix = "Linux 5.12 or newer: older ones cannot make mounts read-only as a "
			      "whole";
	} else if (n > 0) {
		finding.state = FINDING_WEAK;
		finding.fix = "update the kernel, unless the distribution says that its own has "
			      "the repair";
	}
	finding_add(findings, &finding);
}

static void check_user_namespaces(const struct machine *machine, json_t *findings)
{
	const long most = read_number(machine, "/proc/sys/user/max_user_namespaces", 0);
	const long allowed = read_number(machine, "/proc/sys/kernel/unprivileged_userns_clone", 1);
	struct finding finding = {
		.name = "user-namespaces",
		.seen = "allowed",
		.why = "a cell's processes have no power outside of it, not even as its root",
		.fix = "",
	};

	if (most <= 0) {
		finding.state = FINDING_MISSING;
		finding.seen = "user.max_user_namespaces is 0";
		finding.fix = "sysctl -w user.max_user_namespaces=10000, and the same in "
			      "/etc/sysctl.d/";
	} else if (allowed == 0) {
		finding.state = machine->is_root ? FINDING_OK : FINDING_MISSING;
		finding.seen = "for root only (kernel.unprivileged_userns_clone is 0)";
		finding.fix = machine->is_root ? ""
					       : "run assayd as root, or sysctl -w "
						 "kernel.unprivileged_userns_clone=1";
	}
	finding_add(findings, &finding);
}

static void check_apparmor(const struct machine *machine, json_t *findings)
{
	const long restricts =
		read_number(machine, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0);
	struct finding finding = {
		.name = "apparmor",
		.seen = "does not restrict user namespaces",
		.why = "AppArmor may let an ordinary user make namespaces and then refuse to use "
		       "them",
		.fix = "",
	};
	char fix[1024];

	if (restricts == 1) {
		finding.seen = "restricts user namespaces of ordinary users";
		finding.state = machine->is_root ? FINDING_OK : FINDING_WEAK;
		snprintf(fix, sizeof(fix),
			 "put into /etc/apparmor.d/assay-keeper:\n"
			 "abi <abi/4.0>,\n"
			 "include <tunables/global>\n"
			 "profile assay-keeper %.512s flags=(unconfined) {\n"
			 "  userns,\n"
			 "}\n"
			 "and run: apparmor_parser -r /etc/apparmor.d/assay-keeper",
			 machine->keeper_path);
		finding.fix = machine->is_root ? "" : fix;
	}
	finding_add(findings, &finding);
}

static void check_cgroups(const struct machine *machine, json_t *findings)
{
	char text[TEXT_BYTES];
	const bool has_v2 = read_text(machine, "/sys/fs/cgroup/cgroup.controllers", text) >= 0;
	struct finding finding = {
		.name = "cgroups",
		.why = "memory, processes and CPU time are bounded and counted for a whole run, "
		       "not for each of its processes",
		.fix = "",
	};
	char seen[TEXT_BYTES];

	if (has_v2) {
		snprintf(seen, sizeof(seen), "version 2, controllers %.1000s", text);
	} else if (read_text(machine, "/proc/self/cgroup", text) > 0 &&
		   strstr(text, ":memory:") != NULL) {
		snprintf(seen, sizeof(seen), "version 1");
	} else {
		snprintf(seen, sizeof(seen), "none that has memory");
		finding.state = FINDING_WEAK;
		finding.fix = "mount cgroup2 on /sys/fs/cgroup";
	}
	if (has_v2 && !machine->limits_memory) {
		finding.state = FINDING_WEAK;
		finding.fix = "in the unit of assayd:\n[Service]\nDelegate=yes\n"
			      "or by hand: systemd-run --scope -p Delegate=yes assayd (as an "
			      "ordinary user with --user)";
	}
	finding.seen = seen;
	finding_add(findings, &finding);
}

static void check_core_pattern(const struct machine *machine, json_t *findings)
{
	char pattern[TEXT_BYTES];
	const bool is_pipe = read_text(machine, "/proc/sys/kernel/core_pattern", pattern) > 0 &&
			     pattern[0] == '|';
	const bool is_started = is_pipe && !machine->may_limit_core;

	finding_add(findings,
		    &(struct finding){
			    .name = "core-pattern",
			    .state = is_started ? FINDING_WEAK : FINDING_OK,
			    .seen = pattern[0] != '\0' ? pattern : "no core files",
			    .why = "a program behind a pipe is started as root outside of the cell "
				   "for each crash, unless RLIMIT_CORE is 1, as it is in cells if "
				   "assayd may set it",
			    .fix = is_started
					   ? "start assayd with a core limit of 1 or more (ulimit "
					     "-c 1, LimitCORE=1), or sysctl -w "
					     "kernel.core_pattern=core"
					   : "",
		    });
}

static void check_swap(const struct machine *machine, json_t *findings)
{
	char text[TEXT_BYTES];
	const bool has_swap =
		read_text(machine, "/proc/swaps", text) > 0 && strchr(text, '\n') != NULL;

	finding_add(
		findings,
		&(struct finding){
			.name = "swap",
			.state = has_swap && !machine->limits_memory ? FINDING_WEAK : FINDING_OK,
			.seen = !has_swap                ? "none"
				: machine->limits_memory ? "there is some, cells may not use it"
							 : "there is some, and cells may use it",
			.why = "a run that swaps is slow instead of over its limit, and slows "
			       "down others; its memory is written to a disk",
			.fix = has_swap && !machine->limits_memory
				       ? "give assayd a memory cgroup (see cgroups), or swapoff"
				       : "",
		});
}

/* Only of the host's own /proc: a cell has one in which nothing of the host is. */
static void check_hidepid(const struct machine *machine, json_t *findings)
{
	char mounts[TEXT_BYTES];
	const char *line;
	bool is_hidden = false;

	(void)read_text(machine, "/proc/mounts", mounts);
	line = strstr(mounts, " /proc proc ");
	if (line != NULL) {
		const char *option = strstr(line, "hidepid=");
		const char *end = strchr(line, '\n');

		is_hidden = option != NULL && (end == NULL || option < end) &&
			    option[strlen("hidepid=")] != '0' &&
			    strncmp(option, "hidepid=off", strlen("hidepid=off")) != 0;
	}
	finding_add(findings,
		    &(struct finding){
			    .name = "hidepid",
			    .state = is_hidden ? FINDING_OK : FINDING_WEAK,
			    .seen = is_hidden ? "users see only their own processes"
					      : "users see each other's processes in /proc",
			    .why = "on a shared machine others see what runs; cells have a /proc "
				   "of their own in any case",
			    .fix = is_hidden ? "" : "mount -o remount,hidepid=invisible /proc",
		    });
}

static void check_seccomp(const struct machine *machine, json_t *findings)
{
	char actions[TEXT_BYTES];
	const bool is_there =
		read_text(machine, "/proc/sys/kernel/seccomp/actions_avail", actions) > 0 &&
		strstr(actions, "kill_process") != NULL && strstr(actions, "errno") != NULL;

	finding_add(findings,
		    &(struct finding){
			    .name = "seccomp",
			    .state = is_there ? FINDING_OK : FINDING_MISSING,
			    .seen = is_there ? actions : "the kernel has no filter mode",
			    .why = "of some 370 system calls, most of which no honest program "
				   "needs, a candidate reaches those of the policy",
			    .fix = is_there ? "" : "a kernel with CONFIG_SECCOMP_FILTER=y",
		    });
}

static void check_no_new_privileges(const struct machine *machine, json_t *findings)
{
	char status[TEXT_BYTES];
	const bool is_there = read_text(machine, "/proc/self/status", status) > 0 &&
			      strstr(status, "\nNoNewPrivs:") != NULL;

	finding_add(findings, &(struct finding){
				      .name = "no-new-privileges",
				      .state = is_there ? FINDING_OK : FINDING_MISSING,
				      .seen = is_there ? "the kernel has it" : "not in the kernel",
				      .why = "set-uid programs of /usr give a candidate nothing",
				      .fix = is_there ? "" : "Linux 5.12 or newer",
			      });
}

/* Cells need the version that tells renames apart; what later ones add, other layers refuse, too.
 */
static const struct {
	int version;
	const char *what;
} landlock_parts[] = {
	{6, ""},
	{4, ", which is files and TCP (Linux 6.12 has abstract sockets and signals)"},
	{2, ", which is files (Linux 6.7 has TCP, 6.12 abstract sockets and signals)"},
	{1, ", which is too old for cells"},
};

static void check_landlock(const struct machine *machine, json_t *findings)
{
	const bool is_fit = machine->landlock_version >= 2;
	char seen[128] = "not in this kernel, or not enabled";
	size_t i = 0;

	if (machine->landlock_version > 0) {
		while (landlock_parts[i].version > machine->landlock_version)
			i++;
		snprintf(seen, sizeof(seen), "version %d%s", machine->landlock_version,
			 landlock_parts[i].what);
	}
	finding_add(findings,
		    &(struct finding){
			    .name = "landlock",
			    .state = is_fit ? FINDING_OK : FINDING_WEAK,
			    .seen = seen,
			    .why = "a second opinion on files: for the broker, and for cells",
			    .fix = is_fit ? ""
					  : "Linux 5.19 or newer with landlock among the names of "
					    "the boot parameter lsm=",
		    });
}

static void check_overcommit(const struct machine *machine, json_t *findings)
{
	const long mode = read_number(machine, "/proc/sys/vm/overcommit_memory", 0);

	finding_add(findings,
		    &(struct finding){
			    .name = "overcommit",
			    .state = mode == 2 ? FINDING_WEAK : FINDING_OK,
			    .seen = mode == 2   ? "strict (vm.overcommit_memory is 2)"
				    : mode == 1 ? "always"
						: "by guess, the default",
			    .why = "each candidate is a fork of a warm process and shares its "
				   "memory; strict accounting counts that memory again and "
				   "refuses forks",
			    .fix = mode == 2 ? "sysctl -w vm.overcommit_memory=0" : "",
		    });
}

void machine_examine(const struct machine *machine, json_t *findings)
{
	check_kernel(machine, findings);
	check_user_namespaces(machine, findings);
	check_apparmor(machine, findings);
	check_seccomp(machine, findings);
	check_no_new_privileges(machine, findings);
	check_landlock(machine, findings);
	check_cgroups(machine, findings);
	check_swap(machine, findings);
	check_core_pattern(machine, findings);
	check_hidepid(machine, findings);
	check_overcommit(machine, findings);
}
