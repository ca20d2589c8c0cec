/*
 * An examiner's socket. Broker. What it says here decides nothing about a candidate: at most that
 * its records are complete, which the nonce in the last of them has to confirm.
 */
#include "broker/sitting.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

void sitting_init(struct sitting *sitting)
{
	*sitting = (struct sitting){.fd = -1};
}

int sitting_open(struct sitting *sitting, struct event_base *base, event_callback_fn callback,
		 void *argument, int *cell_fd)
{
	int pair[2];
	int err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	err = fd_set_nonblocking(pair[0], true);
	sitting->event = event_new(base, pair[0], EV_READ | EV_PERSIST, callback, argument);
	if (err == 0 && (sitting->event == NULL || event_add(sitting->event, NULL) < 0))
		err = -ENOMEM;
	sitting->fd = pair[0];
	sitting->cpu_ns = 0;
	sitting->n_served = 1;
	if (err < 0) {
		fd_close(&pair[1]);
		sitting_close(sitting);
		return err;
	}
	*cell_fd = pair[1];
	return 0;
}

void sitting_close(struct sitting *sitting)
{
	if (sitting->event != NULL)
		event_free(sitting->event);
	fd_close(&sitting->fd);
	sitting_init(sitting);
}

int sitting_take_rest(struct sitting *sitting)
{
	struct sitting_rest rest;
	size_t n_fds = 0;
	ssize_t len = fd_receive(sitting->fd, &rest, sizeof(rest), NULL, &n_fds);

	if (len < 0)
		return (int)len;
	if (len == 0)
		return -ECONNRESET;
	if (len != sizeof(rest) || rest.cpu_ns < sitting->cpu_ns)
		return -EPROTO;
	sitting->cpu_ns = rest.cpu_ns;
	return 0;
}

int sitting_send_next(struct sitting *sitting, const struct sitting_turn *turn)
{
	struct sitting_next next = {.is_last = turn->is_last};
	const int fds[SITTING_FDS_TASK] = {turn->channel_in, turn->channel_out, turn->job};

	memcpy(next.nonce, turn->nonce, JOB_NONCE_BYTES);
	sitting->n_served++;
	return fd_send(sitting->fd, &next, sizeof(next), fds,
		       turn->job >= 0 ? SITTING_FDS_TASK : SITTING_FDS);
}
