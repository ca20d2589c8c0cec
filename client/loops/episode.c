/*
 * One task of the Reflexion loop (Shinn et al., 2023): attempt, feedback, reflection in words, the
 * next attempt with those in its context. Part of `assay loop reflexion`.
 *
 * The feedback is the daemon's, as far as the task's `reveal` and `hidden` let it tell: nothing
 * else about the tests gets into a question.
 */
#include "client/loops/episode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/result_json.h"

static const char instruction[] =
	"You are a programmer. Write the whole solution, with all imports that it needs, in one "
	"block of code between ``` lines. Explain nothing.";
static const char reflect[] =
	"In a few sentences: what is wrong with this solution, and what is to be done otherwise? "
	"Write no code.";
static const char again[] = "Write the whole solution again, improved.";
static const char real[] = "real"; /* of an attempt: what the task's own tests say */

struct episode *episode_new(const struct task_format *format, const struct task *task)
{
	struct episode *episode = calloc(1, sizeof(*episode));

	if (episode == NULL)
		return NULL;
	episode->prompt = format->new_prompt(task->record);
	episode->attempts = json_array();
	if (episode->prompt != NULL && episode->attempts != NULL)
		return episode;
	episode_free(episode);
	return NULL;
}

void episode_free(struct episode *episode)
{
	if (episode == NULL)
		return;
	inner_tests_deinit(&episode->inner);
	json_decref(episode->attempts);
	free(episode->prompt);
	free(episode);
}

uint32_t episode_n_attempts(const struct episode *episode)
{
	return (uint32_t)json_array_size(episode->attempts);
}

void episode_step(const struct episode *episode, char *step, size_t size)
{
	uint32_t n = episode_n_attempts(episode);

	if (episode->phase == EPISODE_REFLECTS)
		snprintf(step, size, "reflection %u", n);
	else
		snprintf(step, size, "attempt %u", n + 1);
}

/* ---------------------------------------------------------------- questions */

static const char *text_at(const json_t *attempt, const char *key)
{
	const char *text = json_string_value(json_object_get(attempt, key));

	return text != NULL ? text : "";
}

/* What was said of an attempt: the daemon's words, and the model's own if it has reflected. */
static int add_judgement(json_t *messages, const json_t *attempt, const char *tests,
			 const char *request)
{
	const char *reflection = text_at(attempt, "reflection");
	char *content;
	int err;

	if (asprintf(&content, "%s say:\n\n%s\n\n%s%s%s", tests, text_at(attempt, "feedback"),
		     reflection, reflection[0] != '\0' ? "\n\n" : "", request) < 0)
		return -1;
	err = engine_add_message(messages, "user", content);
	free(content);
	return err;
}

json_t *episode_messages(const struct episode *episode, uint32_t memory)
{
	const char *tests = json_array_size(episode->inner.asserts) > 0
				    ? "Tests, which may be wrong themselves,"
				    : "The tests";
	json_t *messages = json_array();
	const size_t n = json_array_size(episode->attempts);
	int err = messages == NULL ? -1 : 0;

	if (err == 0)
		err = engine_add_message(messages, "system", instruction);
	if (err == 0)
		err = engine_add_message(messages, "user", episode->prompt);
	for (size_t i = n > memory ? n - memory : 0; i < n && err == 0; i++) {
		const json_t *attempt = json_array_get(episode->attempts, i);

		err = engine_add_message(messages, "assistant", text_at(attempt, "text"));
		if (err == 0)
			err = add_judgement(
				messages, attempt, tests,
				episode->phase == EPISODE_REFLECTS && i + 1 == n ? reflect : again);
	}
	if (err == 0)
		return messages;
	json_decref(messages);
	return NULL;
}

json_t *episode_ask_for_tests(const struct episode *episode, uint32_t n)
{
	json_t *messages = NULL;
	char *content;

	if (asprintf(&content,
		     "%s\n\nDo not solve this. Write up to %u tests of a solution, each an assert "
		     "statement in one line that compares a call with what it must give. Write "
		     "nothing but these lines.",
		     episode->prompt, n) < 0)
		return NULL;
	messages = json_pack("[{ssss}]", "role", "user", "content", content);
	free(content);
	return messages;
}

/* ---------------------------------------------------------------- answers */

int episode_take_text(struct episode *episode, const char *text, size_t len)
{
	json_t *attempt, *string = json_stringn(text, len);

	if (episode->phase == EPISODE_REFLECTS) {
		attempt = json_array_get(episode->attempts, episode_n_attempts(episode) - 1);
		return json_object_set_new(attempt, "reflection", string) < 0 ? -ENOMEM : 0;
	}
	attempt = json_pack("{siso}", "attempt", (int)episode_n_attempts(episode) + 1, "text",
			    string);
	return json_array_append_new(episode->attempts, attempt) < 0 ? -ENOMEM : 0;
}

static json_t *last_attempt(const struct episode *episode)
{
	return json_array_get(episode->attempts, json_array_size(episode->attempts) - 1);
}

int episode_take_result(struct episode *episode, const assay_result *result)
{
	static const char *const kept[] = {"verdict",  "passed",    "score",
					   "maskable", "integrity", "feedback"};
	json_t *attempt = last_attempt(episode), *object = result_to_json(result);
	int err = object == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]) && err == 0; i++)
		if (json_object_set(attempt, kept[i], json_object_get(object, kept[i])) < 0)
			err = -ENOMEM;
	episode->base.is_good = json_is_true(json_object_get(object, "passed"));
	json_decref(object);
	return err;
}

int episode_take_real_result(struct episode *episode, const assay_result *result)
{
	const size_t index = assay_result_number(result, ASSAY_RESULT_CANDIDATE_INDEX);
	const bool passed = assay_result_verdict(result) == ASSAY_PASSED;
	json_t *told = json_pack("{sssbsfsbss}", "verdict",
				 assay_verdict_name(assay_result_verdict(result)), "passed", passed,
				 "score", assay_result_score(result), "maskable",
				 assay_result_number(result, ASSAY_RESULT_MASKABLE) != 0,
				 "integrity", assay_integrity_name(assay_result_integrity(result)));

	if (index + 1 == json_array_size(episode->attempts))
		episode->base.is_good = passed;
	return json_object_set_new(json_array_get(episode->attempts, index), real, told) < 0
		       ? -ENOMEM
		       : 0;
}

bool episode_is_really_judged(const struct episode *episode)
{
	const json_t *attempt;
	size_t i;

	json_array_foreach(episode->attempts, i, attempt)
	{
		const json_t *told = json_object_get(attempt, real);

		if (told == NULL || json_is_true(json_object_get(told, "maskable")))
			return false;
	}
	return true;
}

bool episode_passed_after(const json_t *attempts, uint32_t n)
{
	const size_t n_made = json_array_size(attempts);
	const json_t *attempt = json_array_get(attempts, n < n_made ? n - 1 : n_made - 1);
	const json_t *told = json_object_get(attempt, real);

	return json_is_true(json_object_get(told != NULL ? told : attempt, "passed"));
}

bool episode_is_judged(const struct episode *episode)
{
	const json_t *attempt = last_attempt(episode);

	return json_object_get(attempt, "verdict") != NULL &&
	       !json_is_true(json_object_get(attempt, "maskable"));
}

json_t *episode_to_json(const struct episode *episode)
{
	json_t *tests = json_object_get(episode->inner.record, "tests");

	return json_pack("{sssbsOsO*}", "task", episode->base.task->name, "solved",
			 episode->base.is_good, "attempts", episode->attempts, "tests", tests);
}
