/*
 * Talking to the keeper. Broker.
 *
 * The keeper is restarted by the supervisor when it dies; then a new socket arrives and all cells
 * are built anew. The packets are of fixed size on both sides; a wrong one from the keeper ends the
 * connection to it, which makes the supervisor start another. A keeper that neither dies nor
 * answers would keep jobs waiting for ever: cell_life.c has patience, and then gives it up. So has
 * this file with one that does not get ready; after some in a row what waits is answered.
 */
#include "broker/keeper_proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "broker/dispatch.h"
#include "broker/supervisor_link.h"
#include "keeper/keeper_msg.h"

/* Keepers in a row that did not get ready, before waiting jobs are given up. */
#define UNREADY_MAX 3

struct keeper_proxy {
	struct broker *broker;
	struct event *patience; /* with one that has not said KEEPER_READY */
	uint32_t n_unready;     /* in a row */
	int socket;
	struct event *event;
	uint32_t pid;
	bool is_ready;
};

static void on_patience_over(evutil_socket_t fd, short what, void *argument)
{
	struct keeper_proxy *proxy = argument;

	(void)fd;
	(void)what;
	log_error("the keeper did not get ready in %llu ms",
		  (unsigned long long)proxy->broker->settings->keeper_patience_ms);
	keeper_proxy_give_up(proxy);
}

static void await_ready(struct keeper_proxy *proxy)
{
	const uint64_t patience_ms = proxy->broker->settings->keeper_patience_ms;
	const struct timeval patience = {
		.tv_sec = (time_t)(patience_ms / 1000),
		.tv_usec = (suseconds_t)(patience_ms % 1000 * 1000),
	};

	evtimer_add(proxy->patience, &patience);
}

struct keeper_proxy *keeper_proxy_new(struct broker *broker)
{
	struct keeper_proxy *proxy = xcalloc(1, sizeof(*proxy));

	proxy->broker = broker;
	proxy->socket = -1;
	proxy->patience = evtimer_new(broker->base, on_patience_over, proxy);
	return proxy;
}

static void disconnect(struct keeper_proxy *proxy)
{
	if (proxy->event != NULL)
		event_free(proxy->event);
	proxy->event = NULL;
	evtimer_del(proxy->patience);
	fd_close(&proxy->socket);
	proxy->is_ready = false;
	proxy->pid = 0;
}

void keeper_proxy_free(struct keeper_proxy *proxy)
{
	if (proxy == NULL)
		return;
	disconnect(proxy);
	event_free(proxy->patience);
	free(proxy);
}

static void lose_keeper(struct keeper_proxy *proxy)
{
	const struct supervisor_packet packet = {.type = SUPERVISOR_FAILED,
						 .text = "no keeper gets ready"};

	if (proxy->socket < 0)
		return;
	log_warning("the keeper is gone; its cells are built again by the next one");
	proxy->n_unready = proxy->is_ready ? 0 : proxy->n_unready + 1;
	disconnect(proxy);
	proxy->broker->metrics.counters[METRIC_keepers_lost]++;
	dispatch_keeper_lost(proxy->broker->dispatch);
	if (proxy->n_unready < UNREADY_MAX)
		return;
	log_error("%u keepers in a row did not get ready: what waits is given up",
		  proxy->n_unready);
	supervisor_link_send(proxy->broker->supervisor, &packet);
	dispatch_give_up_waiting(proxy->broker->dispatch);
}

void keeper_proxy_give_up(struct keeper_proxy *proxy)
{
	const struct supervisor_packet packet = {.type = SUPERVISOR_STUCK, .value = proxy->pid};

	if (proxy->socket < 0)
		return;
	log_error("the keeper (pid %u) does not answer", proxy->pid);
	supervisor_link_send(proxy->broker->supervisor, &packet);
	/* The end of file that follows is handled from the loop, as in ask(). */
	shutdown(proxy->socket, SHUT_RDWR);
}

static uint32_t wished_layers(const struct broker *broker)
{
	return broker->policies->n_policies > 0 ? (1u << LAYER_COUNT) - 1 : 0;
}

static void take_event(struct keeper_proxy *proxy, const struct keeper_event *event, int *fds,
		       size_t n_fds)
{
	if (event->type == KEEPER_READY) {
		proxy->is_ready = true;
		evtimer_del(proxy->patience);
		proxy->broker->layers_missing = wished_layers(proxy->broker) & ~event->layers;
		dispatch_keeper_ready(proxy->broker->dispatch);
	} else {
		dispatch_keeper_event(proxy->broker->dispatch, event, fds, n_fds);
	}
	for (size_t i = 0; i < n_fds; i++)
		fd_close(&fds[i]);
}

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
	struct keeper_proxy *proxy = argument;

	(void)what;
	while (proxy->socket >= 0) {
		struct keeper_event event;
		int fds[FD_PASS_MAX];
		size_t n_fds = FD_PASS_MAX;
		ssize_t n = fd_receive(fd, &event, sizeof(event), fds, &n_fds);

		if (n == -EAGAIN)
			return;
		if (n != sizeof(event)) {
			lose_keeper(proxy);
			return;
		}
		take_event(proxy, &event, fds, n_fds);
	}
}

void keeper_proxy_take_socket(struct keeper_proxy *proxy, int socket, uint32_t pid)
{
	lose_keeper(proxy);
	proxy->socket = socket;
	proxy->pid = pid;
	if (fd_set_nonblocking(socket, true) < 0) {
		lose_keeper(proxy);
		return;
	}
	proxy->event =
		event_new(proxy->broker->base, socket, EV_READ | EV_PERSIST, on_readable, proxy);
	event_add(proxy->event, NULL);
	await_ready(proxy);
}

bool keeper_proxy_is_ready(const struct keeper_proxy *proxy)
{
	return proxy->is_ready;
}

uint32_t keeper_proxy_pid(const struct keeper_proxy *proxy)
{
	return proxy->pid;
}

static void ask(struct keeper_proxy *proxy, const struct keeper_request *request)
{
	int err;

	if (proxy->socket < 0)
		return;
	err = fd_send(proxy->socket, request, sizeof(*request), NULL, 0);
	/*
	 * Not handled here: the end of file that follows is, from the loop, so that the caller's
	 * slot does not change under its hands. A full socket means a keeper that hangs.
	 */
	if (err < 0) {
		log_error("cannot ask the keeper: %s", strerror(-err));
		shutdown(proxy->socket, SHUT_RDWR);
	}
}

void ask_keeper_cell_start(struct keeper_proxy *proxy, const struct slot *slot)
{
	struct keeper_request request = {
		.type = KEEPER_CELL_START,
		.slot = slot->index,
		.policy = slot->policy,
		.serial = slot->serial,
	};

	ask(proxy, &request);
}

void ask_keeper_cell_stop(struct keeper_proxy *proxy, const struct slot *slot)
{
	struct keeper_request request = {
		.type = KEEPER_CELL_STOP,
		.slot = slot->index,
		.serial = slot->serial,
	};

	ask(proxy, &request);
}

void ask_keeper_cell_limit(struct keeper_proxy *proxy, const struct slot *slot,
			   const struct limits *limits)
{
	struct keeper_request request = {
		.type = KEEPER_CELL_LIMIT,
		.slot = slot->index,
		.serial = slot->serial,
		.processes = limits->processes,
		.memory_bytes = limits->memory_bytes,
	};

	ask(proxy, &request);
}
