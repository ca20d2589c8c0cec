/*
 * Between two candidates; in the examiner's child. The broker is trusted here, sizes are checked
 * all the same. The nonce of a candidate is not in this process before its turn, so nothing can be
 * recorded of it ahead.
 */
#include "inside/runtimes/python/sitting.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"

#define NS_PER_SECOND 1000000000u

static struct {
	int fd;
	bool is_last;
} sitting = {.fd = -1};

static void close_in_child(void)
{
	fd_close(&sitting.fd);
}

void sitting_open(int fd)
{
	sitting.fd = fd;
	pthread_atfork(NULL, NULL, close_in_child);
}

bool sitting_is_open(void)
{
	return sitting.fd >= 0 && !sitting.is_last;
}

bool sitting_rest(uint8_t nonce[JOB_NONCE_BYTES], int *channel_in, int *channel_out)
{
	struct sitting_rest rest = {0};
	struct sitting_next next;
	struct timespec now;
	int fds[2];
	size_t n_fds = 2;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	rest.cpu_ns = (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
	if (fd_send(sitting.fd, &rest, sizeof(rest), NULL, 0) < 0 ||
	    fd_receive(sitting.fd, &next, sizeof(next), fds, &n_fds) != sizeof(next) || n_fds != 2)
		return false;
	memcpy(nonce, next.nonce, JOB_NONCE_BYTES);
	sitting.is_last = next.is_last != 0;
	*channel_in = fds[0];
	*channel_out = fds[1];
	return true;
}
