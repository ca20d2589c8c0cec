/*
 * A model that answers questions, many at a time. Part of `assay loop`.
 *
 * It is a program that reads questions and writes answers, one JSON object a line, in any order:
 *
 *     {"id": 7, "task": "HumanEval/0", "step": "attempt 1",
 *      "messages": [{"role": "user", "content": "..."}], "temperature": 0.2, ...}
 *     {"id": 7, "text": "...", "prompt_tokens": 120, "completion_tokens": 80}
 *     {"id": 7, "error": "why there is no text"}
 *
 * `assay-model` is such a program for servers with the interface of OpenAI; --model-command names
 * any other. A journal keeps every answer with its task and step. Questions that the journal, or a
 * file of recorded answers, has an answer for are not asked: so an interrupted loop goes on with
 * what it has, and a recorded one is played again.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct model_settings {
	const char *command;    /* for sh -c; NULL: there is none, only recorded answers */
	char *const *arguments; /* of assay-model, instead of `command`; NULL-terminated, or NULL */
	const char *replay_path;  /* recorded answers; NULL: none */
	const char *journal_path; /* answers are added to it, and read from it first; NULL: none */
	uint32_t n_in_flight;     /* questions that the program has at one time, at least 1 */
	json_t *parameters;       /* borrowed object, added to each question; NULL: none */
};

struct model_answer {
	void *owner;      /* as given to model_ask() */
	const char *text; /* UTF-8; NULL: there is none, `problem` says why */
	size_t len;
	const char *problem;                       /* "" if there is a text */
	bool is_recorded;                          /* it was not asked now */
	uint64_t prompt_tokens, completion_tokens; /* 0: unknown */
};

struct model;

/* 0: *model goes to model_free(). -errno; *path (borrowed) is the file or program it is about. */
int model_new(const struct model_settings *settings, struct model **model, const char **path);

/* Ends the program: its input is closed, and if that is not enough it is killed. NULL is allowed.
 */
void model_free(struct model *model);

/* Task and step name a question for good; `name` is the model's, NULL: what the settings say. Takes
 * `messages` (an array; may be NULL after failure of making it). 0 or -ENOMEM. */
int model_ask(struct model *model, const char *task, const char *step, const char *name,
	      json_t *messages, void *owner);

/* Readable when model_next() has something to do. */
int model_fd(const struct model *model);

/*
 * The next answer; never blocks. Text is valid until the next call. 0; -EAGAIN: none yet; -ENODATA:
 * nothing was asked that is not answered; -ENOMEM; -errno of writing the journal. The program's end
 * answers all that it has been asked, each with a problem.
 */
int model_next(struct model *model, struct model_answer *answer);
