/*
 * Connections by TCP that have not shown a token yet. Broker only.
 *
 * They share one account, may send one short message, and are few: when another one comes, the one
 * that has been here for longest goes, so that nobody keeps others out by connecting. A wrong token
 * is answered after a pause; what the connection sends meanwhile is not read.
 */
#pragma once

#include <stdbool.h>

#include "assay.pb-c.h"

struct broker;
struct session;

#define STRANGERS_MAX 64
#define STRANGER_MESSAGE_MAX_BYTES 4096

struct strangers;

/* `tokens_fd` is closed. NULL: it holds no tokens. */
struct strangers *strangers_new(int tokens_fd);
void strangers_free(struct strangers *strangers);

/* A new session by TCP, which is one of them until it is let in or closed. */
void strangers_add(struct session *session);
void strangers_remove(struct session *session);

/* Whether the greeting's token is somebody's, whose the session is from now on. If not, it has been
 * or will be told. */
bool strangers_let_in(struct session *session, const Assay__ClientHello *hello);

/* The pause behind a wrong token is over. */
void strangers_refuse(struct session *session);
