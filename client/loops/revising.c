/*
 * One task of a constitution (Bai et al., 2022): answers, critiques, revisions. Part of `assay loop
 * constitution`.
 *
 * The principles are gone through once, in their order. What is measured asks for a revision only
 * where it is broken, and the daemon's words are the critique; of the others the model is asked for
 * a critique first. A revision is judged like an answer, and is taken unless it breaks what the
 * text before it held: so a more readable text never costs the tests.
 */
#include "client/loops/revising.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/cli/result_json.h"

static const char instruction_code[] =
	"You are a programmer. Write the whole solution, with all imports that it needs, in one "
	"block of code between ``` lines.";
static const char instruction_text[] = "Solve the problem step by step. End with a line \"#### "
				       "ANSWER\" that holds the final answer alone.";
static const char content_word[] = "nothing";
static const char critique_end[] =
	"Write only the critique. If there is nothing to criticise, write the word \"nothing\".";
static const char mend[] = "Mend this.";

struct revising *revising_new(const struct task_format *format, const struct task *task,
			      const struct principles *principles)
{
	struct revising *revising = calloc(1, sizeof(*revising));

	if (revising == NULL)
		return NULL;
	revising->principles = principles;
	revising->prompt = format->new_prompt(task->record);
	revising->is_text = format->is_text(task->record);
	revising->texts = json_array();
	revising->critiques = json_array();
	revising->choices = json_array();
	if (revising->prompt != NULL && revising->texts != NULL && revising->critiques != NULL &&
	    revising->choices != NULL)
		return revising;
	revising_free(revising);
	return NULL;
}

void revising_free(struct revising *revising)
{
	if (revising == NULL)
		return;
	json_decref(revising->texts);
	json_decref(revising->critiques);
	json_decref(revising->choices);
	free(revising->prompt);
	free(revising);
}

static const struct principle *present(const struct revising *revising)
{
	return &revising->principles->items[revising->principle];
}

static json_t *text_at(const struct revising *revising, size_t text, const char *key)
{
	return json_object_get(json_array_get(revising->texts, text), key);
}

const char *revising_text(const struct revising *revising, size_t text)
{
	const char *string = json_string_value(text_at(revising, text, "text"));

	return string != NULL ? string : "";
}

bool revising_is_judged(const struct revising *revising, size_t text)
{
	return text_at(revising, text, "holds") != NULL;
}

/* ---------------------------------------------------------------- what the model says */

void revising_step(const struct revising *revising, char *step, size_t size)
{
	snprintf(step, size, "%s %s",
		 revising->phase == REVISING_CRITICISES ? "critique" : "revision",
		 present(revising)->name);
}

int revising_take_text(struct revising *revising, const char *text, size_t len)
{
	const char *step = revising->phase == REVISING_ANSWERS ? "answer" : "revision";
	const size_t n = json_array_size(revising->texts);
	json_t *object;
	int err;

	if (revising->phase == REVISING_CRITICISES) {
		object = json_pack("{ssss%}", "principle", present(revising)->name, "text", text,
				   len);
		return json_array_append_new(revising->critiques, object) < 0 ? -ENOMEM : 0;
	}
	object = json_pack("{ssss%}", "step", step, "text", text, len);
	err = json_array_append_new(revising->texts, object) < 0 ? -ENOMEM : 0;
	if (revising->phase == REVISING_ANSWERS)
		revising->n_answers++;
	else if (err == 0 && json_object_set_new(json_array_get(revising->texts, n), "principle",
						 json_string(present(revising)->name)) < 0)
		err = -ENOMEM;
	return err;
}

static const char *last_critique(const struct revising *revising)
{
	const size_t n = json_array_size(revising->critiques);

	return json_string_value(
		json_object_get(json_array_get(revising->critiques, n - 1), "text"));
}

bool revising_is_content(const struct revising *revising)
{
	const char *text = last_critique(revising);
	size_t len;

	while (*text != '\0' && !isalpha((unsigned char)*text))
		text++;
	if (strncasecmp(text, content_word, strlen(content_word)) != 0)
		return false;
	text += strlen(content_word);
	len = strlen(text);
	return strcspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
}

/* ---------------------------------------------------------------- what the daemon says */

/* Whether each measured principle is held, and the words about those that are not. */
static int add_measures(const struct revising *revising, const assay_result *result, json_t *text)
{
	json_t *holds = json_object(), *critiques = json_object();
	int err = 0;

	for (unsigned int i = 0; i < revising->principles->n && err == 0; i++) {
		const struct principle *principle = &revising->principles->items[i];
		const struct measure_scale scale = {principle->times, revising->reference_cpu_ns};
		enum measure_answer answer;
		char *words;

		if (principle->measure == NULL)
			continue;
		answer = principle->measure->answer(result, &scale);
		err = json_object_set_new(holds, principle->name,
					  answer == MEASURE_UNKNOWN
						  ? json_null()
						  : json_boolean(answer == MEASURE_HELD));
		if (err < 0 || answer != MEASURE_BROKEN)
			continue;
		words = principle->measure->new_critique(result, &scale);
		err = words == NULL ? -1
				    : json_object_set_new(critiques, principle->name,
							  json_from_bytes(words, strlen(words)));
		free(words);
	}
	err |= json_object_set_new(text, "critiques", critiques);
	err |= json_object_set_new(text, "holds", holds);
	return err < 0 ? -ENOMEM : 0;
}

int revising_take_result(struct revising *revising, const assay_result *result, bool with_shared)
{
	static const char *const kept[] = {"verdict",  "passed",    "score",
					   "maskable", "integrity", "feedback"};
	json_t *text, *object;
	int err;

	if (revising->phase == REVISING_MEASURES) {
		if (assay_result_verdict(result) == ASSAY_PASSED)
			revising->reference_cpu_ns =
				assay_result_number(result, ASSAY_RESULT_CPU_NS);
		return 0;
	}
	text = json_array_get(revising->texts,
			      revising->n_judged +
				      assay_result_number(result, ASSAY_RESULT_CANDIDATE_INDEX));
	object = result_to_json(result);
	err = object == NULL || text == NULL ? -ENOMEM : 0;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]) && err == 0; i++)
		if (json_object_set(text, kept[i], json_object_get(object, kept[i])) < 0)
			err = -ENOMEM;
	json_decref(object);
	if (err < 0 || assay_result_number(result, ASSAY_RESULT_MASKABLE) != 0 ||
	    (assay_result_integrity(result) == ASSAY_SHARED && !with_shared))
		return err;
	return add_measures(revising, result, text);
}

int revising_compare(const struct revising *revising, size_t first, size_t second, const char **by)
{
	for (unsigned int i = 0; i < revising->principles->n; i++) {
		const char *name = revising->principles->items[i].name;
		const json_t *holds[] = {json_object_get(text_at(revising, first, "holds"), name),
					 json_object_get(text_at(revising, second, "holds"), name)};

		if (!json_is_boolean(holds[0]) || !json_is_boolean(holds[1]) ||
		    json_is_true(holds[0]) == json_is_true(holds[1]))
			continue;
		*by = name;
		return json_is_true(holds[0]) ? 1 : -1;
	}
	*by = "";
	return 0;
}

bool revising_is_sound(const struct revising *revising, size_t text)
{
	const json_t *critiques = text_at(revising, text, "critiques");

	return critiques != NULL && json_object_size(critiques) == 0;
}

void revising_settle(struct revising *revising)
{
	const size_t n = json_array_size(revising->texts);
	const int least = revising->phase == REVISING_REVISES ? 0 : 1;

	for (size_t i = revising->n_judged; i < n; i++) {
		const char *by;

		if (!revising_is_judged(revising, i))
			continue;
		if (revising->has_best &&
		    revising_compare(revising, i, revising->best, &by) < least)
			continue;
		revising->best = i;
		revising->has_best = true;
	}
	revising->n_judged = n;
	revising->base.is_good = revising->has_best && revising_is_sound(revising, revising->best);
}

/* ---------------------------------------------------------------- the next question */

/* The daemon's words about the best text; NULL: it does not break the principle. */
static const char *daemon_critique(const struct revising *revising)
{
	return json_string_value(json_object_get(text_at(revising, revising->best, "critiques"),
						 present(revising)->name));
}

bool revising_go_on(struct revising *revising)
{
	if (revising->phase == REVISING_ANSWERS)
		revising->principle = 0;
	else
		revising->principle++;
	for (; revising->principle < revising->principles->n; revising->principle++) {
		if (present(revising)->measure != NULL && daemon_critique(revising) == NULL)
			continue;
		revising->phase =
			present(revising)->measure != NULL ? REVISING_REVISES : REVISING_CRITICISES;
		return true;
	}
	return false;
}

/* What the user says last, after the text. */
static int add_request(const struct revising *revising, json_t *messages)
{
	const struct principle *principle = present(revising);
	char *content;
	int err;

	if (revising->phase == REVISING_CRITICISES)
		err = asprintf(&content, "%s\n\n%s", principle->critique, critique_end);
	else
		err = asprintf(&content, "%s%s%s\n\n%s",
			       principle->measure != NULL ? daemon_critique(revising) : "",
			       principle->measure != NULL ? "\n\n" : "",
			       principle->revision != NULL ? principle->revision : mend,
			       revising->is_text ? instruction_text : instruction_code);
	if (err < 0)
		return -1;
	err = engine_add_message(messages, "user", content);
	free(content);
	return err;
}

json_t *revising_messages(const struct revising *revising)
{
	json_t *messages = json_array();
	int err = messages == NULL ? -1 : 0;

	if (err == 0)
		err = engine_add_message(messages, "system",
					 revising->is_text ? instruction_text : instruction_code);
	if (err == 0)
		err = engine_add_message(messages, "user", revising->prompt);
	if (err == 0 && revising->phase >= REVISING_CRITICISES) {
		err = engine_add_message(messages, "assistant",
					 revising_text(revising, revising->best));
		if (err == 0 && revising->phase == REVISING_REVISES &&
		    present(revising)->measure == NULL) {
			err = engine_add_message(messages, "user", present(revising)->critique);
			if (err == 0)
				err = engine_add_message(messages, "assistant",
							 last_critique(revising));
		}
		if (err == 0)
			err = add_request(revising, messages);
	}
	if (err == 0)
		return messages;
	json_decref(messages);
	return NULL;
}

json_t *revising_to_json(const struct revising *revising)
{
	json_t *object = json_pack("{sssssbsOsOsO}", "task", revising->base.task->name, "prompt",
				   revising->prompt, "is_sound", revising->base.is_good, "texts",
				   revising->texts, "critiques", revising->critiques, "choices",
				   revising->choices);

	if (object == NULL || !revising->has_best)
		return object;
	json_object_set_new(object, "final", json_integer((json_int_t)revising->best));
	return object;
}
