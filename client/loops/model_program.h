/*
 * The program that a model is to us: a child process that reads lines and writes lines. Part of
 * `assay loop`; knows nothing of what the lines say.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct model_program {
	pid_t pid;  /* 0: it was not started, or has ended */
	int socket; /* its standard input and output; -1: none */
	int epoll;  /* borrowed; where the socket is watched */
	bool has_ended;
	char *out; /* lines for it */
	size_t out_len, out_at;
	char *in; /* what it wrote */
	size_t in_len, in_at, in_size;
};

void model_program_init(struct model_program *program);
/* Ends it, too. */
void model_program_deinit(struct model_program *program);

/* `command` for sh -c, or NULL: `arguments`, NULL-terminated. Readable and writable ends of its
 * socket make `epoll` ready. 0 or -errno. */
int model_program_start(struct model_program *program, const char *command, char *const *arguments,
			int epoll);
bool model_program_runs(const struct model_program *program);

/* Closes its input, and kills it if that is not enough. */
void model_program_end(struct model_program *program);

/* Adds a line, without its end; model_program_send() sends what the socket takes, never blocks, and
 * is called again when the socket has room. 0 or -ENOMEM. */
int model_program_write(struct model_program *program, const char *line);
void model_program_send(struct model_program *program);

/* Reads once, never blocks. False: there is nothing more for now, or for ever (has_ended). */
bool model_program_read(struct model_program *program);

/* The next whole line of what was read, borrowed until the next read. False: none. */
bool model_program_next(struct model_program *program, const char **line, size_t *len);
