/*
 * Reading configuration files, in assayd, before anything is started. O_NONBLOCK, because opening a
 * pipe that somebody put in a file's place would wait for ever; longer than a mebibyte is no
 * policy.
 */
#include "config/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/memory.h"

#define FILE_BYTES_MAX (1024 * 1024)

void config_file_free(struct config_file *file)
{
	free(file->bytes);
	file->bytes = NULL;
}

int config_file_read(struct config_file *file, const char *folder, const char *name,
		     struct config_error *error)
{
	_cleanup_fd_ int fd = -1;
	ssize_t len;

	if ((size_t)snprintf(file->name, sizeof(file->name), "%s%s%s", folder != NULL ? folder : "",
			     folder != NULL ? "/" : "", name) >= sizeof(file->name))
		return config_error_set(error, "%.200s: the name is too long",
					folder != NULL ? folder : name);
	fd = open(file->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return config_error_set(error, "%s: %s", file->name, strerror(errno));
	file->bytes = xmalloc(FILE_BYTES_MAX + 1);
	len = fd_read_all(fd, file->bytes, FILE_BYTES_MAX + 1);
	if (len < 0)
		return config_error_set(error, "%s: %s", file->name, strerror((int)-len));
	if (len > FILE_BYTES_MAX)
		return config_error_set(error, "%s: longer than 1 MiB", file->name);
	file->len = (size_t)len;
	return 0;
}
