/*
 * The broker's one object: what its parts share. Each part has its own header; this one only holds
 * the pieces together, so that no file needs a file-level variable.
 */
#pragma once

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "broker/accounts.h"
#include "core/metrics.h"
#include "core/policy.h"
#include "core/queue.h"
#include "core/quota.h"
#include "core/settings.h"

struct blobs;
struct dispatch;
struct keeper_proxy;
struct listener;
struct sharing;
struct strangers;
struct planning;
struct supervisor_link;

struct broker {
	struct event_base *base;
	const struct settings *settings;
	const struct policy_table *policies;
	uint64_t started_ns;
	struct metrics metrics;
	struct queue queue;
	struct accounts accounts;
	struct quota inbound; /* bytes received and not yet answered */
	struct dispatch *dispatch;
	struct keeper_proxy *keeper;
	struct listener *listener;
	struct sharing *sharing;
	struct planning *planning;
	struct blobs *blobs;
	struct strangers *strangers; /* NULL: nobody connects by TCP */
	struct supervisor_link *supervisor;
	uint32_t layers_missing; /* that the policies wish and the machine lacks */
	uint32_t own_layers;     /* likewise: what this process is locked in by */
	uint32_t n_batches;      /* requests in flight */
	uint64_t n_accepted;     /* ever */
	bool is_stopping;
};
