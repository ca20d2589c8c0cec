/*
 * Load for a daemon, through libassay: one request for each task, its code given CANDIDATES times,
 * at most WINDOW of them in flight, each timed from its submission to its Done.
 *
 *     load SOCKET TASKS WINDOW native|split|shared CANDIDATES [each|alike|different [PAUSE_US]]
 *
 * each, or no word: every candidate is run. With another the daemon may judge alike ones once:
 * those of a request are all alike, or all different; none is like one of another request or
 * process.
 *
 * With a pause the next request is sent that long after an answer: what a daemon takes that had
 * nothing to do.
 *
 * TASKS: for each task four texts (prompt, code, test, entry point), each led by its length (4
 * bytes, host order). Prints one line a task, "INDEX NANOSECONDS VERDICT", then
 * "total NANOSECONDS". Status 1 if the daemon refused a request or went away.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "assay/assay.h"

#define TASKS_MAX 65536
#define NS_PER_SECOND 1000000000u
#define CONNECT_TIMEOUT_MS 10000
#define US_PER_SECOND 1000000u

enum { PROMPT, CODE, TEST, ENTRY_POINT, TEXTS };

struct text {
	uint32_t len;
	const char *bytes;
};

struct task {
	struct text texts[TEXTS];
	uint64_t request;
	uint64_t submitted_ns;
	uint64_t ns;
	enum assay_verdict verdict; /* of the last candidate that did not pass, if there is one */
};

/* What may be shared: the text is made different by a comment. */
enum sharing { NOTHING, ALIKE, DIFFERENT };

static struct task tasks[TASKS_MAX];
static size_t n_tasks;

static void die(const char *what)
{
	fprintf(stderr, "load: %s\n", what);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static void read_tasks(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	const char *at, *end;

	if (fd < 0 || fstat(fd, &status) < 0)
		die("cannot open the tasks");
	at = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		die("cannot map the tasks");
	for (end = at + status.st_size; at < end && n_tasks < TASKS_MAX; n_tasks++) {
		for (int i = 0; i < TEXTS; i++) {
			struct text *text = &tasks[n_tasks].texts[i];

			memcpy(&text->len, at, sizeof(text->len));
			text->bytes = at + sizeof(text->len);
			at = text->bytes + text->len;
		}
	}
}

static void add_candidates(assay_request *request, const struct text *code, size_t n_candidates,
			   enum sharing sharing)
{
	uint64_t mark = now_ns();
	char *text = malloc(code->len + 64);

	if (text == NULL)
		die("no memory");
	memcpy(text, code->bytes, code->len);
	for (size_t i = 0; i < n_candidates; i++) {
		size_t len = code->len;

		if (sharing != NOTHING)
			len += (size_t)snprintf(text + len, 64, "\n# %llu\n",
						(unsigned long long)mark);
		mark += sharing == DIFFERENT;
		if (assay_request_add_candidate(request, NULL, text, len) < 0)
			die("cannot add a candidate");
	}
	free(text);
}

/* Without the negative control of SHARED: what one run costs is to be seen. */
static void submit(assay_client *client, struct task *task, enum assay_integrity integrity,
		   size_t n_candidates, enum sharing sharing)
{
	assay_request *request = assay_request_new("python");
	const struct text *texts = task->texts;

	if (request == NULL ||
	    assay_request_set_text(request, ASSAY_REQUEST_PROMPT, texts[PROMPT].bytes,
				   texts[PROMPT].len) < 0 ||
	    assay_request_set_text(request, ASSAY_REQUEST_ENTRY_POINT, texts[ENTRY_POINT].bytes,
				   texts[ENTRY_POINT].len) < 0 ||
	    assay_request_set_check(request, texts[TEST].bytes, texts[TEST].len) < 0 ||
	    assay_request_set_number(request, ASSAY_REQUEST_NO_CACHE, sharing == NOTHING) < 0 ||
	    assay_request_set_number(request, ASSAY_REQUEST_NO_CONTROL, 1) < 0 ||
	    assay_request_set_number(request, ASSAY_REQUEST_INTEGRITY, integrity) < 0)
		die("cannot make a request");
	add_candidates(request, &texts[CODE], n_candidates, sharing);
	task->verdict = ASSAY_PASSED;
	task->submitted_ns = now_ns();
	if (assay_submit(client, request, &task->request) < 0)
		die(assay_client_error(client));
	assay_request_free(request);
}

static struct task *find_task(uint64_t request)
{
	for (size_t i = 0; i < n_tasks; i++) {
		if (tasks[i].request == request)
			return &tasks[i];
	}
	die("an answer to nothing");
	return NULL;
}

static void take_verdict(struct task *task, enum assay_verdict verdict)
{
	if (verdict != ASSAY_PASSED)
		task->verdict = verdict;
}

/* Waits for one answer. True: a request is done. */
static bool take_answer(assay_client *client)
{
	assay_event *event;
	const char *message = NULL;
	struct task *task;
	bool is_done;

	if (assay_next(client, -1, &event) < 0)
		die(assay_client_error(client));
	if (assay_event_type(event) == ASSAY_EVENT_ERROR) {
		assay_event_error(event, &message, NULL, NULL);
		die(message);
	}
	task = find_task(assay_event_request(event));
	if (assay_event_type(event) == ASSAY_EVENT_RESULT)
		take_verdict(task, assay_result_verdict(assay_event_result(event)));
	is_done = assay_event_type(event) == ASSAY_EVENT_DONE;
	if (is_done)
		task->ns = now_ns() - task->submitted_ns;
	assay_event_free(event);
	return is_done;
}

static enum sharing read_sharing(const char *word)
{
	if (strcmp(word, "each") == 0)
		return NOTHING;
	return strcmp(word, "alike") == 0 ? ALIKE : DIFFERENT;
}

static void wait_us(unsigned long pause_us)
{
	const struct timespec pause = {
		.tv_sec = (time_t)(pause_us / US_PER_SECOND),
		.tv_nsec = (long)(pause_us % US_PER_SECOND * 1000),
	};

	if (pause_us > 0)
		nanosleep(&pause, NULL);
}

int main(int argc, char **argv)
{
	unsigned long pause_us;
	assay_client *client;
	enum assay_integrity integrity;
	enum sharing sharing = NOTHING;
	size_t window, n_candidates, submitted = 0, done = 0;
	uint64_t start;

	if (argc < 6 || argc > 8) {
		fprintf(stderr, "usage: load SOCKET TASKS WINDOW native|split|shared CANDIDATES "
				"[each|alike|different [PAUSE_US]]\n");
		return 2;
	}
	read_tasks(argv[2]);
	window = strtoul(argv[3], NULL, 10);
	n_candidates = strtoul(argv[5], NULL, 10);
	integrity = strcmp(argv[4], "shared") == 0   ? ASSAY_SHARED
		    : strcmp(argv[4], "native") == 0 ? ASSAY_INTEGRITY_UNKNOWN
						     : ASSAY_SPLIT;
	if (argc > 6)
		sharing = read_sharing(argv[6]);
	pause_us = argc > 7 ? strtoul(argv[7], NULL, 10) : 0;
	if (assay_connect(argv[1], "load", CONNECT_TIMEOUT_MS, &client) < 0)
		die("cannot connect");
	start = now_ns();
	while (done < n_tasks) {
		while (submitted < n_tasks && submitted - done < window)
			submit(client, &tasks[submitted++], integrity, n_candidates, sharing);
		if (take_answer(client)) {
			done++;
			wait_us(pause_us);
		}
	}
	start = now_ns() - start;
	for (size_t i = 0; i < n_tasks; i++)
		printf("%zu %llu %s\n", i, (unsigned long long)tasks[i].ns,
		       assay_verdict_name(tasks[i].verdict));
	printf("total %llu\n", (unsigned long long)start);
	assay_disconnect(client);
	return 0;
}
