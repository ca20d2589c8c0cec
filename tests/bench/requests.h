/* Requests of the bench: how a task is asked, and when it was answered. */
#ifndef BENCH_REQUESTS_H
#define BENCH_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/assay.h"
#include "tests/bench/task_file.h"

#define NS_PER_SECOND 1000000000u

/* What the daemon may judge once. The texts are made different by a comment. */
enum sharing {
	SHARING_NOTHING, /* every candidate is run */
	SHARING_ALIKE, /* alike candidates of a request; none is like one of another request or run
			*/
	SHARING_DIFFERENT, /* it may, but no two are alike */
};

struct wishes {
	enum assay_integrity integrity; /* UNKNOWN: the daemon chooses, native where it can */
	enum sharing sharing;
	bool has_new_tests; /* such as it has not seen: no plan of them is known */
	uint32_t cpu_ms;    /* 0: the policy's */
};

/* One request in flight, or answered. */
struct asked {
	const struct task *task;
	uint64_t due_ns;            /* when it had to be sent; the time below counts from there */
	uint64_t ns;                /* until its last answer */
	enum assay_verdict verdict; /* of the last candidate that did not pass, if there is one */
	bool is_refused;
};

/* A connection. */
struct asker {
	assay_client *client;
	struct asked **by_id; /* whom the answers belong to; ids count up */
	uint64_t n_of_verdict[ASSAY_INFRA + 1];
};

uint64_t now_ns(void);

/* Ends the program. */
__attribute__((noreturn)) void die(const char *what);

/* Connects; ends the program if that does not work. */
void asker_start(struct asker *asker, const char *address);
void asker_stop(struct asker *asker);

/* Sends what `asked` says, as far as the socket takes it now. */
void asker_send(struct asker *asker, struct asked *asked, const struct wishes *wishes);

/* Takes one answer, waiting at most so long (-1: for ever). Returns what is finished with it, NULL
 * if nothing is. *is_empty (may be NULL): there was none in that time. */
struct asked *asker_take(struct asker *asker, int timeout_ms, bool *is_empty);

/* "native", "split" or "shared"; ends the program at any other word. */
enum assay_integrity read_integrity(const char *word);
enum sharing read_sharing(const char *word);

/* "verdict NAME NUMBER", a line for each that there was. */
void print_verdicts(const struct asker *askers, size_t n_askers);

#endif
