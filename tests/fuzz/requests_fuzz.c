/*
 * Any sequence of the broker's packets, mixed with ends of cells: keeper/requests.c with a fake of
 * what it starts. Whatever comes, power is used only as keeper_msg.h says, and of what is not legal
 * nothing is done. This side remembers by itself what each slot has been through.
 *
 * An input is pieces: a byte that says what happens and how long it is, and the bytes of it. One
 * that begins with a small number stands for a whole request, so that mutations soon find legal
 * ones; another is a packet as it stands, of any size.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "keeper/cell.h"
#include "keeper/requests.h"

#define N_SLOTS 3
#define N_POLICIES 2

enum { SHORT_REQUEST, CELL_ENDS, SETUP_SPEAKS, RAW_PACKET, N_HAPPENINGS };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct policy_table table = {.n_slots = N_SLOTS, .n_policies = N_POLICIES};
static struct keeper keeper;
static enum slot_state known[N_SLOTS]; /* what must be true of each slot */
static unsigned int n_deeds;           /* uses of power in answer to one packet */
static bool may_start;

/* ---- the fake ---- */

int cell_start(struct keeper *of, uint32_t slot, uint32_t policy, uint64_t serial, int *control_fd,
	       struct failure *failure)
{
	assert(of == &keeper && slot < N_SLOTS && policy < N_POLICIES && serial != 0);
	assert(known[slot] == SLOT_ABSENT && serial != of->slots[slot].serial);
	n_deeds++;
	if (!may_start) {
		failure_set(failure, "root", EPERM, "as asked for");
		return -EPERM;
	}
	*control_fd = dup(STDERR_FILENO);
	assert(*control_fd >= 0);
	of->slots[slot] = (struct slot){
		.state = SLOT_PRESENT, .serial = serial, .policy = policy, .channel = -1};
	known[slot] = SLOT_PRESENT;
	return 0;
}

void cell_kill(struct slot *slot)
{
	assert(slot >= keeper.slots && slot < keeper.slots + N_SLOTS);
	assert(known[slot - keeper.slots] == SLOT_PRESENT);
	n_deeds++;
	slot->state = known[slot - keeper.slots] = SLOT_STOPPING;
}

enum cell_setup cell_follow_setup(const struct keeper *of, uint32_t slot, struct failure *failure)
{
	assert(of == &keeper && slot < N_SLOTS && known[slot] != SLOT_ABSENT);
	if (may_start)
		return CELL_SETUP_COMPLETE;
	failure_set(failure, "mounts", EIO, "as asked for");
	return CELL_SETUP_FAILED;
}

int cell_reap(struct slot *slot)
{
	assert(known[slot - keeper.slots] != SLOT_ABSENT);
	slot->state = known[slot - keeper.slots] = SLOT_ABSENT;
	return 0;
}

int cgroup_limit(const struct cgroups *cgroups, uint32_t slot, uint64_t memory_bytes,
		 uint64_t processes)
{
	assert(cgroups == &keeper.cgroups && slot < N_SLOTS && known[slot] == SLOT_PRESENT);
	/* What the policy gives the runtime is in it, and no sum has gone round. */
	assert(memory_bytes >= table.policies[keeper.slots[slot].policy].cell_memory_bytes);
	assert(processes >= 1 && processes <= (uint64_t)UINT32_MAX + 1);
	n_deeds++;
	return may_start ? 0 : -ERANGE;
}

int cgroup_open_events(const struct cgroups *cgroups, uint32_t slot, int fds[CGROUP_LAYERS])
{
	assert(cgroups == &keeper.cgroups && slot < N_SLOTS);
	if (!may_start)
		return 0;
	fds[0] = dup(STDERR_FILENO);
	assert(fds[0] >= 0);
	return 1;
}

/* A line for each illegal request would be most of the work. */
void log_write(enum log_level level, const char *format, ...)
{
	assert(level == LOG_LEVEL_ERROR && format != NULL);
}

/* ---- the broker's side ---- */

static void read_events(int broker)
{
	struct keeper_event event;
	int fds[FD_PASS_MAX];

	for (;;) {
		size_t n_fds = FD_PASS_MAX;
		ssize_t n = fd_receive(broker, &event, sizeof(event), fds, &n_fds);

		if (n == -EAGAIN)
			return;
		assert(n == sizeof(event) && event.slot < N_SLOTS);
		assert(event.type >= KEEPER_CELL_STARTED && event.type <= KEEPER_CELL_GONE);
		assert(event.serial == keeper.slots[event.slot].serial);
		assert((n_fds > 0) == (event.type == KEEPER_CELL_STARTED));
		while (n_fds > 0)
			fd_close(&fds[--n_fds]);
	}
}

/* Whether the keeper goes on. */
static bool send_packet(int broker, int own, const void *packet, size_t len)
{
	int err;

	n_deeds = 0;
	if (len == 0 || send(broker, packet, len, MSG_NOSIGNAL) != (ssize_t)len)
		return true; /* an empty one is an end of file */
	err = requests_serve(&keeper, own);
	assert(n_deeds <= 1 && (err == 1 || err == -EPROTO));
	assert(err == 1 || n_deeds == 0);
	assert(err == -EPROTO || len == sizeof(struct keeper_request));
	return err == 1;
}

static bool send_short(int broker, int own, const uint8_t *bytes, size_t len)
{
	struct keeper_request request = {0};

	request.type = len > 0 ? bytes[0] % 8 : 0;
	request.slot = len > 1 ? bytes[1] % (2 * N_SLOTS) : 0;
	request.serial = len > 2 ? bytes[2] : 0;
	request.policy = len > 3 ? bytes[3] : 0;
	request.processes = len > 4 ? (uint32_t)bytes[4] << 24 | bytes[4] : 0;
	request.memory_bytes = len > 5 ? (uint64_t)bytes[5] << 56 | bytes[5] : 0;
	return send_packet(broker, own, &request, sizeof(request));
}

static bool happen(int broker, int own, uint8_t what, const uint8_t *bytes, size_t len)
{
	const uint32_t slot = len > 0 ? bytes[0] % N_SLOTS : 0;

	may_start = (what & 4) == 0;
	switch (what % N_HAPPENINGS) {
	case SHORT_REQUEST:
		return send_short(broker, own, bytes, len);
	case CELL_ENDS:
		return known[slot] == SLOT_ABSENT || requests_reap(&keeper, own, slot) == 0;
	case SETUP_SPEAKS:
		return known[slot] == SLOT_ABSENT || requests_follow_setup(&keeper, own, slot) == 0;
	default:
		return send_packet(broker, own, bytes, len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	int ends[2];
	bool goes_on = true;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
		return 0;
	memset(&keeper, 0, sizeof(keeper));
	memset(known, 0, sizeof(known));
	keeper.table = &table;
	table.policies[0].cell_memory_bytes = 1 << 20;
	for (uint32_t i = 0; i < N_SLOTS; i++)
		keeper.slots[i].channel = -1;
	while (goes_on && len > 0) {
		const uint8_t what = bytes[0] & 7;
		size_t n = bytes[0] >> 3;

		bytes++, len--;
		if (what % N_HAPPENINGS == RAW_PACKET)
			n += sizeof(struct keeper_request) - 16; /* around its size */
		n = n < len ? n : len;
		goes_on = happen(ends[0], ends[1], what, bytes, n);
		read_events(ends[0]);
		bytes += n, len -= n;
	}
	fd_close(&ends[0]);
	fd_close(&ends[1]);
	return 0;
}
