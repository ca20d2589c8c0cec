/* A task file in memory. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/suite/complaints.h"
#include "client/suite/task_format.h"

struct task {
	char *name;
	char *id_json; /* as the file's samples name it: a JSON string or number */
	json_t *record;
	uint64_t line;
	bool is_duplicate;
};

struct tasks {
	char *path;
	const struct task_format *format;
	struct task *items;
	size_t n;
	struct task **by_name; /* sorted */
};

/*
 * Reads a task file. Lines that cannot be used are complained about and left out. 0: *tasks goes to
 * tasks_deinit(); 1: it holds no task, or none of a known format (complained about); -errno of
 * opening and reading.
 */
int tasks_load(const char *path, struct complaints *complaints, struct tasks *tasks);
void tasks_deinit(struct tasks *tasks);

/* The task of that name, for MBPP also by its number alone; NULL: none. */
const struct task *tasks_find(const struct tasks *tasks, const char *name);
