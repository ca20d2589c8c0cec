/*
 * A line a task, written when it has ended. Part of `assay loop`.
 *
 * A file that is gone on with is read first: tasks that it has are not begun again, but for those
 * that were not tried to their end. What a crash has left of a last line is cut off.
 */
#include "client/loops/engine_output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/result_json.h"
#include "client/loops/journal.h"
#include "client/suite/lines.h"

/* One that has a problem was not tried to its end: it is tried again. */
static void take_done(struct engine *engine, const char *text, size_t len)
{
	json_t *line = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	const char *name = json_string_value(json_object_get(line, "task"));

	if (name != NULL && json_object_get(line, "problem") == NULL &&
	    json_object_set_new(engine->done, name, json_true()) == 0) {
		engine->n_before++;
		engine->n_ended++;
		engine->loop->take_done(engine, line);
	}
	json_decref(line);
}

static int load_done(struct engine *engine, const char *path)
{
	struct lines *lines;
	size_t len;
	char *text;
	int err = lines_open(path, &lines);

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	while ((err = lines_next(lines, &text, &len)) == 0)
		take_done(engine, text, len);
	lines_close(lines);
	return err < 0 ? err : 0;
}

int engine_output_open(struct engine *engine)
{
	const struct engine_options *options = engine->options;
	const char *path = options->out_path;
	int err = 0;

	engine->out = stdout;
	if (path == NULL)
		return CLI_DONE;
	if (engine->loop->take_text != NULL)
		snprintf(engine->journal_path, sizeof(engine->journal_path), "%s.journal", path);
	if (engine->journal_path[0] != '\0' && !options->is_resumed &&
	    access(engine->journal_path, F_OK) == 0) {
		cli_error("%s is there: --resume goes on with it", engine->journal_path);
		return CLI_USAGE;
	}
	if (options->is_resumed)
		err = journal_cut_unfinished(path);
	if (options->is_resumed && err == 0)
		err = load_done(engine, path);
	if (err == 0) {
		engine->out = fopen(path, options->is_resumed ? "ae" : "we");
		err = engine->out == NULL ? -errno : 0;
	}
	if (err == 0)
		return CLI_DONE;
	engine->out = stdout;
	cli_error("cannot write %s: %s", path, strerror(-err));
	return CLI_USAGE;
}

int engine_output_write(struct engine *engine, const json_t *object)
{
	char *line = object != NULL ? json_to_line(object) : NULL;
	int err = line == NULL ? -ENOMEM : 0;

	errno = 0;
	if (err == 0 && (fprintf(engine->out, "%s\n", line) < 0 || fflush(engine->out) != 0))
		err = errno != 0 ? -errno : -EIO;
	free(line);
	return err;
}

void engine_output_close(struct engine *engine)
{
	if (engine->out != NULL && engine->out != stdout)
		fclose(engine->out); /* every line was flushed */
	engine->out = NULL;
}
