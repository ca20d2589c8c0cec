/*
 * Greeting and status messages. Broker. Everything is borrowed until it is packed.
 */
#include "broker/status.h"

#include <stdlib.h>
#include <unistd.h>

#include "assay.pb-c.h"
#include "base/clock.h"
#include "base/memory.h"
#include "broker/blobs.h"
#include "broker/dispatch.h"
#include "broker/keeper_proxy.h"
#include "broker/listener.h"
#include "broker/reply.h"
#include "broker/suites_request.h"
#include "broker/sharing.h"
#include "core/task_kind.h"
#include "proto/codec.h"

struct language_block {
	Assay__Language message;
	Assay__Limits standard;
	Assay__Limits maximum;
};

static void fill_limits(const struct limits *limits, Assay__Limits *message)
{
	assay__limits__init(message);
	message->cpu_ms = limits->cpu_ms;
	message->wall_ms = limits->wall_ms;
	message->memory_bytes = limits->memory_bytes;
	message->output_bytes = limits->output_bytes;
	message->processes = limits->processes;
}

static size_t fill_languages(const struct broker *broker, struct language_block *blocks,
			     Assay__Language **languages)
{
	for (uint32_t i = 0; i < broker->policies->n_policies; i++) {
		const struct policy *policy = &broker->policies->policies[i];
		Assay__Language *language = &blocks[i].message;

		assay__language__init(language);
		language->name = (char *)policy->language;
		language->runtime = (char *)dispatch_runtime(broker->dispatch, i);
		language->test_kinds =
			(char **)(policy_has_compiler(policy) ? task_kind_program_names
							      : task_kind_names);
		language->n_test_kinds =
			policy_has_compiler(policy) ? TASK_N_PROGRAM_KINDS : TASK_N_KINDS;
		fill_limits(&policy->default_limits, &blocks[i].standard);
		fill_limits(&policy->maximum_limits, &blocks[i].maximum);
		/* No policy has one: as take_limits() of broker/request.c takes it. */
		blocks[i].maximum.test_ms = (uint32_t)policy->maximum_limits.cpu_ms;
		language->default_limits = &blocks[i].standard;
		language->maximum_limits = &blocks[i].maximum;
		languages[i] = language;
	}
	return broker->policies->n_policies;
}

int status_pack_hello(const struct broker *broker, uint8_t **frame, size_t *len)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	Assay__ServerHello hello = ASSAY__SERVER_HELLO__INIT;
	struct language_block blocks[POLICY_MAX];
	Assay__Language *languages[POLICY_MAX];
	char *layers[LAYER_COUNT];
	char *missing[LAYER_COUNT];

	hello.protocol_major = STATUS_PROTOCOL_MAJOR;
	hello.protocol_minor = STATUS_PROTOCOL_MINOR;
	hello.server_version = (char *)STATUS_SERVER_VERSION;
	hello.max_frame_bytes = broker->settings->frame_max_bytes;
	hello.max_candidates = broker->settings->candidates_max;
	hello.max_evaluations = suites_request_max(broker);
	hello.languages = languages;
	hello.n_languages = fill_languages(broker, blocks, languages);
	hello.isolation = layers;
	hello.n_isolation =
		reply_layer_names(dispatch_layers(broker->dispatch), layers, LAYER_COUNT);
	hello.isolation_missing = missing;
	hello.n_isolation_missing = reply_layer_names(broker->layers_missing, missing, LAYER_COUNT);
	hello.slots_total = dispatch_n_slots(broker->dispatch);
	hello.slots_free = dispatch_n_free(broker->dispatch);
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_HELLO;
	message.hello = &hello;
	return codec_pack_server(&message, frame, len);
}

static size_t fill_verdicts(const struct broker *broker, Assay__VerdictCount *counts,
			    Assay__VerdictCount **list, uint64_t *total)
{
	size_t n = 0;

	*total = 0;
	for (int i = 1; i < VERDICT_COUNT; i++) {
		*total += broker->metrics.verdicts[i];
		if (broker->metrics.verdicts[i] == 0)
			continue;
		assay__verdict_count__init(&counts[n]);
		counts[n].verdict = (Assay__Verdict)i;
		counts[n].count = broker->metrics.verdicts[i];
		list[n] = &counts[n];
		n++;
	}
	return n;
}

static size_t fill_counters(const struct broker *broker, Assay__Counter *counters,
			    Assay__Counter **list)
{
	struct metrics metrics = broker->metrics;

	sharing_count(broker->sharing, &metrics);
	blobs_count(broker->blobs, &metrics);
	for (int i = 0; i < METRIC_COUNT; i++) {
		assay__counter__init(&counters[i]);
		counters[i].name = (char *)metric_name((enum metric)i);
		counters[i].help = (char *)metric_help((enum metric)i);
		counters[i].value = metrics.counters[i];
		list[i] = &counters[i];
	}
	return METRIC_COUNT;
}

static void fill_slots(const struct broker *broker, Assay__SlotStatus *slots,
		       Assay__SlotStatus **list)
{
	for (uint32_t i = 0; i < dispatch_n_slots(broker->dispatch); i++) {
		const struct slot *slot = dispatch_slot(broker->dispatch, i);
		const struct slot *examiner = dispatch_examiner(broker->dispatch, i);

		assay__slot_status__init(&slots[i]);
		slots[i].index = i;
		slots[i].state = (char *)slot_state_name(slot->state);
		slots[i].language = (char *)broker->policies->policies[slot->policy].language;
		slots[i].runs = slot->runs;
		slots[i].cells = dispatch_n_cells_built(broker->dispatch, i);
		slots[i].cell_pid = slot->cell_pid;
		slots[i].examiner_pid = examiner != NULL ? examiner->cell_pid : 0;
		list[i] = &slots[i];
	}
}

static void fill_numbers(const struct broker *broker, Assay__Status *status)
{
	status->server_version = (char *)STATUS_SERVER_VERSION;
	status->uptime_ms = (clock_now_ns() - broker->started_ns) / NS_PER_MS;
	status->slots_total = dispatch_n_slots(broker->dispatch);
	status->slots_free = dispatch_n_free(broker->dispatch);
	status->queued = broker->queue.n_jobs;
	status->running = dispatch_n_running(broker->dispatch);
	status->connections = listener_n_sessions(broker->listener);
	status->broker_pid = (uint32_t)getpid();
	status->keeper_pid = keeper_proxy_pid(broker->keeper);
	status->supervisor_pid = broker->settings->supervisor_pid;
}

static void fill_users(const struct broker *broker, Assay__UserStatus *users,
		       Assay__UserStatus **list)
{
	const struct account *account;
	size_t n = 0;

	TAILQ_FOREACH (account, &broker->accounts.list, link) {
		assay__user_status__init(&users[n]);
		users[n].uid = account->uid;
		if (account->name != NULL)
			users[n].name = (char *)account->name;
		users[n].connections = account->n_sessions;
		users[n].queued = account->tenant.n_jobs;
		users[n].evaluations = account->n_candidates;
		list[n] = &users[n];
		n++;
	}
}

static void fill_peer(const struct peer *peer, Assay__Peer *message)
{
	assay__peer__init(message);
	message->uid = peer->uid;
	message->gid = peer->gid;
	message->pid = (uint32_t)peer->pid;
	if (peer->name != NULL)
		message->name = (char *)peer->name;
	message->address = (char *)peer->address;
}

int status_pack(const struct broker *broker, const struct peer *peer, uint64_t request_id,
		uint8_t **frame, size_t *len)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	Assay__Status status = ASSAY__STATUS__INIT;
	struct language_block blocks[POLICY_MAX];
	Assay__Language *languages[POLICY_MAX];
	Assay__VerdictCount verdicts[VERDICT_COUNT];
	Assay__VerdictCount *verdict_list[VERDICT_COUNT];
	Assay__Counter counters[METRIC_COUNT];
	Assay__Counter *counter_list[METRIC_COUNT];
	char *layers[LAYER_COUNT];
	char *missing[LAYER_COUNT];
	char *own[LAYER_COUNT];
	size_t n_slots = dispatch_n_slots(broker->dispatch);
	Assay__SlotStatus *slots = xcalloc(n_slots, sizeof(*slots));
	Assay__SlotStatus **slot_list = xcalloc(n_slots, sizeof(Assay__SlotStatus *));
	size_t n_users = broker->accounts.n;
	Assay__UserStatus *users = xcalloc(n_users, sizeof(*users));
	Assay__UserStatus **user_list = xcalloc(n_users, sizeof(Assay__UserStatus *));
	Assay__Peer you;
	int err;

	fill_numbers(broker, &status);
	fill_users(broker, users, user_list);
	status.users = user_list;
	status.n_users = n_users;
	fill_peer(peer, &you);
	status.you = &you;
	fill_slots(broker, slots, slot_list);
	status.slots = slot_list;
	status.n_slots = n_slots;
	status.languages = languages;
	status.n_languages = fill_languages(broker, blocks, languages);
	status.verdicts = verdict_list;
	status.n_verdicts =
		fill_verdicts(broker, verdicts, verdict_list, &status.evaluations_total);
	status.counters = counter_list;
	status.n_counters = fill_counters(broker, counters, counter_list);
	status.isolation = layers;
	status.n_isolation =
		reply_layer_names(dispatch_layers(broker->dispatch), layers, LAYER_COUNT);
	status.isolation_missing = missing;
	status.n_isolation_missing =
		reply_layer_names(broker->layers_missing, missing, LAYER_COUNT);
	status.broker_isolation = own;
	status.n_broker_isolation = reply_layer_names(broker->own_layers, own, LAYER_COUNT);
	message.request_id = request_id;
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_STATUS;
	message.status = &status;
	err = codec_pack_server(&message, frame, len);
	free(user_list);
	free(users);
	free(slot_list);
	free(slots);
	return err;
}
