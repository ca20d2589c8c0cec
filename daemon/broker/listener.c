/*
 * The listening socket, the sessions, and how the broker stops. Broker.
 *
 * The socket was bound by the supervisor, so that it stays when a broker dies. Sessions that end
 * are parked on `dead` and freed by an event of their own at the end of the turn: their callbacks
 * may still be on the stack.
 */
#include "broker/listener.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "broker/batch.h"
#include "broker/dispatch.h"
#include "broker/session.h"

TAILQ_HEAD(session_list, session);

struct listener {
	struct broker *broker;
	struct evconnlistener *connections;
	struct evconnlistener *tcp_connections; /* NULL: none by TCP */
	struct session_list sessions;
	struct session_list dead;
	uint32_t n_sessions;
	struct event *reaper;    /* activated when `dead` is not empty */
	struct event *resumer;   /* activated when memory has become free */
	struct event *retry;     /* accepting again after running out of descriptors */
	struct event *patience;  /* stopping: at the latest now */
	struct event *end_check; /* stopping: is everything over? */
};

static void on_reap(evutil_socket_t fd, short what, void *argument)
{
	struct listener *listener = argument;
	struct session *session;

	(void)fd;
	(void)what;
	while ((session = TAILQ_FIRST(&listener->dead)) != NULL) {
		TAILQ_REMOVE(&listener->dead, session, link);
		session_free(session);
	}
}

static void on_resume(evutil_socket_t fd, short what, void *argument)
{
	struct listener *listener = argument;
	struct session *session;
	struct session *next;

	(void)fd;
	(void)what;
	for (session = TAILQ_FIRST(&listener->sessions); session != NULL; session = next) {
		next = TAILQ_NEXT(session, link);
		session_resume(session);
	}
}

static void accept_again(evutil_socket_t fd, short what, void *argument)
{
	struct listener *listener = argument;

	(void)fd;
	(void)what;
	if (listener->connections != NULL)
		evconnlistener_enable(listener->connections);
	if (listener->tcp_connections != NULL)
		evconnlistener_enable(listener->tcp_connections);
}

static void on_accept_error(struct evconnlistener *connections, void *argument)
{
	const struct timeval delay = {.tv_usec = 100000};
	struct listener *listener = argument;

	log_warning("cannot accept a connection: %s", strerror(errno));
	evconnlistener_disable(connections);
	evtimer_add(listener->retry, &delay);
}

static void check_bounds(struct listener *listener, struct session *session)
{
	struct broker *broker = listener->broker;
	const struct settings *settings = broker->settings;

	if (listener->n_sessions > settings->clients_max) {
		session_refuse(session, ASSAY__ERROR_CODE__OVERLOADED,
			       "too many connections at one time");
	} else if (!session->is_stranger &&
		   session->account->n_sessions > settings->user_clients_max) {
		log_info("uid %" PRIu32 " has %" PRIu32 " connections: refused one of pid %" PRIi32,
			 session->peer.uid, session->account->n_sessions, session->peer.pid);
		session_refuse(session, ASSAY__ERROR_CODE__QUOTA,
			       "too many connections of this user at one time");
	} else {
		return;
	}
	broker->metrics.counters[METRIC_connections_refused]++;
}

static void on_accept(struct evconnlistener *connections, evutil_socket_t fd,
		      struct sockaddr *address, int len, void *argument)
{
	struct listener *listener = argument;
	struct broker *broker = listener->broker;
	const bool is_tcp = connections == listener->tcp_connections;
	struct session *session = session_new(broker, fd, is_tcp ? address : NULL);

	(void)len;
	if (session == NULL) {
		close(fd);
		return;
	}
	TAILQ_INSERT_TAIL(&listener->sessions, session, link);
	listener->n_sessions++;
	broker->metrics.counters[METRIC_connections_accepted]++;
	check_bounds(listener, session);
}

static struct evconnlistener *listen_on(struct listener *listener, int socket)
{
	struct evconnlistener *connections;

	if (fd_set_nonblocking(socket, true) < 0)
		return NULL;
	connections = evconnlistener_new(listener->broker->base, on_accept, listener,
					 LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, socket);
	if (connections != NULL)
		evconnlistener_set_error_cb(connections, on_accept_error);
	return connections;
}

struct listener *listener_new(struct broker *broker, int socket, int tcp_socket)
{
	struct listener *listener = xcalloc(1, sizeof(*listener));

	listener->broker = broker;
	TAILQ_INIT(&listener->sessions);
	TAILQ_INIT(&listener->dead);
	listener->reaper = event_new(broker->base, -1, 0, on_reap, listener);
	listener->resumer = event_new(broker->base, -1, 0, on_resume, listener);
	listener->retry = evtimer_new(broker->base, accept_again, listener);
	listener->connections = listen_on(listener, socket);
	if (tcp_socket >= 0)
		listener->tcp_connections = listen_on(listener, tcp_socket);
	if (listener->connections == NULL ||
	    (tcp_socket >= 0 && listener->tcp_connections == NULL)) {
		listener_free(listener);
		return NULL;
	}
	return listener;
}

static void free_event(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

static void stop_accepting(struct listener *listener)
{
	if (listener->connections != NULL)
		evconnlistener_free(listener->connections);
	if (listener->tcp_connections != NULL)
		evconnlistener_free(listener->tcp_connections);
	listener->connections = listener->tcp_connections = NULL;
}

void listener_free(struct listener *listener)
{
	struct session *session;

	if (listener == NULL)
		return;
	while ((session = TAILQ_FIRST(&listener->sessions)) != NULL)
		session_close(session);
	on_reap(-1, 0, listener);
	stop_accepting(listener);
	free_event(listener->reaper);
	free_event(listener->resumer);
	free_event(listener->retry);
	free_event(listener->patience);
	free_event(listener->end_check);
	free(listener);
}

uint32_t listener_n_sessions(const struct listener *listener)
{
	return listener->n_sessions;
}

void listener_remove(struct listener *listener, struct session *session)
{
	TAILQ_REMOVE(&listener->sessions, session, link);
	TAILQ_INSERT_TAIL(&listener->dead, session, link);
	listener->n_sessions--;
	event_active(listener->reaper, EV_TIMEOUT, 0);
	listener_resume(listener);
}

void listener_resume(struct listener *listener)
{
	event_active(listener->resumer, EV_TIMEOUT, 0);
}

/* ---------------------------------------------------------------- stopping */

static void on_patience_over(evutil_socket_t fd, short what, void *argument)
{
	struct listener *listener = argument;

	(void)fd;
	(void)what;
	event_base_loopbreak(listener->broker->base);
}

static bool is_all_sent(const struct listener *listener)
{
	const struct session *session;

	TAILQ_FOREACH (session, &listener->sessions, link)
		if (evbuffer_get_length(bufferevent_get_output(session->stream)) > 0)
			return false;
	return true;
}

static void on_end_check(evutil_socket_t fd, short what, void *argument)
{
	struct listener *listener = argument;

	(void)fd;
	(void)what;
	if (listener->broker->n_batches == 0 && is_all_sent(listener))
		event_base_loopbreak(listener->broker->base);
}

static void refuse_waiting(struct session *session)
{
	struct batch *batch;
	struct batch *next;

	for (batch = LIST_FIRST(&session->batches); batch != NULL; batch = next) {
		next = LIST_NEXT(batch, link);
		batch_refuse_waiting(session->broker, batch, ASSAY__ERROR_CODE__SHUTTING_DOWN,
				     "the daemon is shutting down");
	}
}

void listener_stop(struct listener *listener, uint32_t patience_ms)
{
	const struct timeval interval = {.tv_usec = 10000};
	const struct timeval patience = {.tv_sec = patience_ms / 1000,
					 .tv_usec = patience_ms % 1000 * 1000};
	struct session *session;

	if (listener->broker->is_stopping)
		return;
	listener->broker->is_stopping = true;
	stop_accepting(listener);
	TAILQ_FOREACH (session, &listener->sessions, link)
		refuse_waiting(session);
	listener->patience = evtimer_new(listener->broker->base, on_patience_over, listener);
	evtimer_add(listener->patience, &patience);
	listener->end_check =
		event_new(listener->broker->base, -1, EV_PERSIST, on_end_check, listener);
	event_add(listener->end_check, &interval);
}
