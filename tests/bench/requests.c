/*
 * Asks a daemon through libassay and takes its answers, for load.c and arrivals.c.
 *
 * Without the negative control of SHARED: what one run costs is to be seen. What is refused because
 * there is no room is an answer like others (it is part of what is measured); everything else that
 * goes wrong ends the program.
 */
#include "tests/bench/requests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONNECT_TIMEOUT_MS 10000
#define IDS_MAX 65536 /* in flight; a power of two */
#define MARK_MAX 64

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

void die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

void asker_start(struct asker *asker, const char *address)
{
	*asker = (struct asker){.by_id = calloc(IDS_MAX, sizeof(*asker->by_id))};
	if (asker->by_id == NULL)
		die("no memory");
	if (assay_connect(address, "bench", CONNECT_TIMEOUT_MS, &asker->client) < 0)
		die(assay_client_error(NULL));
}

void asker_stop(struct asker *asker)
{
	assay_disconnect(asker->client);
	free(asker->by_id);
}

/* The text with a comment that no other has, unless `mark` was used before. The caller frees. */
static char *marked(const struct text *text, uint64_t mark, size_t *len)
{
	char *copy = malloc(text->len + MARK_MAX);

	if (copy == NULL)
		die("no memory");
	memcpy(copy, text->bytes, text->len);
	*len = text->len +
	       (size_t)snprintf(copy + text->len, MARK_MAX, "\n# %llu\n", (unsigned long long)mark);
	return copy;
}

static void add_candidates(assay_request *request, const struct task *task, enum sharing sharing)
{
	uint64_t mark = now_ns();

	for (uint32_t i = 0; i < task->n_codes; i++) {
		const struct text *code = &task->codes[i];
		size_t len = code->len;
		char *text = sharing == SHARING_NOTHING ? NULL : marked(code, mark, &len);

		mark += sharing == SHARING_DIFFERENT;
		if (assay_request_add_candidate(request, NULL, text == NULL ? code->bytes : text,
						len) < 0)
			die("cannot add a candidate");
		free(text);
	}
}

static int set_tests(assay_request *request, const struct task *task, bool are_new)
{
	size_t len = task->test.len;
	char *text = are_new ? marked(&task->test, now_ns(), &len) : NULL;
	int err = assay_request_set_check(request, text == NULL ? task->test.bytes : text, len);

	free(text);
	return err;
}

static assay_request *make_request(const struct task *task, const struct wishes *wishes)
{
	assay_request *request = assay_request_new("python");

	if (request == NULL ||
	    assay_request_set_text(request, ASSAY_REQUEST_PROMPT, task->prompt.bytes,
				   task->prompt.len) < 0 ||
	    assay_request_set_text(request, ASSAY_REQUEST_ENTRY_POINT, task->entry_point.bytes,
				   task->entry_point.len) < 0 ||
	    set_tests(request, task, wishes->has_new_tests) < 0 ||
	    assay_request_set_number(request, ASSAY_REQUEST_NO_CACHE,
				     wishes->sharing == SHARING_NOTHING) < 0 ||
	    assay_request_set_number(request, ASSAY_REQUEST_NO_CONTROL, 1) < 0 ||
	    assay_request_set_number(request, ASSAY_REQUEST_CPU_MS, wishes->cpu_ms) < 0 ||
	    assay_request_set_number(request, ASSAY_REQUEST_INTEGRITY, wishes->integrity) < 0)
		die("cannot make a request");
	add_candidates(request, task, wishes->sharing);
	return request;
}

void asker_send(struct asker *asker, struct asked *asked, const struct wishes *wishes)
{
	assay_request *request = make_request(asked->task, wishes);
	struct asked **place;
	uint64_t id;

	asked->verdict = ASSAY_PASSED;
	if (assay_submit(asker->client, request, &id) < 0)
		die(assay_client_error(asker->client));
	assay_request_free(request);
	place = &asker->by_id[id % IDS_MAX];
	if (*place != NULL)
		die("too many requests in flight");
	*place = asked;
}

static void take_result(struct asker *asker, struct asked *asked, const assay_result *result)
{
	enum assay_verdict verdict = assay_result_verdict(result);

	asker->n_of_verdict[verdict]++;
	if (verdict != ASSAY_PASSED)
		asked->verdict = verdict;
}

/* True: it was the last of its request. */
static bool take_event(struct asker *asker, struct asked *asked, const assay_event *event)
{
	const char *message = NULL;
	enum assay_error_code code;

	if (assay_event_type(event) == ASSAY_EVENT_RESULT)
		take_result(asker, asked, assay_event_result(event));
	if (assay_event_type(event) != ASSAY_EVENT_ERROR)
		return assay_event_type(event) == ASSAY_EVENT_DONE;
	code = assay_event_error(event, &message, NULL, NULL);
	if (code != ASSAY_ERROR_OVERLOADED && code != ASSAY_ERROR_QUOTA)
		die(message);
	asked->is_refused = true;
	return true;
}

struct asked *asker_take(struct asker *asker, int timeout_ms, bool *is_empty)
{
	assay_event *event;
	struct asked **place, *asked;
	bool is_done;
	int err = assay_next(asker->client, timeout_ms, &event);

	if (is_empty != NULL)
		*is_empty = err == -ETIMEDOUT || err == -ENODATA;
	if (err == -ETIMEDOUT || err == -ENODATA)
		return NULL;
	if (err < 0)
		die(assay_client_error(asker->client));
	place = &asker->by_id[assay_event_request(event) % IDS_MAX];
	asked = *place;
	if (asked == NULL)
		die("an answer to nothing");
	is_done = take_event(asker, asked, event);
	assay_event_free(event);
	if (!is_done)
		return NULL;
	asked->ns = now_ns() - asked->due_ns;
	*place = NULL;
	return asked;
}

enum assay_integrity read_integrity(const char *word)
{
	if (strcmp(word, "native") == 0)
		return ASSAY_INTEGRITY_UNKNOWN;
	if (strcmp(word, "split") == 0)
		return ASSAY_SPLIT;
	if (strcmp(word, "shared") != 0)
		die("native, split or shared");
	return ASSAY_SHARED;
}

enum sharing read_sharing(const char *word)
{
	if (strcmp(word, "each") == 0)
		return SHARING_NOTHING;
	if (strcmp(word, "alike") == 0)
		return SHARING_ALIKE;
	if (strcmp(word, "different") != 0)
		die("each, alike or different");
	return SHARING_DIFFERENT;
}

void print_verdicts(const struct asker *askers, size_t n_askers)
{
	for (int verdict = 0; verdict <= ASSAY_INFRA; verdict++) {
		uint64_t n = 0;

		for (size_t i = 0; i < n_askers; i++)
			n += askers[i].n_of_verdict[verdict];
		if (n > 0)
			printf("verdict %s %llu\n", assay_verdict_name(verdict),
			       (unsigned long long)n);
	}
}
