/*
 * The closed list of what assay-broker may ask of assay-keeper: checked against one table, then
 * done. Nothing in a request is a path, a text or a size of anything that is parsed; the numbers
 * are indices that are range-checked here and limits that only ever apply to a slot's own cgroup.
 *
 * A request that the table forbids ends the keeper, and with it all cells: a broker that asks for
 * the impossible is broken or taken over, and nothing it holds is worth keeping.
 */
#include "keeper/requests.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "keeper/cell.h"

/* ---- checking ---- */

static const struct {
	bool is_allowed[SLOT_STATES];
	bool names_policy;
} request_table[] = {
	[KEEPER_CELL_START] = {.is_allowed = {[SLOT_ABSENT] = true}, .names_policy = true},
	[KEEPER_CELL_STOP] = {.is_allowed = {[SLOT_PRESENT] = true}},
	[KEEPER_CELL_LIMIT] = {.is_allowed = {[SLOT_PRESENT] = true}},
};

enum request_check request_check(const struct keeper *keeper, const struct keeper_request *request)
{
	const struct policy_table *table = keeper->table;
	const struct slot *slot;

	if (request->type < KEEPER_CELL_START || request->type > KEEPER_CELL_LIMIT ||
	    request->slot >= table->n_slots || request->serial == 0)
		return REQUEST_ILLEGAL;
	slot = &keeper->slots[request->slot];
	if (request_table[request->type].names_policy) {
		if (request->policy >= table->n_policies + table->n_variants ||
		    request->serial == slot->serial)
			return REQUEST_ILLEGAL;
	} else if (request->policy != 0) {
		return REQUEST_ILLEGAL;
	} else if (request->serial != slot->serial || slot->state == SLOT_ABSENT) {
		return REQUEST_STALE;
	}
	return request_table[request->type].is_allowed[slot->state] ? REQUEST_LEGAL
								    : REQUEST_ILLEGAL;
}

/* ---- answering ---- */

static struct keeper_event event_of(const struct keeper *keeper, uint32_t slot, uint32_t type)
{
	return (struct keeper_event){
		.type = type,
		.slot = slot,
		.serial = keeper->slots[slot].serial,
	};
}

static int send_event(int broker, const struct keeper_event *event)
{
	return fd_send(broker, event, sizeof(*event), NULL, 0);
}

static int say_failed(const struct keeper *keeper, int broker, uint32_t slot,
		      const struct failure *failure)
{
	struct keeper_event event = event_of(keeper, slot, KEEPER_CELL_FAILED);

	log_error("slot %u: step %s: %s: %s", slot, failure->step, failure->detail,
		  strerror(failure->error));
	event.failure = *failure;
	return send_event(broker, &event);
}

static int say_gone(const struct keeper *keeper, int broker, uint32_t slot, int status)
{
	struct keeper_event event = event_of(keeper, slot, KEEPER_CELL_GONE);

	event.status = status;
	return send_event(broker, &event);
}

static int say_started(const struct keeper *keeper, int broker, uint32_t slot, int control_fd)
{
	struct keeper_event event = event_of(keeper, slot, KEEPER_CELL_STARTED);
	int fds[1 + CGROUP_LAYERS] = {control_fd};
	int n = cgroup_open_events(&keeper->cgroups, slot, fds + 1);
	int err;

	if (n < 0)
		return n;
	event.layers = keeper->layers;
	event.pid = keeper->slots[slot].pid;
	err = fd_send(broker, &event, sizeof(event), fds, (size_t)n + 1);
	for (int i = 1; i <= n; i++)
		fd_close(&fds[i]);
	return err;
}

int requests_say_ready(const struct keeper *keeper, int broker)
{
	const struct keeper_event event = {.type = KEEPER_READY, .layers = keeper->layers};

	return send_event(broker, &event);
}

/* ---- doing ---- */

static int keeper_do_cell_start(struct keeper *keeper, int broker,
				const struct keeper_request *request)
{
	_cleanup_fd_ int control_fd = -1;
	struct failure failure;
	int err = cell_start(keeper, request->slot, request->policy, request->serial, &control_fd,
			     &failure);

	if (err == 0)
		return say_started(keeper, broker, request->slot, control_fd);
	/* Nothing was made, but the broker knows it by this serial. */
	keeper->slots[request->slot].serial = request->serial;
	err = say_failed(keeper, broker, request->slot, &failure);
	return err < 0 ? err : say_gone(keeper, broker, request->slot, 0);
}

static int keeper_do_cell_stop(struct keeper *keeper, const struct keeper_request *request)
{
	cell_kill(&keeper->slots[request->slot]);
	return 0;
}

static int keeper_do_cell_limit(const struct keeper *keeper, int broker, uint64_t cell_memory_bytes,
				const struct keeper_request *request)
{
	struct keeper_event event = event_of(keeper, request->slot, KEEPER_CELL_LIMITED);
	uint64_t memory_bytes;
	int err = 0;

	if (__builtin_add_overflow(request->memory_bytes, cell_memory_bytes, &memory_bytes))
		err = -EINVAL;
	if (err == 0)
		err = cgroup_limit(&keeper->cgroups, request->slot, memory_bytes,
				   (uint64_t)request->processes + 1);
	if (err < 0)
		failure_set(&event.failure, "cgroup", -err, "limits of slot %u", request->slot);
	return send_event(broker, &event);
}

static int serve(struct keeper *keeper, int broker, const struct keeper_request *request)
{
	const uint32_t policy = keeper->slots[request->slot].policy;

	switch ((enum keeper_request_type)request->type) {
	case KEEPER_CELL_START:
		return keeper_do_cell_start(keeper, broker, request);
	case KEEPER_CELL_STOP:
		return keeper_do_cell_stop(keeper, request);
	case KEEPER_CELL_LIMIT:
		return keeper_do_cell_limit(
			keeper, broker, keeper->table->policies[policy].cell_memory_bytes, request);
	}
	return -EPROTO;
}

int requests_serve(struct keeper *keeper, int broker)
{
	struct keeper_request request;
	int no_fds[1];
	size_t n_fds = 0;
	ssize_t n = fd_receive(broker, &request, sizeof(request), no_fds, &n_fds);
	int err;

	if (n == 0 || n == -ECONNRESET)
		return 0;
	if (n != sizeof(request)) {
		log_error("a request of the broker has the wrong size");
		return -EPROTO;
	}
	switch (request_check(keeper, &request)) {
	case REQUEST_LEGAL:
		err = serve(keeper, broker, &request);
		return err < 0 ? err : 1;
	case REQUEST_STALE:
		return 1;
	case REQUEST_ILLEGAL:
		break;
	}
	log_error("illegal request of the broker: type %u, slot %u, policy %u", request.type,
		  request.slot, request.policy);
	return -EPROTO;
}

int requests_follow_setup(struct keeper *keeper, int broker, uint32_t number)
{
	struct slot *slot = &keeper->slots[number];
	struct failure failure;

	switch (cell_follow_setup(keeper, number, &failure)) {
	case CELL_SETUP_GOES_ON:
		return 0;
	case CELL_SETUP_COMPLETE:
		fd_close(&slot->channel);
		return 0;
	case CELL_SETUP_FAILED:
		break;
	}
	/* The child waits for nothing more than this end of file. */
	fd_close(&slot->channel);
	return say_failed(keeper, broker, number, &failure);
}

int requests_reap(struct keeper *keeper, int broker, uint32_t number)
{
	struct slot *slot = &keeper->slots[number];
	int err = 0;
	int status;

	/* A failure that the child reported before it ended comes first. */
	while (err == 0 && slot->channel >= 0)
		err = requests_follow_setup(keeper, broker, number);
	status = cell_reap(slot);
	return err < 0 ? err : say_gone(keeper, broker, number, status);
}
