/*
 * The last two steps: the descriptors that pid 1 starts with, and the exec. Runs in the child of
 * the keeper.
 *
 * After them 0 is /dev/null, 1 and 2 are the daemon's log (for complaints of the warm-up; lock.c
 * takes them away), CELL_FD_CONTROL and CELL_FD_LOCK are as lock.h says, and the set-up channel
 * is closed by exec, which is how the keeper learns that all steps are done.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inside/inside.h"
#include "inside/lock.h"
#include "inside/step.h"

/*
 * The child owns its copy of the descriptor table, in which 3, 4 and 5 are the keeper's own
 * (keeper_msg.h): so the three descriptors of the plan all have higher numbers.
 */
int step_descriptors(struct inside *inside)
{
	const struct plan *plan = inside->plan;
	unsigned int channel = (unsigned int)plan->channel_fd;

	if (plan->control_fd <= CELL_FD_LOCK || plan->lock_fd <= CELL_FD_LOCK ||
	    plan->channel_fd <= CELL_FD_LOCK + 1)
		return step_failed(inside, -EBADF, "numbers of the plan's descriptors");
	if (dup2(plan->control_fd, CELL_FD_CONTROL) < 0 || dup2(plan->lock_fd, CELL_FD_LOCK) < 0)
		return step_failed(inside, -errno, "dup2");
	if (close_range(CELL_FD_LOCK + 1, channel - 1, 0) < 0 ||
	    close_range(channel + 1, ~0u, 0) < 0)
		return step_failed(inside, -errno, "close_range");
	return 0;
}

int step_exec(struct inside *inside)
{
	const struct plan *plan = inside->plan;
	const char *program = plan->arguments[0];
	int err;

	umask(022);
	if (plan->is_trial) {
		if (access(program, X_OK) < 0)
			return step_failed(inside, -errno, "%s", program);
		err = channel_tell(inside, SETUP_DONE);
		return err < 0 ? err : 0;
	}
	execve(program, plan->arguments, plan->environment);
	return step_failed(inside, -errno, "%s", program);
}
