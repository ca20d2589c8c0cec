/*
 * Result files. Part of `assay suite`.
 *
 * openai/human-eval's result file has the samples' order, while results come as they finish; and an
 * interrupted run must not be for nothing. So each result goes at once to PATH.partial, with the
 * sample's position and checksum, and the result file is written at the end, beside its place, and
 * moved there. A partial line counts only for the very sample it was made for, so a sample file
 * that has changed in between costs new runs and never gives a wrong result.
 */
#include "client/suite/results_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "client/suite/lines.h"
#include "client/suite/python_json.h"

struct partial {
	char *path;
	FILE *out;
};

static char *new_joined(const char *path, const char *suffix)
{
	char *joined;

	return asprintf(&joined, "%s%s", path, suffix) < 0 ? NULL : joined;
}

char *results_new_path(const char *samples_path)
{
	return new_joined(samples_path, "_results.jsonl");
}

/* ------------------------------------------------------------------ resuming */

/* 0: taken, or passed over; -ENOMEM. */
static int resume_partial_line(const struct python_object *line, struct samples *samples)
{
	const char *index_text = python_object_get(line, "index");
	const char *checksum = python_object_get(line, "checksum");
	const char *passed = python_object_get(line, "passed");
	const char *verdict = python_object_get(line, "verdict");
	const char *result = python_object_get(line, "result");
	const char *feedback = python_object_get(line, "feedback");
	const char *base = python_object_get(line, "base");

	if (!index_text || !checksum || !passed || !verdict || !result || verdict[0] != '"')
		return 0;
	size_t index = strtoull(index_text, NULL, 10);
	if (index >= samples->n || samples->items[index].has_result ||
	    samples->items[index].checksum != strtoull(checksum, NULL, 10))
		return 0;
	char *name;
	size_t len;
	int err = python_string_unquote(verdict, &name, &len);
	if (err != 0)
		return err;
	err = sample_set_result(&samples->items[index], name, strcmp(passed, "true") == 0, result,
				feedback);
	if (err == 0 && base)
		sample_set_base(&samples->items[index], strcmp(base, "true") == 0);
	free(name);
	return err;
}

/* Taken if the line is the very one that this sample would get with this result. */
static int resume_result_line(const struct python_object *line, struct sample *sample)
{
	const char *result = python_object_get(line, "result");
	const char *passed = python_object_get(line, "passed");
	bool has_passed = passed && strcmp(passed, "true") == 0;
	if (!result || !passed || strstr(result, "failed: not judged") == result + 1)
		return 0;
	const char *verdict = has_passed                             ? "PASSED"
			      : strcmp(result, "\"timed out\"") == 0 ? "timed out"
								     : "failed";
	struct sample trial = {.record = sample->record};
	const char *base = python_object_get(line, "base_status");
	bool has_passed_base = base && strcmp(base, "\"pass\"") == 0;
	int err = sample_set_result(&trial, verdict, has_passed, result, NULL);
	if (base)
		sample_set_base(&trial, has_passed_base);
	char *expected = err == 0 ? sample_new_result_line(&trial) : NULL;
	char *found = python_object_dump(line);
	err = expected && found ? 0 : -ENOMEM;
	if (err == 0 && strcmp(expected, found) == 0)
		err = sample_set_result(sample, verdict, has_passed, result, NULL);
	if (base && sample->has_result)
		sample_set_base(sample, has_passed_base);
	free(expected);
	free(found);
	free(trial.result);
	return err;
}

/* Calls one of the above for each line. A last line that was cut off is passed over. */
static int resume_file(const char *path, bool is_partial, struct samples *samples)
{
	struct lines *lines;
	char *text;
	size_t len, position = 0;
	int err = lines_open(path, &lines);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	while ((err = lines_next(lines, &text, &len)) == 0) {
		struct python_object object;
		const char *problem;
		err = python_object_parse(text, len, &object, &problem);
		if (err < 0)
			break;
		size_t index = position++;
		if (err == 1)
			continue;
		if (is_partial)
			err = resume_partial_line(&object, samples);
		else if (index < samples->n)
			err = resume_result_line(&object, &samples->items[index]);
		python_object_deinit(&object);
		if (err < 0)
			break;
	}
	lines_close(lines);
	return err < 0 ? err : 0;
}

int results_resume(const char *path, struct samples *samples)
{
	char *partial_path = new_joined(path, ".partial");
	if (!partial_path)
		return -ENOMEM;
	int err = resume_file(path, false, samples);
	if (err == 0)
		err = resume_file(partial_path, true, samples);
	free(partial_path);
	return err;
}

/* ------------------------------------------------------------------ the result file */

static int write_lines(gzFile file, const struct samples *samples)
{
	for (size_t index = 0; index < samples->n; index++) {
		char *line = sample_new_result_line(&samples->items[index]);
		if (!line)
			return -ENOMEM;
		errno = 0;
		bool ok = gzputs(file, line) >= 0 && gzputc(file, '\n') >= 0;
		free(line);
		if (!ok)
			return errno ? -errno : -EIO;
	}
	return 0;
}

/* Takes fd. `mode` of gzopen(); T: transparent. */
static int write_to(int fd, const char *mode, const struct samples *samples)
{
	gzFile file = gzdopen(fd, mode);
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	int err = write_lines(file, samples);
	errno = 0;
	if (gzclose(file) != Z_OK && err == 0)
		err = errno ? -errno : -EIO;
	return err;
}

static const char *mode_for(const char *path)
{
	size_t len = strlen(path);

	return len > 3 && strcmp(path + len - 3, ".gz") == 0 ? "wb" : "wbT";
}

/* Devices and pipes are written to; they cannot be replaced. */
static bool is_special(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

int results_write(const char *path, const struct samples *samples)
{
	bool is_stdout = strcmp(path, "-") == 0;
	if (is_stdout || is_special(path)) {
		int fd = is_stdout ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
				   : open(path, O_WRONLY | O_CLOEXEC);
		return fd < 0 ? -errno : write_to(fd, "wbT", samples);
	}
	char *beside = new_joined(path, ".new");
	if (!beside)
		return -ENOMEM;
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int err = fd < 0 ? -errno : write_to(fd, mode_for(path), samples);
	if (err == 0 && rename(beside, path) < 0)
		err = -errno;
	if (err < 0 && fd >= 0)
		unlink(beside);
	free(beside);
	return err;
}

/* ------------------------------------------------------------------ the partial file */

int partial_open(const char *path, bool keep, struct partial **result)
{
	struct partial *partial = calloc(1, sizeof(*partial));
	if (!partial)
		return -ENOMEM;
	partial->path = new_joined(path, ".partial");
	if (partial->path)
		partial->out = fopen(partial->path, keep ? "ae" : "we");
	if (!partial->out) {
		int err = partial->path ? -errno : -ENOMEM;
		partial_close(partial, false);
		return err;
	}
	if (keep)
		fputc('\n', partial->out); /* behind a line that was cut off */
	*result = partial;
	return 0;
}

int partial_append(struct partial *partial, size_t index, const struct sample *sample)
{
	int written =
		fprintf(partial->out,
			"{\"index\": %zu, \"checksum\": %u, \"verdict\": \"%s\", "
			"\"passed\": %s, \"result\": %s%s%s%s}\n",
			index, sample->checksum, sample->verdict, sample->passed ? "true" : "false",
			sample->result, sample->feedback ? ", \"feedback\": " : "",
			sample->feedback ? sample->feedback : "",
			!sample->has_base        ? ""
			: sample->is_base_passed ? ", \"base\": true"
						 : ", \"base\": false");
	return written < 0 || fflush(partial->out) != 0 ? -errno : 0;
}

void partial_close(struct partial *partial, bool remove)
{
	if (!partial)
		return;
	if (partial->out)
		fclose(partial->out);
	if (remove)
		unlink(partial->path);
	free(partial->path);
	free(partial);
}
