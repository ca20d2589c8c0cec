/*
 * Reading a status event; libassay. Other events read as an empty status.
 */
#include <errno.h>

#include "client/lib/client.h"

static const Assay__Status *status_of(const assay_event *event)
{
	static const Assay__Status nothing = ASSAY__STATUS__INIT;

	return event->type == ASSAY_EVENT_STATUS ? event->message->status : &nothing;
}

uint64_t assay_status_number(const assay_event *event, enum assay_status_number which)
{
	const Assay__Status *status = status_of(event);

	switch (which) {
	case ASSAY_STATUS_UPTIME_MS:
		return status->uptime_ms;
	case ASSAY_STATUS_SLOTS_TOTAL:
		return status->slots_total;
	case ASSAY_STATUS_SLOTS_FREE:
		return status->slots_free;
	case ASSAY_STATUS_QUEUED:
		return status->queued;
	case ASSAY_STATUS_RUNNING:
		return status->running;
	case ASSAY_STATUS_CONNECTIONS:
		return status->connections;
	case ASSAY_STATUS_EVALUATIONS_TOTAL:
		return status->evaluations_total;
	case ASSAY_STATUS_SUPERVISOR_PID:
		return status->supervisor_pid;
	case ASSAY_STATUS_KEEPER_PID:
		return status->keeper_pid;
	case ASSAY_STATUS_BROKER_PID:
		return status->broker_pid;
	case ASSAY_STATUS_N_SLOTS:
		return status->n_slots;
	case ASSAY_STATUS_N_COUNTERS:
		return status->n_counters;
	case ASSAY_STATUS_N_USERS:
		return status->n_users;
	}
	return 0;
}

const char *assay_status_version(const assay_event *event)
{
	return status_of(event)->server_version;
}

uint64_t assay_status_verdict_count(const assay_event *event, enum assay_verdict verdict)
{
	const Assay__Status *status = status_of(event);

	for (size_t i = 0; i < status->n_verdicts; i++)
		if ((int)status->verdicts[i]->verdict == (int)verdict)
			return status->verdicts[i]->count;
	return 0;
}

int assay_status_slot(const assay_event *event, size_t index, const char **state,
		      const char **language, uint64_t *runs, uint64_t *cells, uint32_t *pid)
{
	const Assay__Status *status = status_of(event);
	const Assay__SlotStatus *slot;

	if (index >= status->n_slots)
		return -EINVAL;
	slot = status->slots[index];
	if (state != NULL)
		*state = slot->state;
	if (language != NULL)
		*language = slot->language;
	if (runs != NULL)
		*runs = slot->runs;
	if (cells != NULL)
		*cells = slot->cells;
	if (pid != NULL)
		*pid = slot->cell_pid;
	return 0;
}

int assay_status_user(const assay_event *event, size_t index, uint32_t *uid, uint32_t *connections,
		      uint32_t *queued, uint64_t *evaluations)
{
	const Assay__Status *status = status_of(event);
	const Assay__UserStatus *user;

	if (index >= status->n_users)
		return -EINVAL;
	user = status->users[index];
	if (uid != NULL)
		*uid = user->uid;
	if (connections != NULL)
		*connections = user->connections;
	if (queued != NULL)
		*queued = user->queued;
	if (evaluations != NULL)
		*evaluations = user->evaluations;
	return 0;
}

const char *assay_status_user_name(const assay_event *event, size_t index)
{
	const Assay__Status *status = status_of(event);

	return index < status->n_users ? status->users[index]->name : "";
}

const char *assay_status_broker_isolation(const assay_event *event, size_t index)
{
	const Assay__Status *status = status_of(event);

	return index < status->n_broker_isolation ? status->broker_isolation[index] : NULL;
}

const char *assay_status_counter(const assay_event *event, size_t index, uint64_t *value,
				 const char **help)
{
	const Assay__Status *status = status_of(event);

	if (index >= status->n_counters)
		return NULL;
	if (value != NULL)
		*value = status->counters[index]->value;
	if (help != NULL)
		*help = status->counters[index]->help;
	return status->counters[index]->name;
}
