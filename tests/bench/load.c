/*
 * Closed load for a daemon: one request for each task, at most WINDOW of them in flight, each timed
 * from its submission to its Done.
 *
 *     load [OPTION...] SOCKET TASKS
 *
 *     -i native|split|shared    where the tests are (default native, as far as they allow it)
 *     -w WINDOW                 requests in flight at one time, all clients together (default 1)
 *     -c CLIENTS                connections that take turns (default 1)
 *     -s each|alike|different   what may be judged once (requests.h; default each: nothing)
 *     -t                        tests that the daemon has not seen before
 *     -p MICROSECONDS           a pause before each next request, so that the daemon has nothing to
 *                               do (only with a window of 1)
 *     -l MILLISECONDS           limit of CPU time (default the policy's)
 *
 * Prints "task INDEX NANOSECONDS VERDICT" for each, "verdict NAME NUMBER" of all candidates, and
 * "total NANOSECONDS". Status 1 if the daemon refused a request or went away.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/requests.h"

#define CLIENTS_MAX 256
#define US_PER_SECOND 1000000u

struct load {
	struct wishes wishes;
	size_t window, n_clients;
	unsigned long pause_us;
	struct task_file file;
	struct asked *asked; /* one for each task */
	size_t n_sent, n_done;
	struct asker askers[CLIENTS_MAX];
	size_t in_flight[CLIENTS_MAX];
};

static void wait_us(unsigned long pause_us)
{
	const struct timespec pause = {
		.tv_sec = (time_t)(pause_us / US_PER_SECOND),
		.tv_nsec = (long)(pause_us % US_PER_SECOND * 1000),
	};

	if (pause_us > 0)
		nanosleep(&pause, NULL);
}

/* As many as this client may have in flight. */
static void send_more(struct load *load, size_t client)
{
	size_t share = load->window / load->n_clients;

	while (load->n_sent < load->file.n_tasks && load->in_flight[client] < share) {
		struct asked *asked = &load->asked[load->n_sent];

		asked->task = &load->file.tasks[load->n_sent++];
		asked->due_ns = now_ns();
		asker_send(&load->askers[client], asked, &load->wishes);
		load->in_flight[client]++;
	}
}

/* All that has come for this client; waits at most so long for the first. */
static void take_answers(struct load *load, size_t client, int timeout_ms)
{
	bool is_empty = false;

	while (load->in_flight[client] > 0) {
		const struct asked *asked =
			asker_take(&load->askers[client], timeout_ms, &is_empty);

		if (is_empty)
			break;
		timeout_ms = 0;
		if (asked == NULL)
			continue;
		if (asked->is_refused)
			die("the daemon has no room");
		load->in_flight[client]--;
		load->n_done++;
		wait_us(load->pause_us);
		send_more(load, client);
	}
}

static void wait_for_any(struct load *load)
{
	struct pollfd waiting[CLIENTS_MAX];

	for (size_t i = 0; i < load->n_clients; i++) {
		waiting[i].fd = assay_client_fd(load->askers[i].client);
		waiting[i].events = assay_client_poll_events(load->askers[i].client);
	}
	poll(waiting, load->n_clients, -1);
	for (size_t i = 0; i < load->n_clients; i++) {
		if (waiting[i].revents != 0)
			take_answers(load, i, 0);
	}
}

static void run(struct load *load)
{
	for (size_t i = 0; i < load->n_clients; i++)
		send_more(load, i);
	while (load->n_done < load->file.n_tasks) {
		if (load->n_clients == 1)
			take_answers(load, 0, -1);
		else
			wait_for_any(load);
	}
}

static void read_options(struct load *load, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "i:w:c:s:tp:l:")) != -1) {
		switch (option) {
		case 'i':
			load->wishes.integrity = read_integrity(optarg);
			break;
		case 'w':
			load->window = strtoul(optarg, NULL, 10);
			break;
		case 'c':
			load->n_clients = strtoul(optarg, NULL, 10);
			break;
		case 's':
			load->wishes.sharing = read_sharing(optarg);
			break;
		case 't':
			load->wishes.has_new_tests = true;
			break;
		case 'p':
			load->pause_us = strtoul(optarg, NULL, 10);
			break;
		case 'l':
			load->wishes.cpu_ms = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		default:
			exit(2);
		}
	}
	if (argc - optind != 2 || load->n_clients < 1 || load->n_clients > CLIENTS_MAX ||
	    load->window < load->n_clients)
		die("usage: load [OPTION...] SOCKET TASKS (see load.c)");
}

int main(int argc, char **argv)
{
	static struct load load = {.window = 1, .n_clients = 1};
	uint64_t start;

	read_options(&load, argc, argv);
	load.file = task_file_read(argv[optind + 1]);
	load.asked = calloc(load.file.n_tasks, sizeof(*load.asked));
	if (load.asked == NULL)
		die("no memory");
	for (size_t i = 0; i < load.n_clients; i++)
		asker_start(&load.askers[i], argv[optind]);
	start = now_ns();
	run(&load);
	start = now_ns() - start;
	for (size_t i = 0; i < load.file.n_tasks; i++)
		printf("task %zu %llu %s\n", i, (unsigned long long)load.asked[i].ns,
		       assay_verdict_name(load.asked[i].verdict));
	print_verdicts(load.askers, load.n_clients);
	printf("total %llu\n", (unsigned long long)start);
	for (size_t i = 0; i < load.n_clients; i++)
		asker_stop(&load.askers[i]);
	free(load.asked);
	return 0;
}
