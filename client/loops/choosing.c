/*
 * Which of two texts is to be preferred. Part of `assay loop constitution`.
 *
 * Models tend to prefer what stands first (or last), so each question is asked a second time with
 * the texts swapped, and counts only if the same text is chosen again. An answer that names both
 * letters, or none, chooses nothing.
 */
#include "client/loops/choosing.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool asks_model(const struct revising *revising)
{
	for (unsigned int i = 0; i < revising->principles->n; i++)
		if (revising->principles->items[i].choice != NULL)
			return true;
	return false;
}

static int add(struct revising *revising, size_t first, size_t chosen, const char *by)
{
	json_t *choice = json_pack(
		"{sIsIsoss}", "first", (json_int_t)first, "second", (json_int_t)revising->best,
		"chosen", by[0] != '\0' ? json_integer((json_int_t)chosen) : json_null(), "by", by);

	return json_array_append_new(revising->choices, choice) < 0 ? -ENOMEM : 0;
}

int choosing_begin(struct revising *revising)
{
	const size_t n = json_array_size(revising->texts), best = revising->best;
	int err = 0;

	revising->phase = REVISING_CHOOSES;
	for (size_t i = 0; i < n && err == 0; i++) {
		const char *by;
		int difference;

		if (i == best || !revising_is_judged(revising, i) ||
		    strcmp(revising_text(revising, i), revising_text(revising, best)) == 0)
			continue;
		difference = revising_compare(revising, i, best, &by);
		if (difference != 0)
			err = add(revising, i, difference > 0 ? i : best, by);
		else if (i < revising->n_answers && asks_model(revising))
			err = add(revising, i, 0, "");
	}
	return err;
}

/* ---------------------------------------------------------------- questions */

/* The first choice that the model is still to make; NULL: none. */
static json_t *find_open(const struct revising *revising, size_t *place)
{
	json_t *choice;
	size_t i;

	json_array_foreach(revising->choices, i, choice)
	{
		*place = i + 1;
		if (json_string_length(json_object_get(choice, "by")) == 0)
			return choice;
	}
	return NULL;
}

static size_t place_at(const json_t *choice, const char *key)
{
	return (size_t)json_integer_value(json_object_get(choice, key));
}

static bool is_swapped(const json_t *choice)
{
	return json_object_get(choice, "said") != NULL;
}

static void write_question(FILE *out, const struct revising *revising, const json_t *choice)
{
	const char *shown[] = {revising_text(revising, place_at(choice, "first")),
			       revising_text(revising, place_at(choice, "second"))};
	const bool swapped = is_swapped(choice);

	fprintf(out, "A task and two answers to it.\n\nThe task:\n\n%s\n", revising->prompt);
	fprintf(out, "\nAnswer A:\n\n%s\n\nAnswer B:\n\n%s\n", shown[swapped], shown[!swapped]);
	fputs("\nWhich answer is better by these principles?\n\n", out);
	for (unsigned int i = 0; i < revising->principles->n; i++)
		if (revising->principles->items[i].choice != NULL)
			fprintf(out, "- %s\n", revising->principles->items[i].choice);
	fputs("\nWrite the letter A or B, and nothing else.", out);
}

bool choosing_next(const struct revising *revising, json_t **messages, char *step, size_t size)
{
	char *content = NULL;
	size_t place, len;
	const json_t *choice = find_open(revising, &place);
	FILE *out;

	if (choice == NULL)
		return false;
	snprintf(step, size, "choice %zu%s", place, is_swapped(choice) ? " swapped" : "");
	*messages = NULL;
	out = open_memstream(&content, &len);
	if (out == NULL)
		return true;
	write_question(out, revising, choice);
	if (fclose(out) == 0)
		*messages = json_pack("[{ssss}]", "role", "user", "content", content);
	free(content);
	return true;
}

/* ---------------------------------------------------------------- answers */

/* 'A' or 'B' if exactly one of them stands in the text as a word; else 0. */
static char letter_of(const char *text)
{
	char found = 0;

	for (const char *at = text; *at != '\0'; at++) {
		const bool is_word = (at == text || !isalnum((unsigned char)at[-1])) &&
				     !isalnum((unsigned char)at[1]);

		if ((*at != 'A' && *at != 'B') || !is_word)
			continue;
		if (found != 0 && found != *at)
			return 0;
		found = *at;
	}
	return found;
}

int choosing_take_text(struct revising *revising, const char *text)
{
	size_t place;
	json_t *choice = find_open(revising, &place);
	const bool swapped = is_swapped(choice);
	const char letter = letter_of(text);
	const char *before = json_string_value(json_object_get(choice, "said"));
	const char *says = letter == 0 ? "" : (letter == 'A') != swapped ? "first" : "second";

	if (!swapped && letter != 0)
		return json_object_set_new(choice, "said", json_string(says)) < 0 ? -ENOMEM : 0;
	/* It is settled: by both answers, or because the first was none. */
	if (swapped && says[0] != '\0' && strcmp(before, says) == 0 &&
	    json_object_set_new(choice, "chosen",
				json_integer((json_int_t)place_at(choice, says))) < 0)
		return -ENOMEM;
	json_object_del(choice, "said");
	return json_object_set_new(choice, "by", json_string("model")) < 0 ? -ENOMEM : 0;
}
