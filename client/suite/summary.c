/*
 * The summary of `assay suite`: how many passed, pass@k, and what became of the others. Part of
 * `assay suite`.
 *
 * pass@k is a mean over all tasks, so it exists only if every task has at least k judged samples.
 * Missing ones are said, not guessed: a file that leaves out the hard tasks would otherwise look
 * good.
 */
#include "client/suite/summary.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/terminal.h"
#include "client/suite/pass_at_k.h"
#include "client/suite/python_json.h"

#define ROWS_MAX 20
#define NAMES_MAX 5
#define WIDTH_WITHOUT_TERMINAL 120
#define VERDICTS_MAX 32

static bool counts(const struct sample *sample, bool is_base)
{
	return is_base ? sample->has_base && sample->is_base_passed : sample->passed;
}

struct tally *tally_new(const struct tasks *tasks, const struct samples *samples, bool is_base)
{
	struct tally *tally = calloc(tasks->n + 1, sizeof(*tally));
	if (!tally)
		return NULL;
	for (size_t index = 0; index < samples->n; index++) {
		const struct sample *sample = &samples->items[index];
		struct tally *entry = &tally[sample->task - tasks->items];
		if (sample->is_judged) {
			entry->n++;
			entry->c += counts(sample, is_base);
		}
	}
	return tally;
}

int tally_pass_at_k(const struct tally *tally, size_t n_tasks, size_t k, double *value)
{
	double sum = 0;

	for (size_t task = 0; task < n_tasks; task++) {
		if (tally[task].n < k)
			return 1;
		sum += pass_at_k(tally[task].n, tally[task].c, k);
	}
	if (n_tasks == 0)
		return 1;
	*value = sum / (double)n_tasks;
	return 0;
}

static void print_headline(FILE *out, const struct samples *samples,
			   const struct summary_options *options)
{
	size_t n_passed = 0;

	for (size_t index = 0; index < samples->n; index++)
		n_passed += samples->items[index].passed;
	bool all = n_passed == samples->n;
	terminal_write(out, options->title, strlen(options->title), -1);
	fputs(": ", out);
	terminal_color_start(out, options->has_color, all ? TERMINAL_GREEN : TERMINAL_BOLD);
	fprintf(out, "%zu of %zu passed", n_passed, samples->n);
	terminal_color_end(out, options->has_color);
	fputc('\n', out);
}

/* "3 of 164: HumanEval/3, HumanEval/7, ..." */
static int complain_missing(const struct tasks *tasks, const struct tally *tally,
			    struct complaints *complaints)
{
	size_t size, n_missing = 0;
	char *names = NULL;
	FILE *out = open_memstream(&names, &size);
	if (!out)
		return -ENOMEM;
	for (size_t task = 0; task < tasks->n; task++) {
		if (tally[task].n > 0)
			continue;
		if (n_missing < NAMES_MAX)
			fprintf(out, "%s%s", n_missing ? ", " : "", tasks->items[task].name);
		n_missing++;
	}
	if (fclose(out) == 0 && n_missing > 0 && complaints->say)
		complaints->say("Some problems are not attempted. No pass@k: %zu of %zu tasks have "
				"no judged sample: %s%s",
				n_missing, tasks->n, names, n_missing > NAMES_MAX ? ", …" : "");
	free(names);
	return n_missing > 0;
}

static int print_pass_at_k(FILE *out, const struct tasks *tasks, const struct tally *tally,
			   const struct tally *base, const struct summary_options *options,
			   struct complaints *complaints)
{
	size_t n_printed = 0;
	int missing = complain_missing(tasks, tally, complaints);
	if (missing != 0)
		return missing;
	for (size_t index = 0; index < options->n_ks; index++) {
		double value;
		if (tally_pass_at_k(tally, tasks->n, options->ks[index], &value) != 0)
			continue;
		fprintf(out, "  pass@%zu: %.4f", options->ks[index], value);
		if (base != NULL &&
		    tally_pass_at_k(base, tasks->n, options->ks[index], &value) == 0)
			fprintf(out, " (base tests alone: %.4f)", value);
		fputc('\n', out);
		n_printed++;
	}
	if (n_printed == 0)
		fprintf(out, "  no pass@k: there are tasks with fewer samples than k\n");
	return 0;
}

/* ------------------------------------------------------------------ verdicts */

struct verdict_count {
	const char *verdict; /* borrowed from a sample */
	size_t n;
};

static size_t count_verdicts(const struct samples *samples, struct verdict_count *counts)
{
	size_t n_counts = 0;

	for (size_t index = 0; index < samples->n; index++) {
		const char *verdict = samples->items[index].verdict;
		size_t at = 0;
		while (at < n_counts && strcmp(counts[at].verdict, verdict) != 0)
			at++;
		if (at == VERDICTS_MAX)
			continue;
		if (at == n_counts)
			counts[n_counts++] = (struct verdict_count){.verdict = verdict};
		counts[at].n++;
	}
	return n_counts;
}

static int compare_counts(const void *left, const void *right)
{
	const struct verdict_count *left_count = left, *right_count = right;

	if (left_count->n != right_count->n)
		return left_count->n < right_count->n ? 1 : -1;
	return strcmp(left_count->verdict, right_count->verdict);
}

/* The first line of a JSON string, for one row. The caller frees; NULL when memory is short. */
static char *new_first_line(const char *json)
{
	char *text;
	size_t len;
	int err = json ? python_string_unquote(json, &text, &len) : 1;
	if (err != 0)
		return err < 0 ? NULL : strdup("");
	text[strcspn(text, "\r\n")] = '\0';
	return text;
}

/* "HumanEval/3", or "HumanEval/3 #7" if tasks have several samples. */
static char *new_label(const struct samples *samples, size_t index, bool is_numbered)
{
	const struct sample *sample = &samples->items[index];
	size_t number = 1;
	char *label;

	if (!is_numbered)
		return strdup(sample->task->name);
	for (size_t before = 0; before < index; before++)
		number += samples->items[before].task == sample->task;
	return asprintf(&label, "%s #%zu", sample->task->name, number) < 0 ? NULL : label;
}

static int add_row(struct libscols_table *table, const struct samples *samples, size_t index,
		   bool is_numbered)
{
	const struct sample *sample = &samples->items[index];
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char *label = new_label(samples, index, is_numbered);
	char *feedback = new_first_line(sample->feedback ? sample->feedback : sample->result);
	bool ok = line && label && feedback && scols_line_set_data(line, 0, sample->verdict) == 0 &&
		  scols_line_set_data(line, 1, label) == 0 &&
		  scols_line_set_data(line, 2, feedback) == 0;
	free(label);
	free(feedback);
	return ok ? 0 : -ENOMEM;
}

static struct libscols_table *new_table(const struct summary_options *options, FILE *out)
{
	struct libscols_table *table = scols_new_table();
	if (!table)
		return NULL;
	int width = options->width ? options->width : WIDTH_WITHOUT_TERMINAL;
	bool ok = scols_table_set_stream(table, out) == 0 &&
		  scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS) == 0 &&
		  scols_table_set_termwidth(table, (size_t)width) == 0 &&
		  scols_table_enable_noheadings(table, 1) == 0 &&
		  scols_table_set_column_separator(table, " ") == 0 &&
		  scols_table_new_column(table, "VERDICT", 0, 0) &&
		  scols_table_new_column(table, "TASK", 0, 0) &&
		  scols_table_new_column(table, "FEEDBACK", 0, SCOLS_FL_TRUNC);
	if (ok)
		return table;
	scols_unref_table(table);
	return NULL;
}

/* Rows by verdict, the rarest first, fairly: no verdict takes all rows. `counts` has no PASSED. */
static int add_rows(struct libscols_table *table, const struct tasks *tasks,
		    const struct samples *samples, const struct verdict_count *counts,
		    size_t n_counts, size_t *n_rows)
{
	size_t left = ROWS_MAX;
	for (size_t at = n_counts; at-- > 0;) {
		size_t share = left / (at + 1), taken = 0;
		for (size_t index = 0; index < samples->n && taken < share; index++) {
			if (strcmp(samples->items[index].verdict, counts[at].verdict) != 0)
				continue;
			int err = add_row(table, samples, index, samples->n > tasks->n);
			if (err < 0)
				return err;
			taken++;
		}
		left -= taken;
	}
	*n_rows = ROWS_MAX - left;
	return 0;
}

/* Keeps the order; the new number of counts. */
static size_t drop_passed(struct verdict_count *counts, size_t n_counts)
{
	size_t n = 0;

	for (size_t at = 0; at < n_counts; at++)
		if (strcmp(counts[at].verdict, "PASSED") != 0)
			counts[n++] = counts[at];
	return n;
}

static int print_table(FILE *out, const struct tasks *tasks, const struct samples *samples,
		       const struct verdict_count *counts, size_t n_counts,
		       const struct summary_options *options)
{
	size_t n_rows = 0, n_bad = 0;
	struct libscols_table *table = new_table(options, out);
	if (!table)
		return -ENOMEM;
	int err = add_rows(table, tasks, samples, counts, n_counts, &n_rows);
	fputc('\n', out);
	if (err == 0 && scols_print_table(table) != 0)
		err = -ENOMEM;
	scols_unref_table(table);
	for (size_t at = 0; at < n_counts; at++)
		n_bad += counts[at].n;
	if (n_bad > n_rows)
		fprintf(out, "… and %zu more\n", n_bad - n_rows);
	fputc('\n', out);
	return err;
}

static int print_verdicts(FILE *out, const struct tasks *tasks, const struct samples *samples,
			  const struct summary_options *options)
{
	struct verdict_count counts[VERDICTS_MAX];
	size_t n_counts = count_verdicts(samples, counts);

	qsort(counts, n_counts, sizeof(counts[0]), compare_counts);
	if (n_counts == 0 || (n_counts == 1 && strcmp(counts[0].verdict, "PASSED") == 0))
		return 0;
	fputs("  ", out);
	for (size_t at = 0; at < n_counts; at++)
		fprintf(out, "%s%zu %s", at ? ", " : "", counts[at].n, counts[at].verdict);
	fputc('\n', out);
	n_counts = drop_passed(counts, n_counts);
	return print_table(out, tasks, samples, counts, n_counts, options);
}

/* Samples that say which verdict is right for them: how many got it, and which did not. */
static int print_labels(FILE *out, const struct tasks *tasks, const struct samples *samples)
{
	size_t n_labelled = 0, n_named = 0;

	for (size_t index = 0; index < samples->n; index++)
		n_labelled += samples->items[index].label != NULL;
	if (n_labelled == 0)
		return 0;
	for (size_t index = 0; index < samples->n; index++) {
		const struct sample *sample = &samples->items[index];
		if (!sample_is_contradicted(sample) || ++n_named > NAMES_MAX)
			continue;
		char *name = new_label(samples, index, samples->n > tasks->n);
		if (!name)
			return -ENOMEM;
		fprintf(out, "  %s: %s, labelled ", name, sample->verdict);
		terminal_write(out, sample->label, strlen(sample->label), -1);
		fputc('\n', out);
		free(name);
	}
	fprintf(out, "  %zu of %zu verdicts as labelled\n",
		n_labelled - samples_n_contradicted(samples), n_labelled);
	return 0;
}

int summary_print(FILE *out, const struct tasks *tasks, const struct samples *samples,
		  const struct summary_options *options, struct complaints *complaints)
{
	bool has_base = tasks->format != NULL && tasks->format->count_base != NULL;
	struct tally *tally = tally_new(tasks, samples, false);
	struct tally *base = has_base ? tally_new(tasks, samples, true) : NULL;
	if (!tally || (has_base && !base)) {
		free(tally);
		free(base);
		return -ENOMEM;
	}
	print_headline(out, samples, options);
	int outcome = print_pass_at_k(out, tasks, tally, base, options, complaints);
	free(tally);
	free(base);
	if (outcome < 0 || options->is_brief)
		return outcome;
	int err = print_verdicts(out, tasks, samples, options);
	if (err == 0)
		err = print_labels(out, tasks, samples);
	if (err < 0)
		return err;
	terminal_color_start(out, options->has_color, TERMINAL_DIM);
	fprintf(out, "  %zu judged in %.1f s", options->n_now, options->seconds);
	if (options->seconds > 0 && options->n_now > 0)
		fprintf(out, ", %.0f a second", (double)options->n_now / options->seconds);
	if (options->path) {
		fputs("; results in ", out);
		terminal_write(out, options->path, strlen(options->path), -1);
	}
	terminal_color_end(out, options->has_color);
	fputc('\n', out);
	return outcome;
}
