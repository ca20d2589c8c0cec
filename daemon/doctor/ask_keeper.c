/*
 * Asking the keeper, from assayd. It is the same program that serves, because only that knows what
 * it would do; and another process, because only that links libseccomp and libcap. Its answer goes
 * to memory files, not pipes, so that nobody has to read while it writes.
 */
#include "doctor/ask_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"
#include "keeper/keeper_msg.h"

#define ANSWER_BYTES_MAX (4 << 20)

static int run(const char *path, const char *word, int policies_fd, int out, int err, pid_t *pid)
{
	char *const argv[] = {(char *)path, (char *)word, NULL};
	char *const environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	int result;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	posix_spawn_file_actions_adddup2(&actions, policies_fd, KEEPER_FD_POLICIES);
	result = -posix_spawn(pid, path, &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	return result;
}

static char *read_whole(int fd)
{
	char *text = xcalloc(1, ANSWER_BYTES_MAX + 1);

	if (lseek(fd, 0, SEEK_SET) < 0 || fd_read_all(fd, text, ANSWER_BYTES_MAX) < 0)
		text[0] = '\0';
	return text;
}

int ask_keeper(const char *keeper_path, const char *word, int policies_fd, struct answer *answer)
{
	/* Above the fixed number of the table, which would else be overwritten before it is used.
	 */
	_cleanup_fd_ int table = fcntl(policies_fd, F_DUPFD_CLOEXEC, KEEPER_FD_LIFELINE + 1);
	_cleanup_fd_ int out = memfd_create("assay-answer", MFD_CLOEXEC);
	_cleanup_fd_ int err = memfd_create("assay-complaints", MFD_CLOEXEC);
	int status = 0;
	int result;
	pid_t pid;

	if (table < 0 || out < 0 || err < 0)
		return -errno;
	result = run(keeper_path, word, table, out, err, &pid);
	if (result < 0)
		return result;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*answer = (struct answer){
		.lines = read_whole(out),
		.complaints = read_whole(err),
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	};
	return 0;
}

void answer_deinit(struct answer *answer)
{
	free(answer->lines);
	free(answer->complaints);
}

static void split(struct answer_cursor *cursor)
{
	char *field = strchr(cursor->line, '\t');

	for (size_t i = 0; i < ANSWER_FIELDS_MAX; i++) {
		cursor->fields[i] = "";
		if (field == NULL)
			continue;
		*field++ = '\0';
		cursor->fields[i] = field;
		field = strchr(field, '\t');
	}
}

int answer_next(const struct answer *answer, struct answer_cursor *cursor, const char *kind)
{
	const size_t kind_len = strlen(kind);

	if (cursor->at == NULL)
		cursor->at = answer->lines;
	while (*cursor->at != '\0') {
		const char *line = cursor->at;
		size_t len = strcspn(line, "\n");

		cursor->at = line + len + (line[len] == '\n');
		if (len >= sizeof(cursor->line) || strncmp(line, kind, kind_len) != 0 ||
		    line[kind_len] != '\t')
			continue;
		memcpy(cursor->line, line, len);
		cursor->line[len] = '\0';
		split(cursor);
		return 1;
	}
	return 0;
}
