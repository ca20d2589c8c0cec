/*
 * Open load for a daemon: requests leave at times that were drawn beforehand (a Poisson process),
 * whether or not others have been answered, and each is timed from the moment at which it was due.
 * So a daemon that stalls does not have fewer requests counted against it.
 *
 *     arrivals -r PER_SECOND -n REQUESTS [-i native|split|shared] [-d SEED] SOCKET TASKS
 *
 * Each request is a task drawn from TASKS. Prints "task INDEX NANOSECONDS VERDICT" for each that
 * was answered, "refused NUMBER", "late NANOSECONDS" (the most by which a request was sent behind
 * its due time, by this program's own fault), and "total NANOSECONDS" from the first due time to
 * the last answer.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/requests.h"

struct arrivals {
	struct wishes wishes;
	double per_second;
	size_t n_requests;
	uint64_t seed;
	struct task_file file;
	struct asked *asked;
	struct asker asker;
	uint64_t late_ns;
};

/* xorshift64*: the same arrivals for the same seed, on every machine. */
static uint64_t draw(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1du;
}

/* Above 0, at most 1. */
static double draw_fraction(uint64_t *state)
{
	return (double)((draw(state) >> 11) + 1) / 9007199254740992.0;
}

/* Due times from 0 on, and tasks. */
static void plan(struct arrivals *arrivals)
{
	uint64_t state = arrivals->seed * 0x9e3779b97f4a7c15u + 1;
	double due_s = 0;

	for (size_t i = 0; i < arrivals->n_requests; i++) {
		struct asked *asked = &arrivals->asked[i];

		due_s -= log(draw_fraction(&state)) / arrivals->per_second;
		asked->due_ns = (uint64_t)(due_s * NS_PER_SECOND);
		asked->task = &arrivals->file.tasks[draw(&state) % arrivals->file.n_tasks];
	}
}

/* Until the socket can be read or written, or until `due_ns` (0: whatever comes). */
static void wait_until(const struct arrivals *arrivals, uint64_t due_ns)
{
	struct pollfd waiting = {
		.fd = assay_client_fd(arrivals->asker.client),
		.events = assay_client_poll_events(arrivals->asker.client),
	};
	uint64_t now = now_ns();
	uint64_t left_ns = due_ns > now ? due_ns - now : 0;
	const struct timespec timeout = {
		.tv_sec = (time_t)(left_ns / NS_PER_SECOND),
		.tv_nsec = (long)(left_ns % NS_PER_SECOND),
	};

	if (ppoll(&waiting, 1, due_ns == 0 ? NULL : &timeout, NULL) < 0 && errno != EINTR)
		die("poll");
}

static size_t take_answers(struct arrivals *arrivals)
{
	bool is_empty = false;
	size_t n = 0;

	for (;;) {
		n += asker_take(&arrivals->asker, 0, &is_empty) != NULL;
		if (is_empty)
			return n;
	}
}

static void run(struct arrivals *arrivals)
{
	size_t n_sent = 0, n_done = 0;

	while (n_done < arrivals->n_requests) {
		struct asked *next =
			n_sent < arrivals->n_requests ? &arrivals->asked[n_sent] : NULL;
		uint64_t now = now_ns();

		if (next != NULL && now >= next->due_ns) {
			if (now - next->due_ns > arrivals->late_ns)
				arrivals->late_ns = now - next->due_ns;
			asker_send(&arrivals->asker, next, &arrivals->wishes);
			n_sent++;
		} else {
			wait_until(arrivals, next == NULL ? 0 : next->due_ns);
		}
		n_done += take_answers(arrivals);
	}
}

static void read_options(struct arrivals *arrivals, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "i:r:n:d:")) != -1) {
		switch (option) {
		case 'i':
			arrivals->wishes.integrity = read_integrity(optarg);
			break;
		case 'r':
			arrivals->per_second = strtod(optarg, NULL);
			break;
		case 'n':
			arrivals->n_requests = strtoul(optarg, NULL, 10);
			break;
		case 'd':
			arrivals->seed = strtoul(optarg, NULL, 10);
			break;
		default:
			exit(2);
		}
	}
	if (argc - optind != 2 || arrivals->per_second <= 0 || arrivals->n_requests == 0)
		die("usage: arrivals -r PER_SECOND -n REQUESTS SOCKET TASKS (see arrivals.c)");
}

static void print_answers(const struct arrivals *arrivals)
{
	size_t n_refused = 0;

	for (size_t i = 0; i < arrivals->n_requests; i++) {
		const struct asked *asked = &arrivals->asked[i];

		n_refused += asked->is_refused;
		if (!asked->is_refused)
			printf("task %zu %llu %s\n", (size_t)(asked->task - arrivals->file.tasks),
			       (unsigned long long)asked->ns, assay_verdict_name(asked->verdict));
	}
	print_verdicts(&arrivals->asker, 1);
	printf("refused %zu\n", n_refused);
	printf("late %llu\n", (unsigned long long)arrivals->late_ns);
}

int main(int argc, char **argv)
{
	struct arrivals arrivals = {.seed = 1};
	uint64_t start;

	read_options(&arrivals, argc, argv);
	arrivals.file = task_file_read(argv[optind + 1]);
	arrivals.asked = calloc(arrivals.n_requests, sizeof(*arrivals.asked));
	if (arrivals.asked == NULL)
		die("no memory");
	asker_start(&arrivals.asker, argv[optind]);
	plan(&arrivals);
	start = now_ns();
	for (size_t i = 0; i < arrivals.n_requests; i++)
		arrivals.asked[i].due_ns += start;
	run(&arrivals);
	start = now_ns() - arrivals.asked[0].due_ns;
	print_answers(&arrivals);
	printf("total %llu\n", (unsigned long long)start);
	asker_stop(&arrivals.asker);
	free(arrivals.asked);
	return 0;
}
