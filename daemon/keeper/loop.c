/*
 * The loop of assay-keeper: one thread, one poll(2) over the lifeline (the supervisor lives), the
 * broker, and of each slot the pidfd of its cell and the channel of a cell that is being set up.
 *
 * Signals that would end it are ignored: Ctrl-C on a terminal reaches the whole process group, and
 * it is the supervisor that decides when runs have ended; the keeper ends with its lifeline. If it
 * is killed, its cells die with it (parent-death signal), and the next one removes the cgroups.
 */
#include "keeper/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "base/fd.h"
#include "base/log.h"
#include "keeper/keeper.h"
#include "keeper/keeper_msg.h"
#include "keeper/requests.h"
#include "keeper/start.h"

/* A broker that does not read for that long is not coming back. */
#define SEND_PATIENCE_S 10

#define FD_LIFELINE_INDEX 0
#define FD_BROKER_INDEX 1
#define FDS_FIXED 2

static struct keeper keeper;

static int map_policies(const struct policy_table **table, size_t *size)
{
	struct stat status;
	void *mapped;

	if (fstat(KEEPER_FD_POLICIES, &status) < 0)
		return -errno;
	if (status.st_size < (off_t)sizeof(**table))
		return -EINVAL;
	mapped = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, KEEPER_FD_POLICIES, 0);
	if (mapped == MAP_FAILED)
		return -errno;
	*table = mapped;
	*size = (size_t)status.st_size;
	return 0;
}

static int prepare_process(void)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGTSTP, SIGTTOU};
	const struct timeval patience = {.tv_sec = SEND_PATIENCE_S};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	for (int fd = KEEPER_FD_POLICIES; fd <= KEEPER_FD_LIFELINE; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			return -errno;
	if (setsockopt(KEEPER_FD_BROKER, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return -errno;
	return fd_set_nonblocking(KEEPER_FD_BROKER, false);
}

static size_t collect(struct pollfd *fds, uint32_t *slots)
{
	size_t n = FDS_FIXED;

	fds[FD_LIFELINE_INDEX] = (struct pollfd){.fd = KEEPER_FD_LIFELINE, .events = POLLIN};
	fds[FD_BROKER_INDEX] = (struct pollfd){.fd = KEEPER_FD_BROKER, .events = POLLIN};
	for (uint32_t i = 0; i < keeper.table->n_slots; i++) {
		const struct slot *slot = &keeper.slots[i];

		if (slot->state == SLOT_ABSENT)
			continue;
		/* Negative descriptors are passed over by poll(2). */
		slots[n] = i;
		fds[n++] = (struct pollfd){.fd = slot->channel, .events = POLLIN};
		slots[n] = i;
		fds[n++] = (struct pollfd){.fd = slot->pidfd, .events = POLLIN};
	}
	return n;
}

/* Ends of cells go before requests, so that a slot that is free is known to be free. */
static int serve_slots(const struct pollfd *fds, const uint32_t *slots, size_t n)
{
	int err = 0;

	for (size_t i = FDS_FIXED; err == 0 && i < n; i += 2) {
		if (fds[i + 1].revents != 0)
			err = requests_reap(&keeper, KEEPER_FD_BROKER, slots[i]);
		else if (fds[i].revents != 0)
			err = requests_follow_setup(&keeper, KEEPER_FD_BROKER, slots[i]);
	}
	return err;
}

/* 0: the supervisor or the broker is gone; -errno. */
static int serve_until_end(void)
{
	static struct pollfd fds[FDS_FIXED + 2 * POLICY_SLOTS_MAX];
	static uint32_t slots[FDS_FIXED + 2 * POLICY_SLOTS_MAX];
	int result = 1;

	while (result > 0) {
		size_t n = collect(fds, slots);

		if (poll(fds, n, -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[FD_LIFELINE_INDEX].revents != 0)
			return 0;
		result = serve_slots(fds, slots, n);
		if (result < 0)
			break;
		result = 1;
		if (fds[FD_BROKER_INDEX].revents != 0)
			result = requests_serve(&keeper, KEEPER_FD_BROKER);
	}
	return result == -EPIPE || result == -ECONNRESET ? 0 : result;
}

static int run(void)
{
	const struct policy_table *table = NULL;
	size_t size = 0;
	int status;
	int err = prepare_process();

	if (err == 0)
		err = map_policies(&table, &size);
	if (err < 0) {
		log_error("started without its descriptors: %s; assayd starts this program",
			  strerror(-err));
		return EXIT_FAILURE;
	}
	status = keeper_start(&keeper, table, size);
	if (status != 0)
		return status;
	err = requests_say_ready(&keeper, KEEPER_FD_BROKER);
	if (err == 0)
		err = serve_until_end();
	if (err < 0 && err != -EPIPE)
		log_error("ending: %s", strerror(-err));
	return err < 0 && err != -EPIPE ? EXIT_FAILURE : EXIT_SUCCESS;
}

int keeper_run(void)
{
	int status = run();

	keeper_stop(&keeper);
	return status;
}

int keeper_describe(int (*describe)(const struct policy_table *table, size_t size))
{
	const struct policy_table *table = NULL;
	size_t size = 0;
	int err = map_policies(&table, &size);

	/* The low numbers are taken in service; a cell's child counts on it. */
	for (int fd = 0; err == 0 && fd < KEEPER_FD_LIFELINE;) {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		err = fd < 0 ? -errno : 0;
	}
	if (err == 0)
		return describe(table, size);
	log_error("started without the policies: %s; assayd starts this program", strerror(-err));
	return EXIT_FAILURE;
}
