/* Has all samples judged that have no result yet. */
#pragma once

#include <stddef.h>

#include "client/cli/cli.h"
#include "client/cli/request_json.h"
#include "client/suite/complaints.h"
#include "client/suite/results_file.h"
#include "client/suite/samples.h"
#include "client/suite/tasks.h"

struct judging {
	struct cli_context *context; /* connected */
	const char *label;           /* of the progress bar */
	struct tasks *tasks;
	struct samples *samples;
	struct partial *partial; /* gets each result; NULL: none */
	struct request_wishes wishes;
	struct complaints *complaints; /* about tasks that the daemon refuses */
	size_t n_now;                  /* out: results that came */
	size_t n_unjudged;             /* out: samples that our side or the task file failed */
};

/* 0: every sample has a result. -EINTR; -ECONNRESET (told already); -EPROTO: the daemon left
 * samples out; -errno: what came before is kept. */
int judging_run(struct judging *judging);
