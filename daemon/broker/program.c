/*
 * Programs as memory files. Broker.
 *
 * The file was open for writing in the candidate's cell, but only while a compiler ran there, and
 * all of that run is dead before it is sealed: the seals fail while anybody maps it for writing. It
 * is the candidate's code whatever it holds, so what is checked here only keeps nonsense out of the
 * runs: that it is an executable, and not too large.
 */
#include "broker/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"

struct program {
	int fd;
	uint8_t *messages;
	size_t n_messages;
};

struct program *program_new(void)
{
	struct program *program;
	int fd = memfd_create("program", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return NULL;
	program = xcalloc(1, sizeof(*program));
	program->fd = fd;
	return program;
}

void program_free(struct program *program)
{
	if (program == NULL)
		return;
	fd_close(&program->fd);
	free(program->messages);
	free(program);
}

int program_descriptor(const struct program *program)
{
	return program->fd;
}

int program_finish(struct program *program, uint64_t max_bytes, struct slice messages)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	uint8_t start[SELFMAG];
	off_t size;

	if (fcntl(program->fd, F_ADD_SEALS, seals) < 0)
		return -errno;
	size = lseek(program->fd, 0, SEEK_END);
	if (size < 0)
		return -errno;
	if ((uint64_t)size > max_bytes)
		return -EFBIG;
	if (pread(program->fd, start, sizeof(start), 0) != (ssize_t)sizeof(start) ||
	    memcmp(start, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	if (messages.len > 0)
		program->messages = xmemdup(messages.bytes, messages.len);
	program->n_messages = messages.len;
	return 0;
}

struct slice program_messages(const struct program *program)
{
	if (program == NULL)
		return (struct slice){0};
	return (struct slice){.bytes = program->messages, .len = program->n_messages};
}
