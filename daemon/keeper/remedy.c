/*
 * Reasons and remedies, in assay-keeper: said when it refuses to start, and by `assay doctor`. Text
 * only; nothing is decided here.
 */
#include "keeper/remedy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIX_USER_NAMESPACES                                                    \
	"allow user namespaces (sysctl kernel.unprivileged_userns_clone=1 or " \
	"kernel.apparmor_restrict_unprivileged_userns=0, where they exist), or run assayd as root"

#define FIX_CGROUP                                                                           \
	"run assayd as root; with cgroup v2 in a cgroup of its own (systemd-run --scope -p " \
	"Delegate=yes assayd, with --user as an ordinary user)"

/* How to mend what a step complains of; the first that fits. step NULL, error 0: any. */
static const struct {
	const char *step;
	int error;
	const char *fix;
} fixes[] = {
	{"namespaces", EPERM, FIX_USER_NAMESPACES},
	{"namespaces", ENOSPC, "raise the sysctls user.max_*_namespaces, which are 0 or used up"},
	{"namespaces", ENOSYS, "needs Linux 5.12 or newer"},
	{"namespaces", EINVAL, "the kernel lacks a kind of namespace; use one that has all"},
	{"user-namespace", EPERM, "the container that assayd runs in forbids user namespaces"},
	{"user-namespace", ENOSPC, "raise the sysctl user.max_user_namespaces"},
	{"map-ids", 0, "choose a uid base whose uids this machine or container has"},
	{"mount-sources", ENOSYS, "needs Linux 5.12 or newer"},
	{"mount-sources", ENOENT, "install what is missing, or change the policy's mounts"},
	{"mount-sources", EACCES, "let the user of assayd read it, or change the policy's mounts"},
	{"mounts", EPERM,
	 "proc cannot be mounted: the container that assayd runs in hides parts of /proc; run it "
	 "with an unmasked /proc (docker: --security-opt systempaths=unconfined)"},
	{"private-mounts", EPERM, "give assayd CAP_SYS_ADMIN, or run it as an ordinary user"},
	{"exec", ENOENT, "install the policy's program, or mount the folder that holds it"},
	/* AppArmor lets an ordinary user make the namespaces and refuses the first use of them. */
	{NULL, EPERM, FIX_USER_NAMESPACES},
	{NULL, EACCES, FIX_USER_NAMESPACES},
};

const char *remedy_for_failure(const struct failure *failure)
{
	for (size_t i = 0; i < sizeof(fixes) / sizeof(fixes[0]); i++)
		if ((fixes[i].step == NULL || strcmp(fixes[i].step, failure->step) == 0) &&
		    (fixes[i].error == 0 || fixes[i].error == failure->error))
			return fixes[i].fix;
	return "none is known for this step; please report it together with the line above";
}

void remedy_for_layer(const struct keeper *keeper, enum policy_layer layer, struct remedy *remedy)
{
	*remedy = (struct remedy){.fix = "none is known"};
	if ((keeper->left_out & 1u << layer) != 0) {
		remedy->fix = "take it from leave_out in the policy's file";
		snprintf(remedy->why, sizeof(remedy->why), "a policy leaves it out");
	} else if (layer >= LAYER_CGROUP_MEMORY && layer <= LAYER_CGROUP_CPU) {
		remedy->fix = FIX_CGROUP;
		snprintf(remedy->why, sizeof(remedy->why), "%s",
			 keeper->cgroups.why[layer - LAYER_CGROUP_MEMORY]);
	} else if (layer == LAYER_LANDLOCK) {
		remedy->fix = "use Linux 5.19 or newer, with landlock among the names of the "
			      "kernel's parameter lsm=";
	} else if (layer == LAYER_SECCOMP_NOTIFY) {
		remedy->fix = "the container that assayd runs in listens to system calls itself; "
			      "run assayd outside of it";
	} else if (layer == LAYER_HOST_UID) {
		remedy->fix = "run assayd as root: an ordinary user has only one uid to give";
	}
}
