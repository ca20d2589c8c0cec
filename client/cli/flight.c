/*
 * Many requests in flight on one connection. Runs in `assay`.
 *
 * A request is in one of three places: sent (in the hash, by the id that the library gave), waiting
 * (in a list, to be submitted at its time, because the daemon said that it is full or because the
 * connection broke), or answered and freed. It is kept until the end so that it can be submitted
 * again; what it has already been answered for is a bit a candidate, so that a second submission
 * gives no result twice.
 *
 * Being full is the daemon's ordinary answer to more than it can take, and patience is right as
 * long as anything moves; only a request that was refused for minutes while nothing of ours moved
 * can never fit. A request that was in flight each of five times that the daemon broke is refused:
 * it may be what breaks it.
 */
#include "client/cli/flight.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define uthash_fatal(message) abort()
#include <uthash.h>

#define RETRY_DEFAULT_MS 100
#define RETRY_MAX_MS 5000
#define REFUSED_PATIENCE_MS 600000
#define SUBMISSIONS_MAX 5 /* that ended with the connection */

struct flown {
	uint64_t id; /* of the library, while sent */
	assay_request *request;
	void *owner;
	size_t n_candidates, bytes; /* of all suites */
	size_t n_of_suite;
	uint8_t *answered;   /* a bit a candidate */
	unsigned int n_lost; /* connections that broke while it was sent */
	unsigned int n_full; /* refusals because the daemon was full, in a row */
	int64_t full_since_ms;
	int64_t due_ms; /* while waiting */
	UT_hash_handle hh;
	TAILQ_ENTRY(flown) waiting;
};

struct flight {
	struct cli_context *context;
	size_t candidates_max;
	size_t n_requests, n_candidates, bytes;
	int64_t moved_ms; /* when the last result came */
	struct flown *sent;
	TAILQ_HEAD(waiting, flown) waiting;
	assay_event *event; /* what the last answer points into */
	char message[256];  /* of refusals made here */
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct flight *flight_new(struct cli_context *context, size_t candidates_max)
{
	struct flight *flight = calloc(1, sizeof(*flight));

	if (flight == NULL)
		return NULL;
	flight->context = context;
	flight->candidates_max = candidates_max;
	if (candidates_max == 0)
		flight->candidates_max =
			4 * assay_server_number(context->client, ASSAY_SERVER_SLOTS_TOTAL) + 64;
	TAILQ_INIT(&flight->waiting);
	return flight;
}

static void flown_free(struct flown *flown)
{
	assay_request_free(flown->request);
	free(flown->answered);
	free(flown);
}

/* Out of every list, its share given back. */
static void release(struct flight *flight, struct flown *flown, bool is_waiting)
{
	if (is_waiting)
		TAILQ_REMOVE(&flight->waiting, flown, waiting);
	else
		HASH_DEL(flight->sent, flown);
	flight->n_requests--;
	flight->n_candidates -= flown->n_candidates;
	flight->bytes -= flown->bytes;
	flown_free(flown);
}

void flight_free(struct flight *flight)
{
	struct flown *flown, *next;

	if (flight == NULL)
		return;
	HASH_ITER (hh, flight->sent, flown, next)
		release(flight, flown, false);
	while ((flown = TAILQ_FIRST(&flight->waiting)) != NULL)
		release(flight, flown, true);
	assay_event_free(flight->event);
	free(flight);
}

bool flight_is_empty(const struct flight *flight)
{
	return flight->n_requests == 0;
}

bool flight_has_room(const struct flight *flight)
{
	return flight->n_requests == 0 ||
	       (flight->n_candidates < flight->candidates_max && flight->bytes < FLIGHT_BYTES_MAX);
}

int flight_push(struct flight *flight, assay_request *request, size_t bytes, void *owner)
{
	struct flown *flown = calloc(1, sizeof(*flown));
	size_t n_suites = assay_request_n_suites(request);
	size_t n_of_suite = assay_request_n_candidates(request);
	size_t n_candidates = n_of_suite * (n_suites > 0 ? n_suites : 1);

	if (flown != NULL)
		flown->answered = calloc(n_candidates / 8 + 1, 1);
	if (flown == NULL || flown->answered == NULL) {
		free(flown);
		assay_request_free(request);
		return -ENOMEM;
	}
	flown->request = request;
	flown->owner = owner;
	flown->n_candidates = n_candidates;
	flown->n_of_suite = n_of_suite;
	flown->bytes = bytes;
	flight->n_requests++;
	flight->n_candidates += n_candidates;
	flight->bytes += bytes;
	/* Submitted by the next flight_next(), which can also say that it cannot be sent. */
	TAILQ_INSERT_TAIL(&flight->waiting, flown, waiting);
	return 0;
}

static void start_waiting(struct flight *flight, struct flown *flown, int64_t due_ms)
{
	HASH_DEL(flight->sent, flown);
	flown->due_ms = due_ms;
	TAILQ_INSERT_TAIL(&flight->waiting, flown, waiting);
}

static void refuse(struct flight *flight, struct flown *flown, enum assay_error_code code,
		   struct flight_answer *answer)
{
	*answer = (struct flight_answer){
		.type = FLIGHT_REFUSED,
		.owner = flown->owner,
		.code = code,
		.message = flight->message,
		.field = "",
	};
	release(flight, flown, true);
}

/* The connection broke: everything sent waits for the next one. 0, -EINTR, -ECONNRESET. */
static int connect_again(struct flight *flight)
{
	struct flown *flown, *next;
	int status;

	HASH_ITER (hh, flight->sent, flown, next) {
		flown->n_lost++;
		start_waiting(flight, flown, 0);
	}
	status = cli_reconnect(flight->context);
	if (status == CLI_INTERRUPTED)
		return -EINTR;
	return status == CLI_DONE ? 0 : -ECONNRESET;
}

/* AGAIN: a new connection; look at the whole list once more. */
enum submission { SUBMITTED_ALL = 0, SUBMISSION_REFUSED = 1, SUBMISSION_AGAIN = 2 };

static int refuse_unsendable(struct flight *flight, struct flown *flown, int err,
			     struct flight_answer *answer)
{
	uint64_t max_bytes =
		assay_server_number(flight->context->client, ASSAY_SERVER_MAX_FRAME_BYTES);

	if (err == -EMSGSIZE)
		snprintf(flight->message, sizeof(flight->message),
			 "the request is larger than the daemon accepts (%llu bytes)",
			 (unsigned long long)max_bytes);
	else
		snprintf(flight->message, sizeof(flight->message), "cannot be sent: %s",
			 strerror(-err));
	refuse(flight, flown,
	       err == -EMSGSIZE ? ASSAY_ERROR_TOO_LARGE : ASSAY_ERROR_INVALID_REQUEST, answer);
	return SUBMISSION_REFUSED;
}

static int submit(struct flight *flight, struct flown *flown, struct flight_answer *answer)
{
	int err;

	if (flown->n_lost >= SUBMISSIONS_MAX) {
		snprintf(flight->message, sizeof(flight->message),
			 "the daemon broke %u times while it had this request", flown->n_lost);
		refuse(flight, flown, ASSAY_ERROR_INTERNAL, answer);
		return SUBMISSION_REFUSED;
	}
	err = assay_submit(flight->context->client, flown->request, &flown->id);
	if (err == -EMSGSIZE || err == -EINVAL)
		return refuse_unsendable(flight, flown, err, answer);
	if (err == -ENOMEM)
		return err;
	if (err < 0) {
		err = connect_again(flight);
		return err == 0 ? SUBMISSION_AGAIN : err;
	}
	TAILQ_REMOVE(&flight->waiting, flown, waiting);
	HASH_ADD(hh, flight->sent, id, sizeof(flown->id), flown);
	return 0;
}

/* Submits what is due. *next_ms: how long until more is (-1: nothing waits). Outcome as submission.
 */
static int submit_due(struct flight *flight, int *next_ms, struct flight_answer *answer)
{
	int64_t now = now_ms(), earliest = INT64_MAX;
	struct flown *flown, *next;

	TAILQ_FOREACH_SAFE (flown, &flight->waiting, waiting, next) {
		int outcome;

		if (flown->due_ms > now) {
			earliest = flown->due_ms < earliest ? flown->due_ms : earliest;
			continue;
		}
		outcome = submit(flight, flown, answer);
		if (outcome != 0)
			return outcome;
	}
	*next_ms = earliest == INT64_MAX ? -1 : (int)(earliest - now);
	return SUBMITTED_ALL;
}

/* The daemon is full. True: it waits for its next turn; false: it was refused long enough. */
static bool wait_its_turn(struct flight *flight, struct flown *flown, uint32_t retry_after_ms)
{
	int64_t now = now_ms();
	int64_t pause_ms = retry_after_ms != 0 ? retry_after_ms : RETRY_DEFAULT_MS;

	if (flown->n_full == 0)
		flown->full_since_ms = now;
	if (flown->full_since_ms < flight->moved_ms)
		flown->full_since_ms = flight->moved_ms;
	if (now - flown->full_since_ms > REFUSED_PATIENCE_MS)
		return false;
	/* The daemon's estimate, doubled as often as it was wrong. */
	for (unsigned int i = 0; i < flown->n_full && pause_ms < RETRY_MAX_MS; i++)
		pause_ms *= 2;
	flown->n_full++;
	start_waiting(flight, flown, now + (pause_ms < RETRY_MAX_MS ? pause_ms : RETRY_MAX_MS));
	return true;
}

enum understanding { ANSWER_FOR_CALLER = 0, ANSWER_USED_UP = 1 };

static int understand_result(struct flight *flight, struct flown *flown,
			     struct flight_answer *answer)
{
	uint64_t suite = assay_result_number(answer->result, ASSAY_RESULT_SUITE_INDEX);
	uint64_t index = assay_result_number(answer->result, ASSAY_RESULT_CANDIDATE_INDEX);

	/* Both are 32 bits wide. */
	index = index < flown->n_of_suite ? suite * flown->n_of_suite + index : UINT64_MAX;
	flown->n_full = 0;
	flight->moved_ms = now_ms();
	if (index >= flown->n_candidates || (flown->answered[index / 8] & 1u << index % 8) != 0)
		return ANSWER_USED_UP;
	flown->answered[index / 8] |= (uint8_t)(1u << index % 8);
	return ANSWER_FOR_CALLER;
}

static int understand_error(struct flight *flight, struct flown *flown,
			    struct flight_answer *answer)
{
	uint32_t retry_after_ms;

	answer->type = FLIGHT_REFUSED;
	answer->code =
		assay_event_error(flight->event, &answer->message, &answer->field, &retry_after_ms);
	if ((answer->code == ASSAY_ERROR_QUOTA || answer->code == ASSAY_ERROR_OVERLOADED) &&
	    wait_its_turn(flight, flown, retry_after_ms))
		return ANSWER_USED_UP;
	release(flight, flown, false);
	return ANSWER_FOR_CALLER;
}

static int understand(struct flight *flight, struct flight_answer *answer)
{
	enum assay_event_type type = assay_event_type(flight->event);
	uint64_t id = assay_event_request(flight->event);
	struct flown *flown;

	HASH_FIND(hh, flight->sent, &id, sizeof(id), flown);
	if (flown == NULL)
		return ANSWER_USED_UP; /* concerns the connection, which closes by itself */
	*answer = (struct flight_answer){.owner = flown->owner};
	if (type == ASSAY_EVENT_RESULT) {
		answer->type = FLIGHT_RESULT;
		answer->result = assay_event_result(flight->event);
		return understand_result(flight, flown, answer);
	}
	if (type == ASSAY_EVENT_ERROR)
		return understand_error(flight, flown, answer);
	answer->type = FLIGHT_DONE;
	release(flight, flown, false);
	return ANSWER_FOR_CALLER;
}

int flight_next(struct flight *flight, int wake_fd, struct flight_answer *answer)
{
	for (;;) {
		int next_ms, err;

		if (flight->n_requests == 0 && wake_fd < 0)
			return -ENODATA;
		err = submit_due(flight, &next_ms, answer);
		if (err == SUBMISSION_AGAIN)
			continue;
		if (err != SUBMITTED_ALL)
			return err == SUBMISSION_REFUSED ? 0 : err;
		assay_event_free(flight->event);
		flight->event = NULL;
		err = cli_next(flight->context, next_ms, wake_fd, &flight->event);
		if (err == -ETIMEDOUT || err == -ENODATA)
			continue;
		if (err == -EINTR || err == -ENOMEM)
			return err;
		if (err < 0)
			err = connect_again(flight);
		else if (flight->event == NULL) {
			answer->type = FLIGHT_WOKEN;
			return 0;
		} else if (understand(flight, answer) == ANSWER_FOR_CALLER)
			return 0;
		if (err < 0)
			return err;
	}
}
