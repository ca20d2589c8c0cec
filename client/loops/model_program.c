/*
 * The program that a model is to us. Part of `assay loop`.
 *
 * One socket is its standard input and output: the socket's end of file tells of its death, and a
 * question that does not fit is sent when there is room again, while answers are read. The program
 * has a process group of its own, so that Ctrl-C is for us alone, and what it has started can be
 * ended with it.
 */
#include "client/loops/model_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_BYTES_MAX (8u << 20)
#define READ_BYTES 65536
#define END_PATIENCE_MS 2000

extern char **environ;

void model_program_init(struct model_program *program)
{
	*program = (struct model_program){.socket = -1, .epoll = -1};
}

/* ---------------------------------------------------------------- its life */

static int spawn(struct model_program *program, const char *command, char *const *arguments,
		 int child_end)
{
	char *const shell[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t signals;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, child_end, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, child_end, STDOUT_FILENO);
	/* SIGPIPE, which we ignore, ends it as others. */
	posix_spawnattr_init(&attributes);
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
	if (command != NULL)
		err = posix_spawn(&program->pid, "/bin/sh", &actions, &attributes, shell, environ);
	else
		err = posix_spawn(&program->pid, arguments[0], &actions, &attributes, arguments,
				  environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (err != 0)
		program->pid = 0;
	return -err;
}

int model_program_start(struct model_program *program, const char *command, char *const *arguments,
			int epoll)
{
	struct epoll_event readable = {.events = EPOLLIN};
	int ends[2], err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	err = spawn(program, command, arguments, ends[1]);
	close(ends[1]);
	program->socket = ends[0];
	program->epoll = epoll;
	if (err < 0)
		return err;
	fcntl(program->socket, F_SETFL, O_NONBLOCK);
	return epoll_ctl(epoll, EPOLL_CTL_ADD, program->socket, &readable) < 0 ? -errno : 0;
}

bool model_program_runs(const struct model_program *program)
{
	return program->socket >= 0;
}

void model_program_end(struct model_program *program)
{
	struct pollfd ended = {.events = POLLIN};

	if (program->socket >= 0)
		close(program->socket);
	program->socket = -1;
	if (program->pid == 0)
		return;
	ended.fd = pidfd_open(program->pid, 0);
	if (ended.fd < 0 || poll(&ended, 1, END_PATIENCE_MS) != 1)
		kill(-program->pid, SIGKILL);
	waitpid(program->pid, NULL, 0);
	if (ended.fd >= 0)
		close(ended.fd);
	program->pid = 0;
}

void model_program_deinit(struct model_program *program)
{
	model_program_end(program);
	free(program->out);
	free(program->in);
	model_program_init(program);
}

/* ---------------------------------------------------------------- its lines */

int model_program_write(struct model_program *program, const char *line)
{
	size_t len = strlen(line), left = program->out_len - program->out_at;
	char *out;

	if (left > 0)
		memmove(program->out, program->out + program->out_at, left);
	program->out_at = 0;
	program->out_len = left;
	out = realloc(program->out, left + len + 1);
	if (out == NULL)
		return -ENOMEM;
	program->out = out;
	memcpy(out + left, line, len);
	out[left + len] = '\n';
	program->out_len = left + len + 1;
	return 0;
}

void model_program_send(struct model_program *program)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (program->socket < 0 || program->out_len == 0)
		return;
	while (program->out_at < program->out_len) {
		ssize_t n = send(program->socket, program->out + program->out_at,
				 program->out_len - program->out_at, MSG_NOSIGNAL);

		if (n < 0)
			break; /* an end is seen when reading */
		program->out_at += (size_t)n;
	}
	if (program->out_at < program->out_len)
		event.events |= EPOLLOUT;
	else
		program->out_len = program->out_at = 0;
	epoll_ctl(program->epoll, EPOLL_CTL_MOD, program->socket, &event);
}

/* For one more read; what was taken makes room first. */
static int make_room(struct model_program *program)
{
	size_t size = program->in_size * 2 + READ_BYTES;
	char *in;

	program->in_len -= program->in_at;
	if (program->in_at > 0)
		memmove(program->in, program->in + program->in_at, program->in_len);
	program->in_at = 0;
	if (program->in_size - program->in_len >= READ_BYTES)
		return 0;
	in = size <= 2 * LINE_BYTES_MAX ? realloc(program->in, size) : NULL;
	if (in == NULL)
		return -ENOMEM;
	program->in = in;
	program->in_size = size;
	return 0;
}

bool model_program_read(struct model_program *program)
{
	ssize_t n;

	if (program->socket < 0)
		return false;
	if (make_room(program) < 0) {
		program->has_ended = true; /* no program that we understand */
		return false;
	}
	n = recv(program->socket, program->in + program->in_len, READ_BYTES, 0);
	if (n > 0)
		program->in_len += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		program->has_ended = true;
	return n > 0;
}

bool model_program_next(struct model_program *program, const char **line, size_t *len)
{
	const char *begin = program->in + program->in_at, *end = NULL;

	if (program->in_len > program->in_at)
		end = memchr(begin, '\n', program->in_len - program->in_at);
	if (end == NULL)
		return false;
	*line = begin;
	*len = (size_t)(end - begin);
	program->in_at += *len + 1;
	return true;
}
