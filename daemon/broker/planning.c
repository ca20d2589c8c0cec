/*
 * Plans and where they are kept. Broker.
 *
 * A plan is found by a digest of all that it follows from: kind, tests, setup, prompt, names and
 * policy. The user is part of it: what one user's tests are made of is never used for another's, so
 * nobody can tell from the time an answer takes what others have judged. That there is no plan is
 * kept, too. Who has many plans loses old ones of its own first (core/lru.h).
 *
 * A planner that did not come to its end, whatever kept it from there, is not asked again by its
 * batch, and nothing is kept.
 */
#include "broker/planning.h"

#include <stdlib.h>

#include "base/memory.h"
#include "broker/cell_life.h"
#include "broker/digest.h"
#include "broker/plan_reader.h"
#include "broker/record_reader.h"
#include "core/call_plan.h"
#include "core/lru.h"

struct planning {
	struct lru known;
};

struct known_plan {
	struct lru_entry entry; /* first: entries are these */
	struct call_plan *plan; /* NULL: there is none */
};

static void drop(struct lru_entry *entry, void *context)
{
	struct known_plan *known = (struct known_plan *)entry;

	(void)context;
	call_plan_unref(known->plan);
	free(known);
}

struct planning *planning_new(size_t max_bytes)
{
	struct planning *planning = xcalloc(1, sizeof(*planning));

	lru_init(&planning->known, max_bytes, drop, NULL);
	return planning;
}

void planning_free(struct planning *planning)
{
	if (planning == NULL)
		return;
	lru_deinit(&planning->known);
	free(planning);
}

static void add_slice(struct digest *digest, struct slice text)
{
	digest_add_text(digest, text.bytes, text.len);
}

static void key_of(const struct batch *batch, struct lru_key *key)
{
	const struct task *task = &batch->task;
	uint32_t numbers[] = {batch->uid, (uint32_t)task->kind, task->policy,
			      (uint32_t)task->n_tests};
	struct digest digest;

	digest_start(&digest);
	digest_add(&digest, numbers, sizeof(numbers));
	add_slice(&digest, task->prompt);
	add_slice(&digest, task->entry_point);
	add_slice(&digest, task->module);
	add_slice(&digest, task->setup);
	for (size_t i = 0; i < task->n_tests; i++)
		add_slice(&digest, task->tests[i]);
	digest_add(&digest, &task->oracle, sizeof(task->oracle));
	for (size_t i = 0; i < task->n_references; i++)
		add_slice(&digest, task->references[i]);
	digest_end(&digest, key);
}

static void use(struct batch *batch, struct call_plan *plan)
{
	if (plan == NULL)
		batch->task.may_plan = false;
	else if (batch->plan == NULL)
		batch->plan = call_plan_ref(plan);
}

void planning_find(struct broker *broker, struct batch *batch)
{
	struct lru_key key;
	struct lru_entry *entry;

	if (!batch->task.may_plan)
		return;
	key_of(batch, &key);
	entry = lru_find(&broker->planning->known, &key);
	if (entry != NULL)
		use(batch, ((struct known_plan *)entry)->plan);
}

/* Takes the reference. */
static void keep(struct broker *broker, const struct batch *batch, struct call_plan *plan)
{
	struct known_plan *known = xcalloc(1, sizeof(*known));
	struct lru_key key;

	known->plan = plan;
	key_of(batch, &key);
	if (lru_add(&broker->planning->known, &known->entry, &key, batch->uid,
		    sizeof(*known) + (plan != NULL ? plan->size : 0)) != 0)
		drop(&known->entry, NULL);
}

/* Whether the planner has come to its end, and so says the same of these tests every time. */
static bool is_complete(const struct run_facts *facts, const struct run *run)
{
	struct examination examination;
	bool is_complete;

	if (facts->kill_reason != RUN_NOT_KILLED || facts->wait_status != 0)
		return false;
	record_read(run->records.bytes, run->records.len, run->nonce, &examination);
	is_complete = examination.fault == EXAMINATION_UNPLANNABLE && examination.is_complete;
	examination_deinit(&examination);
	return is_complete;
}

bool planning_take(struct broker *broker, struct job *job, const struct seat *seat,
		   struct verdict *verdict)
{
	const struct run *run = &seat->examiner->run;
	const struct run_facts *facts = &seat->examiner_part.facts;
	struct batch *batch = job->batch;
	struct call_plan *plan = NULL;

	if (plan_read(run->records.bytes, run->records.len, run->nonce, &plan) == 0) {
		broker->metrics.counters[METRIC_plans_made]++;
		use(batch, plan);
		keep(broker, batch, plan);
		return false;
	}
	batch->task.may_plan = false;
	if (is_complete(facts, run))
		keep(broker, batch, NULL);
	*verdict = verdict_cannot_plan();
	return batch->task.wants_native;
}
