/*
 * Steps that give up power for good: no new privileges by exec, and no capability in any of the
 * five sets. Runs in the child of the keeper, after everything that needs a capability. Each set
 * is read back, because a cell that kept one would look like any other.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "inside/step.h"

int step_no_new_privileges(struct inside *inside)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return step_failed(inside, -errno, "PR_SET_NO_NEW_PRIVS");
	return 0;
}

static int drop_bounding(struct inside *inside)
{
	for (cap_value_t cap = 0; CAP_IS_SUPPORTED(cap); cap++)
		if (cap_get_bound(cap) != 0 && cap_drop_bound(cap) < 0)
			return step_failed(inside, -errno, "bounding set, capability %d", cap);
	return 0;
}

static int check_none_left(struct inside *inside)
{
	cap_t empty = cap_init();
	cap_t now = cap_get_proc();
	int is_empty = empty != NULL && now != NULL && cap_compare(empty, now) == 0;

	cap_free(empty);
	cap_free(now);
	for (cap_value_t cap = 0; CAP_IS_SUPPORTED(cap); cap++)
		if (cap_get_bound(cap) != 0 || cap_get_ambient(cap) > 0)
			is_empty = 0;
	return is_empty ? 0 : step_failed(inside, -EPERM, "a capability is left");
}

int step_capabilities(struct inside *inside)
{
	cap_t empty;
	int err = drop_bounding(inside);

	if (err < 0)
		return err;
	if (cap_reset_ambient() < 0)
		return step_failed(inside, -errno, "ambient set");
	empty = cap_init();
	if (empty == NULL || cap_set_proc(empty) < 0)
		return step_failed(inside, -errno, "effective, permitted, inheritable sets");
	cap_free(empty);
	return check_none_left(inside);
}
