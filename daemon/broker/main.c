/*
 * assay-broker: everything that touches a client's bytes. Started by assayd with the descriptors of
 * core/handover.h; runs without capabilities, as root's child under a uid of its own.
 *
 * Order: read what was handed over, give up privilege, build the parts, lock the door behind
 * (armour.c), run the loop. Parts are freed in the reverse order.
 */
#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "broker/armour.h"
#include "broker/blobs.h"
#include "broker/broker.h"
#include "broker/dispatch.h"
#include "broker/keeper_proxy.h"
#include "broker/listener.h"
#include "broker/sharing.h"
#include "broker/store.h"
#include "broker/strangers.h"
#include "broker/planning.h"
#include "broker/supervisor_link.h"
#include "core/handover.h"

/* The whole of a sealed memory file that must be `size` bytes long; NULL if it is not. */
static const void *map_handover(int fd, size_t size)
{
	struct stat status;
	void *map;

	if (fstat(fd, &status) < 0 || (size_t)status.st_size != size)
		return NULL;
	map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return map != MAP_FAILED ? map : NULL;
}

static int drop_privilege(uid_t uid)
{
	if (uid != 0 && geteuid() == 0 &&
	    (armour_drop_bounding_set() < 0 || setgroups(0, NULL) < 0 ||
	     setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0))
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return -errno;
	/* A change of uid clears it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	return 0;
}

/* As many descriptors as the system lets us have: one a client, a few a slot. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int run(struct broker *broker)
{
	struct store *store = NULL;
	int err;

	broker->planning = planning_new(PLANS_BYTES_MAX);
	broker->keeper = keeper_proxy_new(broker);
	broker->dispatch = dispatch_new(broker);
	if (broker->settings->cache_file_bytes > 0)
		store = store_new(BROKER_FD_CACHE, broker->settings->cache_file_bytes);
	broker->sharing = sharing_new(broker, store);
	broker->blobs = blobs_new(broker->settings->blob_bytes);
	if (broker->settings->serves_tcp)
		broker->strangers = strangers_new(BROKER_FD_TOKENS);
	broker->listener = listener_new(broker, BROKER_FD_LISTENER,
					broker->settings->serves_tcp ? BROKER_FD_TCP : -1);
	if (broker->listener == NULL ||
	    (broker->settings->serves_tcp && broker->strangers == NULL)) {
		log_error("cannot listen on the sockets that were handed over");
		return EXIT_FAILURE;
	}
	broker->supervisor = supervisor_link_new(broker, BROKER_FD_SUPERVISOR);
	err = armour_put_on(store != NULL ? BROKER_FD_CACHE : -1, &broker->own_layers);
	if (err < 0)
		log_error("cannot lock this process in: %s", strerror(-err));
	else
		event_base_dispatch(broker->base);
	listener_free(broker->listener);
	strangers_free(broker->strangers);
	supervisor_link_free(broker->supervisor);
	dispatch_free(broker->dispatch);
	sharing_free(broker->sharing);
	planning_free(broker->planning);
	blobs_free(broker->blobs);
	keeper_proxy_free(broker->keeper);
	return err < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(void)
{
	struct broker broker = {.started_ns = clock_now_ns()};
	int status;
	int err;

	broker.settings = map_handover(BROKER_FD_SETTINGS, sizeof(*broker.settings));
	broker.policies = map_handover(BROKER_FD_POLICIES, sizeof(*broker.policies));
	if (broker.settings == NULL || broker.settings->magic != SETTINGS_MAGIC ||
	    broker.policies == NULL || broker.policies->magic != POLICY_TABLE_MAGIC) {
		log_open("assay-broker", LOG_LEVEL_INFO);
		log_error("this program is started by assayd");
		return EXIT_FAILURE;
	}
	log_open("assay-broker", (enum log_level)broker.settings->log_level);
	signal(SIGPIPE, SIG_IGN);
	raise_descriptor_limit();
	err = drop_privilege(broker.settings->broker_uid);
	if (err < 0) {
		log_error("cannot give up privilege: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	broker.base = event_base_new();
	if (broker.base == NULL) {
		log_error("no event loop");
		return EXIT_FAILURE;
	}
	queue_init(&broker.queue, broker.settings->queue_max);
	accounts_init(&broker.accounts, &broker.queue);
	broker.inbound.max_bytes = broker.settings->inbound_budget_bytes;
	status = run(&broker);
	event_base_free(broker.base);
	return status;
}
