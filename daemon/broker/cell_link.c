/*
 * Packets to and from pid 1 of a cell, and the cell's cgroup counters. Broker.
 *
 * The other end is in the same pid namespace as candidates. A candidate never holds the control
 * socket (the child closes it before anything else), but should one get at it all the same, the
 * worst that it can say is checked in dispatch: reports are legal only in the state that expects
 * them.
 */
#include "broker/cell_link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "core/policy.h"

#define COUNTER_BYTES 1024

void cell_link_init(struct cell_link *link)
{
	*link = (struct cell_link){
		.control = -1, .oom_fd = -1, .refusal_fd = -1, .cpu_fd = -1, .null_fd = -1};
}

void cell_link_deinit(struct cell_link *link)
{
	if (link->event != NULL)
		event_free(link->event);
	fd_close(&link->control);
	fd_close(&link->oom_fd);
	fd_close(&link->refusal_fd);
	fd_close(&link->cpu_fd);
	fd_close(&link->null_fd);
	cell_link_init(link);
}

int cell_link_open(struct cell_link *link, struct event_base *base, uint32_t layers, int *fds,
		   size_t n_fds, event_callback_fn callback, void *argument)
{
	size_t next = 0;
	uint64_t ignored;
	int err;

	if (n_fds < 1)
		return -EPROTO;
	link->control = fd_take(&fds[next++]);
	if ((layers & (1u << LAYER_CGROUP_MEMORY)) != 0 && next < n_fds)
		link->oom_fd = fd_take(&fds[next++]);
	if ((layers & (1u << LAYER_CGROUP_PIDS)) != 0 && next < n_fds)
		link->refusal_fd = fd_take(&fds[next++]);
	if ((layers & (1u << LAYER_CGROUP_CPU)) != 0 && next < n_fds)
		link->cpu_fd = fd_take(&fds[next++]);
	err = fd_set_nonblocking(link->control, true);
	if (err < 0)
		return err;
	link->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (link->null_fd < 0)
		return -errno;
	cell_link_count(link, &ignored, &ignored);
	link->event = event_new(base, link->control, EV_READ | EV_PERSIST, callback, argument);
	return link->event != NULL && event_add(link->event, NULL) == 0 ? 0 : -ENOMEM;
}

int cell_link_receive(struct cell_link *link, struct cell_report *report)
{
	size_t n_fds = 0;
	ssize_t n;

	if (link->control < 0)
		return -ENOTCONN;
	n = fd_receive(link->control, report, sizeof(*report), NULL, &n_fds);
	if (n < 0)
		return (int)n;
	if (n == 0)
		return -ECONNRESET;
	return n == sizeof(*report) ? 0 : -EPROTO;
}

int cell_link_send_run(struct cell_link *link, const struct cell_request *request, const int *fds,
		       size_t n_fds)
{
	return fd_send(link->control, request, sizeof(*request), fds, n_fds);
}

void cell_link_send(struct cell_link *link, enum cell_request_type type, uint64_t run_id)
{
	struct cell_request request = {.type = type, .run_id = run_id};

	if (link->control >= 0)
		fd_send(link->control, &request, sizeof(request), NULL, 0);
}

/* A cgroup's counter file, NUL-terminated; empty when it cannot be read. */
static void read_counters(int fd, char text[COUNTER_BYTES])
{
	ssize_t n = fd >= 0 ? pread(fd, text, COUNTER_BYTES - 1, 0) : 0;

	text[n > 0 ? n : 0] = '\0';
}

/* The number behind `key`; 0 if it is not there. */
static uint64_t number_behind(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at != NULL ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static uint64_t read_counter(int fd, const char *key)
{
	char text[COUNTER_BYTES];

	read_counters(fd, text);
	return number_behind(text, key);
}

static uint64_t advance(uint64_t *last, uint64_t now)
{
	uint64_t added = now > *last ? now - *last : 0;

	*last = now;
	return added;
}

void cell_link_count(struct cell_link *link, uint64_t *oom_kills, uint64_t *refusals)
{
	*oom_kills = advance(&link->oom_kills, read_counter(link->oom_fd, "oom_kill "));
	*refusals = advance(&link->refusals, read_counter(link->refusal_fd, "max "));
}

/* cpuacct.usage (v1) is a number of nanoseconds, cpu.stat (v2) begins with "usage_usec N". */
uint64_t cell_link_cpu_ns(const struct cell_link *link)
{
	char text[COUNTER_BYTES];
	uint64_t usage_us;

	read_counters(link->cpu_fd, text);
	usage_us = number_behind(text, "usage_usec ");
	return usage_us > 0 ? usage_us * 1000 : strtoull(text, NULL, 10);
}
