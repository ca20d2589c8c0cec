/*
 * Reads the tasks that the programs of the bench judge. A task is three texts (prompt, test, entry
 * point), a number and as many texts (the codes of its candidates). A text is led by its length;
 * that and the number are 4 bytes in the host's order. tests/bench/tasks.py writes it.
 *
 * It is our own file, so it is believed.
 */
#include "tests/bench/task_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void *grow(void *old, size_t n, size_t size)
{
	void *larger = reallocarray(old, n, size);

	if (larger == NULL) {
		perror("tasks");
		exit(2);
	}
	return larger;
}

static const char *take_number(const char *at, uint32_t *number)
{
	memcpy(number, at, sizeof(*number));
	return at + sizeof(*number);
}

static const char *take_text(const char *at, struct text *text)
{
	text->bytes = take_number(at, &text->len);
	return text->bytes + text->len;
}

static const char *take_task(const char *at, struct task *task)
{
	at = take_text(at, &task->prompt);
	at = take_text(at, &task->test);
	at = take_text(at, &task->entry_point);
	at = take_number(at, &task->n_codes);
	task->codes = grow(NULL, task->n_codes, sizeof(*task->codes));
	for (uint32_t i = 0; i < task->n_codes; i++)
		at = take_text(at, &task->codes[i]);
	return at;
}

struct task_file task_file_read(const char *path)
{
	struct task_file file = {.tasks = NULL};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *at = MAP_FAILED, *end;
	struct stat status;
	size_t n_room = 0;

	if (fd >= 0 && fstat(fd, &status) == 0)
		at = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED) {
		perror(path);
		exit(2);
	}
	for (end = at + status.st_size; at < end; file.n_tasks++) {
		if (file.n_tasks == n_room) {
			n_room = n_room == 0 ? 256 : 2 * n_room;
			file.tasks = grow(file.tasks, n_room, sizeof(*file.tasks));
		}
		at = take_task(at, &file.tasks[file.n_tasks]);
		file.n_codes += file.tasks[file.n_tasks].n_codes;
	}
	return file;
}
