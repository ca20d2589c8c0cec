/* What the broker may ask of the keeper (keeper_msg.h), and what the keeper says. */
#pragma once

#include "keeper/keeper.h"
#include "keeper/keeper_msg.h"

/* Whether the request may be served now. */
enum request_check {
	REQUEST_LEGAL,
	REQUEST_STALE,   /* about a cell that has just gone: ignore */
	REQUEST_ILLEGAL, /* the broker is broken or taken over: end the keeper */
};
enum request_check request_check(const struct keeper *keeper, const struct keeper_request *request);

/*
 * Receives one packet from the broker and serves it. 1: go on; 0: the broker is gone; -errno: the
 * request was illegal (-EPROTO) or the answer could not be sent.
 */
int requests_serve(struct keeper *keeper, int broker);

/* Serves what a slot's set-up channel or pidfd has to say. 0 or -errno of sending. */
int requests_follow_setup(struct keeper *keeper, int broker, uint32_t slot);
int requests_reap(struct keeper *keeper, int broker, uint32_t slot);

/* KEEPER_READY. */
int requests_say_ready(const struct keeper *keeper, int broker);
