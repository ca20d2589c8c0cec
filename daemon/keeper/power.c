/*
 * What is left to assay-keeper as root: the list below and nothing else. Its requests are few and
 * of fixed size, so whoever gets the keeper to run foreign code got it through the kernel or
 * through a mount; that code should at least not be able to load modules, change the network,
 * write to raw devices, make device nodes, trace other processes or set the clock.
 *
 * CAP_SYS_ADMIN alone is much, and there is no way around it: only it may make mounts and
 * namespaces that belong to the host's root, which is what keeps the mounts of a cell out of its
 * own reach (inside/inside.c). The children that become cells give up the rest.
 */
#include "keeper/power.h"

#include <errno.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>

static const cap_value_t kept[] = {
	CAP_SYS_ADMIN,       /* mounts, namespaces, cgroups of version 1 */
	CAP_SETUID,          /* the id maps of a cell, and becoming its user */
	CAP_SETGID,          /* likewise, and dropping supplementary groups */
	CAP_SETPCAP,         /* the cell's child empties its bounding set */
	CAP_KILL,            /* cells run under other uids */
	CAP_SYS_RESOURCE,    /* lowering the out-of-memory score, hard limits */
	CAP_DAC_OVERRIDE,    /* cgroup folders and mount points that are not root's */
	CAP_DAC_READ_SEARCH, /* mount sources in folders that only their owner may enter */
};

#define N_KEPT (sizeof(kept) / sizeof(kept[0]))

static bool is_kept(cap_value_t cap)
{
	for (size_t i = 0; i < N_KEPT; i++)
		if (kept[i] == cap)
			return true;
	return false;
}

/* Those of the list that we have: in a container some may be missing already. */
static int set_kept(void)
{
	const cap_t now = cap_get_proc();
	const cap_t less = cap_init();
	int err = now == NULL || less == NULL ? -ENOMEM : 0;

	for (size_t i = 0; err == 0 && i < N_KEPT; i++) {
		cap_flag_value_t has = CAP_CLEAR;

		if (cap_get_flag(now, kept[i], CAP_PERMITTED, &has) < 0 ||
		    cap_set_flag(less, CAP_PERMITTED, 1, &kept[i], has) < 0 ||
		    cap_set_flag(less, CAP_EFFECTIVE, 1, &kept[i], has) < 0)
			err = -errno;
	}
	if (err == 0 && cap_set_proc(less) < 0)
		err = -errno;
	cap_free(now);
	cap_free(less);
	return err;
}

int power_reduce(bool is_privileged)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (!is_privileged)
		return 0;
	/* The bounding set first: that takes a capability. */
	for (cap_value_t cap = 0; CAP_IS_SUPPORTED(cap); cap++)
		if (!is_kept(cap) && cap_get_bound(cap) != 0 && cap_drop_bound(cap) < 0)
			return -errno;
	if (cap_reset_ambient() < 0)
		return -errno;
	return set_kept();
}
