/*
 * One task of `assay loop rank`. Part of `assay loop`.
 *
 * Models write assertions that are no Python, call nothing, or never end. What does not parse would
 * make all that is judged with it BAD_TASK; so first all assertions are parsed by the daemon, with
 * a candidate that is nothing: some at a time, each as a suite, then those of the suites that are
 * BAD_TASK each by itself. The broken ones are left out.
 *
 * Then every candidate runs once against two suites: the plain calls, which have a plan (and so are
 * the cheapest to judge), and the rest. Each assertion is a test with an outcome of its own, which
 * is the matrix. A candidate that used up its limits in the middle runs once more with a limit for
 * each test; what is not reached then does not count as passed.
 */
#include "client/loops/ranking.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/loops/assertions.h"

#define CHUNK 16          /* assertions that are parsed together at first */
#define CPU_MS 200        /* of a candidate with all tests, if nothing is said */
#define RESCUE_CPU_MS 400 /* of one that is run again, with TEST_MS for a test */
#define TEST_MS 50
#define REAL_CPU_MS 1000    /* with the task's own tests */
#define STARVED_AGAIN_MAX 3 /* the machine had no time for it */

enum step { PARSING_CHUNKS, PARSING_SINGLES, JUDGING, RESCUING, JUDGING_REALLY, OVER };

struct ranking {
	struct engine_task base; /* first */
	const struct rank_material *material;
	enum rank_score score;
	bool is_real;
	enum step step;
	size_t n_codes, n_tests;
	bool *is_suspect, *is_broken; /* tests */
	uint8_t *passed;              /* [code * n_tests + test] */
	bool *is_wanted, *is_starved; /* codes: of this step; to be judged again */
	bool *is_cut;                 /* codes: a limit came before the end */
	bool *real_passed;            /* codes */
	uint32_t n_tries;             /* of this step */
	/* What the suites and candidates of the present request are. */
	size_t *tests, n_plain; /* plain ones first */
	size_t n_chosen;
	size_t *codes;
};

struct ranking *ranking_new(const struct rank_material *material, enum rank_score score,
			    bool is_real)
{
	struct ranking *ranking = calloc(1, sizeof(*ranking));
	size_t n_codes = bag_n_texts(&material->codes), n_tests = bag_n_texts(&material->tests);

	if (ranking == NULL)
		return NULL;
	ranking->material = material;
	ranking->score = score;
	ranking->is_real = is_real;
	ranking->n_codes = n_codes;
	ranking->n_tests = n_tests;
	ranking->is_suspect = calloc(n_tests + 1, sizeof(bool));
	ranking->is_broken = calloc(n_tests + 1, sizeof(bool));
	ranking->passed = calloc(n_codes * n_tests + 1, 1);
	ranking->is_wanted = calloc(n_codes + 1, sizeof(bool));
	ranking->is_starved = calloc(n_codes + 1, sizeof(bool));
	ranking->is_cut = calloc(n_codes + 1, sizeof(bool));
	ranking->real_passed = calloc(n_codes + 1, sizeof(bool));
	ranking->tests = calloc(n_tests + 1, sizeof(size_t));
	ranking->codes = calloc(n_codes + 1, sizeof(size_t));
	if (ranking->is_suspect != NULL && ranking->is_broken != NULL && ranking->passed != NULL &&
	    ranking->is_wanted != NULL && ranking->is_starved != NULL && ranking->is_cut != NULL &&
	    ranking->real_passed != NULL && ranking->tests != NULL && ranking->codes != NULL)
		return ranking;
	ranking_free(ranking);
	return NULL;
}

void ranking_free(struct ranking *ranking)
{
	if (ranking == NULL)
		return;
	free(ranking->is_suspect);
	free(ranking->is_broken);
	free(ranking->passed);
	free(ranking->is_wanted);
	free(ranking->is_starved);
	free(ranking->is_cut);
	free(ranking->real_passed);
	free(ranking->tests);
	free(ranking->codes);
	free(ranking);
}

/* ---------------------------------------------------------------- requests */

static int begin_suite(assay_request *request)
{
	int index = assay_request_add_suite(request, NULL);

	return index < 0 ? index : assay_request_set_asserts(request, NULL, 0);
}

static int add_test(const struct ranking *ranking, assay_request *request, size_t test,
		    size_t *bytes)
{
	const char *text = bag_text(&ranking->material->tests, test);

	*bytes += strlen(text);
	return assay_request_add_assert(request, text, strlen(text));
}

/* Nothing of the texts is told: outcomes are enough, and there are many. */
static int quieten(assay_request *request)
{
	int err = assay_request_set_number(request, ASSAY_REQUEST_REVEAL, ASSAY_REVEAL_NONE);

	return err == 0 ? assay_request_set_number(request, ASSAY_REQUEST_FEEDBACK_BYTES, 1) : err;
}

/* Suites of `per_suite` assertions each, of those that are `of` (NULL: of all). A candidate that is
 * nothing calls nothing: what its tests say does not matter, only whether they are read. */
static int fill_parsing(struct ranking *ranking, assay_request *request, size_t per_suite,
			const bool *of, size_t *bytes)
{
	int err = assay_request_set_text(request, ASSAY_REQUEST_PROMPT, "", 0);

	ranking->n_chosen = 0;
	for (size_t i = 0; i < ranking->n_tests && err == 0; i++) {
		if (of != NULL && !of[i])
			continue;
		if (ranking->n_chosen % per_suite == 0)
			err = begin_suite(request);
		if (err == 0)
			err = add_test(ranking, request, i, bytes);
		ranking->tests[ranking->n_chosen++] = i;
	}
	if (err == 0)
		err = assay_request_set_number(request, ASSAY_REQUEST_INTEGRITY, ASSAY_SPLIT);
	if (err == 0)
		err = assay_request_add_candidate(request, NULL, "pass\n", 5);
	return err < 0 ? err : 0;
}

static int choose_tests(struct ranking *ranking, const char *entry_point)
{
	size_t n = 0;

	for (int is_plain = 1; is_plain >= 0; is_plain--) {
		for (size_t i = 0; i < ranking->n_tests; i++)
			if (!ranking->is_broken[i] &&
			    assertion_is_plain(bag_text(&ranking->material->tests, i),
					       entry_point) == is_plain)
				ranking->tests[n++] = i;
		if (is_plain)
			ranking->n_plain = n;
	}
	ranking->n_chosen = n;
	return n > 0 ? 0 : -ENODATA;
}

static int add_codes(struct ranking *ranking, assay_request *request, size_t *bytes)
{
	int err = 0;
	size_t n = 0;

	for (size_t i = 0; i < ranking->n_codes && err >= 0; i++) {
		const char *code = bag_text(&ranking->material->codes, i);

		if (!ranking->is_wanted[i])
			continue;
		*bytes += strlen(code);
		err = assay_request_add_candidate(request, NULL, code, strlen(code));
		ranking->codes[n++] = i;
	}
	return err < 0 ? err : 0;
}

static int add_suites(struct ranking *ranking, assay_request *request, size_t *bytes)
{
	int err = 0;

	for (size_t i = 0; i < ranking->n_chosen && err == 0; i++) {
		if (i == 0 || i == ranking->n_plain)
			err = begin_suite(request);
		if (err == 0)
			err = add_test(ranking, request, ranking->tests[i], bytes);
	}
	return err;
}

/* Unless the command line says how long. */
static int limit(const struct engine *engine, assay_request *request, uint64_t cpu_ms,
		 uint64_t test_ms)
{
	const uint64_t *values = engine->options->wishes.limits.values;
	int err = 0;

	if (values[REQUEST_CPU_MS] == 0)
		err = assay_request_set_number(request, ASSAY_REQUEST_CPU_MS, cpu_ms);
	if (err == 0 && test_ms > 0 && values[REQUEST_TEST_MS] == 0)
		err = assay_request_set_number(request, ASSAY_REQUEST_TEST_MS, test_ms);
	return err;
}

static int fill_judging(const struct engine *engine, struct ranking *ranking,
			assay_request *request, size_t *bytes)
{
	bool is_rescue = ranking->step == RESCUING;
	int err = add_suites(ranking, request, bytes);

	if (err == 0)
		err = add_codes(ranking, request, bytes);
	if (err == 0)
		err = limit(engine, request, is_rescue ? RESCUE_CPU_MS : CPU_MS,
			    is_rescue ? TEST_MS : 0);
	return err;
}

static int fill(const struct engine *engine, struct ranking *ranking, assay_request *request,
		size_t *bytes)
{
	int err = quieten(request);

	if (err < 0)
		return err;
	if (ranking->step == PARSING_CHUNKS)
		return fill_parsing(ranking, request, CHUNK, NULL, bytes);
	if (ranking->step == PARSING_SINGLES)
		return fill_parsing(ranking, request, 1, ranking->is_suspect, bytes);
	if (ranking->step != JUDGING_REALLY)
		return fill_judging(engine, ranking, request, bytes);
	err = limit(engine, request, REAL_CPU_MS, 0);
	return err == 0 ? add_codes(ranking, request, bytes) : err;
}

static int send(struct engine *engine, struct ranking *ranking)
{
	assay_request *request;
	size_t bytes = 0;
	int err = engine_new_request(engine, &ranking->base, &request);

	if (err == -EINVAL)
		return engine_fail(engine, &ranking->base, "the task cannot be made a request");
	if (err < 0)
		return err;
	err = fill(engine, ranking, request, &bytes);
	if (err == 0)
		return engine_judge(engine, &ranking->base, request, bytes);
	assay_request_free(request);
	return err;
}

/* ---------------------------------------------------------------- answers */

static bool is_our_fault(const assay_result *result)
{
	enum assay_fault fault = assay_result_fault(result);

	return fault == ASSAY_FAULT_OVERLOAD || fault == ASSAY_FAULT_INFRASTRUCTURE;
}

static void take_parsed(struct ranking *ranking, size_t suite, bool is_bad)
{
	size_t per_suite = ranking->step == PARSING_CHUNKS ? CHUNK : 1;
	bool *marks = ranking->step == PARSING_CHUNKS ? ranking->is_suspect : ranking->is_broken;

	for (size_t i = suite * per_suite; i < ranking->n_chosen && i < (suite + 1) * per_suite;
	     i++)
		marks[ranking->tests[i]] = is_bad;
}

static void take_outcomes(struct ranking *ranking, size_t suite, size_t code,
			  const assay_result *result)
{
	enum assay_verdict verdict = assay_result_verdict(result);
	size_t first = suite == 0 || ranking->n_plain == 0 ? 0 : ranking->n_plain;
	uint8_t *row = ranking->passed + code * ranking->n_tests;

	for (size_t i = 0; i < assay_result_number(result, ASSAY_RESULT_N_TESTS); i++) {
		size_t place = first + assay_result_test_index(result, i);

		if (place < ranking->n_chosen &&
		    assay_result_test_outcome(result, i) == ASSAY_TEST_PASSED)
			row[ranking->tests[place]] = 1;
	}
	if (verdict == ASSAY_CPU_LIMIT || verdict == ASSAY_WALL_LIMIT)
		ranking->is_cut[code] = true;
}

void ranking_take_result(struct ranking *ranking, const assay_result *result)
{
	size_t suite = assay_result_number(result, ASSAY_RESULT_SUITE_INDEX);
	size_t code = assay_result_number(result, ASSAY_RESULT_CANDIDATE_INDEX);
	enum assay_verdict verdict = assay_result_verdict(result);

	if (ranking->step <= PARSING_SINGLES) {
		take_parsed(ranking, suite, verdict == ASSAY_BAD_TASK);
		return;
	}
	code = ranking->codes[code];
	if (is_our_fault(result))
		ranking->is_starved[code] = true;
	else if (ranking->step == JUDGING_REALLY)
		ranking->real_passed[code] = verdict == ASSAY_PASSED;
	else
		take_outcomes(ranking, suite, code, result);
}

/* ---------------------------------------------------------------- from step to step */

/* What the step judges; false: nothing. */
static bool prepare_step(struct ranking *ranking)
{
	const json_t *record = ranking->base.task->record;
	bool is_wanted = false;

	ranking->n_tries = 0;
	if (ranking->step == PARSING_CHUNKS)
		return ranking->n_tests > 0;
	if (ranking->step == PARSING_SINGLES) {
		for (size_t i = 0; i < ranking->n_tests; i++)
			is_wanted = is_wanted || ranking->is_suspect[i];
		return is_wanted;
	}
	for (size_t i = 0; i < ranking->n_codes; i++) {
		ranking->is_wanted[i] = ranking->step != RESCUING || ranking->is_cut[i];
		is_wanted = is_wanted || ranking->is_wanted[i];
	}
	if (ranking->step == JUDGING_REALLY)
		return ranking->is_real && is_wanted;
	return is_wanted &&
	       choose_tests(ranking, json_string_value(json_object_get(record, "entry_point"))) ==
		       0;
}

/* Those for which there was no time; false: there are none. */
static bool prepare_again(struct ranking *ranking)
{
	bool is_wanted = false;

	for (size_t i = 0; i < ranking->n_codes; i++) {
		ranking->is_wanted[i] = ranking->is_starved[i];
		ranking->is_starved[i] = false;
		is_wanted = is_wanted || ranking->is_wanted[i];
	}
	return is_wanted;
}

static int next_step(struct engine *engine, struct ranking *ranking)
{
	while (ranking->step != OVER && !prepare_step(ranking))
		ranking->step++;
	return ranking->step == OVER ? RANKING_DONE : send(engine, ranking);
}

int ranking_go_on(struct engine *engine, struct ranking *ranking)
{
	if (prepare_again(ranking)) {
		if (++ranking->n_tries > STARVED_AGAIN_MAX)
			return engine_fail(engine, &ranking->base,
					   "the daemon gave no verdict about some candidates");
		return send(engine, ranking);
	}
	ranking->step++;
	return next_step(engine, ranking);
}

int ranking_begin(struct engine *engine, struct ranking *ranking)
{
	if (ranking->n_codes == 0)
		return engine_fail(engine, &ranking->base, "there are no candidates for it");
	return next_step(engine, ranking);
}

/* ---------------------------------------------------------------- what is told */

static json_t *samples_of(const struct ranking *ranking, const size_t *group_of, size_t group)
{
	const struct bag *codes = &ranking->material->codes;
	json_t *list = json_array();

	for (size_t i = 0; i < codes->n_order; i++)
		if (group_of[codes->order[i]] == group)
			json_array_append_new(list, json_integer((json_int_t)i));
	return list;
}

static json_t *tests_of(const struct ranking *ranking, size_t code)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ranking->n_tests; i++)
		if (ranking->passed[code * ranking->n_tests + i] != 0)
			json_array_append_new(list, json_integer((json_int_t)i));
	return list;
}

static json_t *groups_to_json(const struct ranking *ranking, const struct rank_group *groups,
			      size_t n, const size_t *group_of)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
				      json_pack("{sfsoso}", "score", groups[i].score, "candidates",
						samples_of(ranking, group_of, i), "tests",
						tests_of(ranking, groups[i].first)));
	return list;
}

static double pass_rate(const struct ranking *ranking)
{
	const struct bag *codes = &ranking->material->codes;
	size_t n = 0;

	for (size_t i = 0; i < codes->n_order; i++)
		n += ranking->real_passed[codes->order[i]];
	return (double)n / (double)codes->n_order;
}

static json_t *told(const struct ranking *ranking, const struct rank_group *groups, size_t n_groups,
		    const size_t *group_of)
{
	const struct rank_material *material = ranking->material;
	size_t best = groups[0].first, sample = 0;
	json_int_t n_broken = 0;
	json_t *line;

	while (material->codes.order[sample] != best)
		sample++;
	for (size_t i = 0; i < ranking->n_tests; i++)
		n_broken += ranking->is_broken[i];
	line = json_pack("{sssIsOsosO*sIsIsI}", "task", ranking->base.task->name, "best",
			 (json_int_t)sample, "code", json_array_get(material->codes.texts, best),
			 "groups", groups_to_json(ranking, groups, n_groups, group_of), "tests",
			 material->tests.texts, "n_samples", (json_int_t)material->codes.n_order,
			 "n_different", (json_int_t)ranking->n_codes, "n_broken", n_broken);
	if (line != NULL && ranking->is_real) {
		json_object_set_new(line, "best_passed", json_boolean(ranking->real_passed[best]));
		json_object_set_new(line, "pass_rate", json_real(pass_rate(ranking)));
	}
	return line;
}

json_t *ranking_to_json(const struct engine_task *task)
{
	const struct ranking *ranking = (const struct ranking *)task;
	const struct rank_matrix matrix = {
		.n_codes = ranking->n_codes,
		.n_tests = ranking->n_tests,
		.passed = ranking->passed,
		.n_code = ranking->material->codes.counts,
		.n_test = ranking->material->tests.counts,
	};
	struct rank_group *groups = calloc(ranking->n_codes + 1, sizeof(*groups));
	size_t *group_of = calloc(ranking->n_codes + 1, sizeof(*group_of));
	json_t *line = NULL;

	if (task->problem[0] != '\0')
		line = json_pack("{ss}", "task", task->task->name);
	else if (groups != NULL && group_of != NULL)
		line = told(ranking, groups, rank_groups(&matrix, ranking->score, groups, group_of),
			    group_of);
	free(groups);
	free(group_of);
	return line;
}
