/* A small file, read as a whole, with its name for texts. */
#pragma once

#include <stddef.h>

#include "config/config_error.h"

struct config_file {
	char name[512]; /* with its folder */
	char *bytes;    /* owned */
	size_t len;
};

/* Reads `folder`/`name`; `folder` NULL: `name` alone. 0, or -EINVAL with `error`. */
int config_file_read(struct config_file *file, const char *folder, const char *name,
		     struct config_error *error);

/* All zero is accepted. */
void config_file_free(struct config_file *file);
#define _cleanup_config_file_ __attribute__((cleanup(config_file_free)))
