/*
 * Steps about the process itself and the namespaces that clone3(2) could not give it. Runs in the
 * child of the keeper.
 *
 * The cgroup namespace is unshared here and not at clone, because it shows the cgroup in which the
 * process was at that moment as its root: the keeper must have moved it into the slot's cgroup
 * before. The loopback of the new network namespace stays down on purpose: nothing in a cell has
 * anyone to talk to.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/inside.h"
#include "inside/step.h"

#define SCORE_MAX 800
#define SCORE_MAX_TEXT "800"

/* Handlers do not survive exec but ignored signals and the mask do; the keeper ignores some. */
static void reset_signals(void)
{
	const struct sigaction by_default = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int number = 1; number < _NSIG; number++)
		(void)sigaction(number, &by_default, NULL); /* SIGKILL, SIGSTOP refuse */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

int step_session(struct inside *inside)
{
	reset_signals();
	umask(0);
	/* For the time until step_parent_death(): a step may hang in a dead network mount. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return step_failed(inside, -errno, "PR_SET_PDEATHSIG");
	if (setsid() < 0)
		return step_failed(inside, -errno, "setsid");
	return 0;
}

/*
 * pid 1 is worth more than a candidate, which sets its own score to 1000: it keeps what the daemon
 * has, within 0 and 800. Not less than 0, although services are often protected by a negative
 * value: what a process with CAP_SYS_RESOURCE sets becomes the floor to which each of its children
 * may return, and a candidate below 0 makes the host's out-of-memory killer choose somebody else.
 */
int step_out_of_memory_score(struct inside *inside)
{
	_cleanup_fd_ int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	char now[16] = "";
	long score;

	if (fd < 0 || fd_read_all(fd, now, sizeof(now) - 1) < 0)
		return step_failed(inside, -EIO, "reading /proc/self/oom_score_adj");
	score = strtol(now, NULL, 10);
	if (score < 0 && pwrite(fd, "0", 1, 0) < 0)
		return step_failed(inside, -errno, "writing /proc/self/oom_score_adj");
	/* May be refused if 1000 was given by somebody with more power: then by size only. */
	if (score > SCORE_MAX)
		(void)!pwrite(fd, SCORE_MAX_TEXT, sizeof(SCORE_MAX_TEXT) - 1, 0);
	return 0;
}

int step_cgroup_namespace(struct inside *inside)
{
	if (unshare(CLONE_NEWCGROUP) < 0)
		return step_failed(inside, -errno, "unshare(CLONE_NEWCGROUP)");
	return 0;
}

int step_host_name(struct inside *inside)
{
	static const char name[] = "assay";

	if (sethostname(name, sizeof(name) - 1) < 0 || setdomainname("", 0) < 0)
		return step_failed(inside, -errno, "sethostname");
	return 0;
}

/*
 * In a new pid namespace getppid() is 0 whether the parent lives or not, so a keeper that died
 * before the signal was set is noticed by its end of the set-up channel.
 */
int step_parent_death(struct inside *inside)
{
	struct pollfd channel = {.fd = inside->plan->channel_fd, .events = 0};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return step_failed(inside, -errno, "PR_SET_PDEATHSIG");
	if (poll(&channel, 1, 0) != 0)
		return step_failed(inside, -EPIPE, "the keeper is gone");
	return 0;
}
