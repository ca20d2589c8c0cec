/*
 * The folder in which known verdicts outlive the daemon (--cache-dir).
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "config/config_error.h"

/*
 * Opens `path`, which is made if it is not there, for the broker's user `uid`. Refused if it is
 * anybody else's, if others may look into it, or if another daemon uses it. The descriptor
 * (O_CLOEXEC), which holds the lock; or -EINVAL with `error`.
 */
int cache_folder_open(const char *path, uid_t uid, struct config_error *error);

/*
 * A number that is another one when a file of the runtimes or of the daemon has changed, so that no
 * verdict outlives what has made it. `folder` has a folder for each runtime.
 */
uint64_t cache_folder_stamp(const char *folder, const char *broker_path, const char *keeper_path);
