/*
 * What assayd says: here is a keeper; stop. Broker. Its silence (end of file) means that it is
 * gone, and then the broker goes too.
 */
#include "broker/supervisor_link.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "broker/keeper_proxy.h"
#include "broker/listener.h"

struct supervisor_link {
	struct broker *broker;
	int socket;
	struct event *event;
};

static void take_packet(struct supervisor_link *link, const struct supervisor_packet *packet,
			int *fds, size_t n_fds)
{
	if (packet->type == SUPERVISOR_KEEPER && n_fds == 1)
		keeper_proxy_take_socket(link->broker->keeper, fd_take(&fds[0]), packet->value);
	else if (packet->type == SUPERVISOR_STOP)
		listener_stop(link->broker->listener, packet->value);
	else
		log_warning("the supervisor said something unknown (%u)", packet->type);
	for (size_t i = 0; i < n_fds; i++)
		fd_close(&fds[i]);
}

static void on_readable(evutil_socket_t fd, short what, void *argument)
{
	struct supervisor_link *link = argument;
	struct supervisor_packet packet;
	int fds[FD_PASS_MAX];
	size_t n_fds = FD_PASS_MAX;
	ssize_t n;

	(void)what;
	n = fd_receive(fd, &packet, sizeof(packet), fds, &n_fds);
	if (n == -EAGAIN)
		return;
	if (n != sizeof(packet)) {
		event_base_loopbreak(link->broker->base);
		return;
	}
	take_packet(link, &packet, fds, n_fds);
}

struct supervisor_link *supervisor_link_new(struct broker *broker, int socket)
{
	struct supervisor_link *link = xcalloc(1, sizeof(*link));

	link->broker = broker;
	link->socket = socket;
	fd_set_nonblocking(socket, true);
	link->event = event_new(broker->base, socket, EV_READ | EV_PERSIST, on_readable, link);
	event_add(link->event, NULL);
	return link;
}

void supervisor_link_free(struct supervisor_link *link)
{
	if (link == NULL)
		return;
	event_free(link->event);
	fd_close(&link->socket);
	free(link);
}

void supervisor_link_send(struct supervisor_link *link, const struct supervisor_packet *packet)
{
	/* If it cannot be sent, the supervisor is going or gone, and the end of file will tell. */
	fd_send(link->socket, packet, sizeof(*packet), NULL, 0);
}
