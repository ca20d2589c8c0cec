/*
 * The broker's side of keeper/keeper_msg.h: asks the keeper, hands its events to dispatch.
 */
#pragma once

#include <stdint.h>

#include "broker/broker.h"
#include "core/slot.h"

struct keeper_proxy *keeper_proxy_new(struct broker *broker);
void keeper_proxy_free(struct keeper_proxy *proxy);

/* Takes the socket to a new keeper, which has no cells yet. */
void keeper_proxy_take_socket(struct keeper_proxy *proxy, int socket, uint32_t pid);

/* Whether a keeper is there and has said KEEPER_READY. */
bool keeper_proxy_is_ready(const struct keeper_proxy *proxy);
uint32_t keeper_proxy_pid(const struct keeper_proxy *proxy);

/* It has not answered in time: it is treated as lost, and the supervisor is asked to end it. */
void keeper_proxy_give_up(struct keeper_proxy *proxy);

/*
 * Requests; the answers come to dispatch_keeper_event(). A keeper that cannot be written to is
 * treated as lost.
 */
void ask_keeper_cell_start(struct keeper_proxy *proxy, const struct slot *slot);
void ask_keeper_cell_stop(struct keeper_proxy *proxy, const struct slot *slot);
void ask_keeper_cell_limit(struct keeper_proxy *proxy, const struct slot *slot,
			   const struct limits *limits);
