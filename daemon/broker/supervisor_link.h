/*
 * The broker's end of the channel to assayd (core/handover.h).
 */
#pragma once

#include "broker/broker.h"
#include "core/handover.h"

/* Takes `socket`. */
struct supervisor_link *supervisor_link_new(struct broker *broker, int socket);
void supervisor_link_free(struct supervisor_link *link);

void supervisor_link_send(struct supervisor_link *link, const struct supervisor_packet *packet);
