/* The file of tasks that `make bench` writes for its programs. */
#ifndef BENCH_TASK_FILE_H
#define BENCH_TASK_FILE_H

#include <stddef.h>
#include <stdint.h>

struct text {
	uint32_t len;
	const char *bytes;
};

struct task {
	struct text prompt, test, entry_point;
	struct text *codes; /* the candidates, without the prompt */
	uint32_t n_codes;
};

struct task_file {
	struct task *tasks;
	size_t n_tasks;
	size_t n_codes; /* of all tasks together */
};

/* Reads all of it; ends the program with a message if it cannot. It stays for as long as that. */
struct task_file task_file_read(const char *path);

#endif
