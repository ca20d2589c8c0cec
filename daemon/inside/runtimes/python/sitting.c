/*
 * Between two candidates; in the examiner's child. The broker is trusted here, sizes are checked
 * all the same. The nonce of a candidate is not in this process before its turn, so nothing can be
 * recorded of it ahead.
 */
#include "inside/runtimes/python/sitting.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/fd.h"

#define NS_PER_SECOND 1000000000u
/* By which a process that has served others may have grown. */
#define GROWTH_KIB_MAX (40l * 1024)

static struct {
	int fd;
	bool is_last;
	long resident_kib; /* before the first candidate */
} sitting = {.fd = -1};

static void close_in_child(void)
{
	fd_close(&sitting.fd);
}

/* The most that it ever had. */
static long resident_kib(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0;
}

void sitting_open(int fd)
{
	sitting.fd = fd;
	sitting.resident_kib = resident_kib();
	pthread_atfork(NULL, NULL, close_in_child);
}

bool sitting_is_open(void)
{
	return sitting.fd >= 0 && !sitting.is_last &&
	       resident_kib() < sitting.resident_kib + GROWTH_KIB_MAX;
}

bool sitting_rest(struct sitting_turn *turn)
{
	struct sitting_rest rest = {0};
	struct sitting_next next;
	struct timespec now;
	int fds[SITTING_FDS_TASK] = {-1, -1, -1};
	size_t n_fds = SITTING_FDS_TASK;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	rest.cpu_ns = (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
	if (fd_send(sitting.fd, &rest, sizeof(rest), NULL, 0) < 0 ||
	    fd_receive(sitting.fd, &next, sizeof(next), fds, &n_fds) != sizeof(next) ||
	    n_fds < SITTING_FDS)
		return false;
	memcpy(turn->nonce, next.nonce, JOB_NONCE_BYTES);
	sitting.is_last = next.is_last != 0;
	turn->channel_in = fds[0];
	turn->channel_out = fds[1];
	turn->job = n_fds == SITTING_FDS_TASK ? fds[2] : -1;
	return true;
}
