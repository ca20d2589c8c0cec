/*
 * Accepts clients and keeps the list of sessions. Broker only.
 */
#pragma once

#include <stdint.h>

#include "broker/broker.h"

struct session;

/* Takes the listening sockets: the Unix one, and that of TCP or -1. NULL: they cannot be listened
 * on. */
struct listener *listener_new(struct broker *broker, int socket, int tcp_socket);

/* Closes all sessions, without answers. */
void listener_free(struct listener *listener);

/* Takes nobody new, answers what waits with SHUTTING_DOWN, and ends the loop when the last run is
 * over, at the latest after `patience_ms`. */
void listener_stop(struct listener *listener, uint32_t patience_ms);

/* Memory has become free: sessions that waited for it read on. */
void listener_resume(struct listener *listener);

uint32_t listener_n_sessions(const struct listener *listener);

/* From session.c: forgets a session, which is freed at the end of this turn of the loop. */
void listener_remove(struct listener *listener, struct session *session);
