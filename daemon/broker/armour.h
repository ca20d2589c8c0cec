/*
 * The broker's own walls. Broker only.
 */
#pragma once

#include <fcntl.h>
#include <stdint.h>

/* The flags with which files of the folder of known verdicts may be opened, and no others. */
#define ARMOUR_STORE_READ (O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
#define ARMOUR_STORE_WRITE (O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW)

/*
 * To be called once, when everything is open that has a name: from here on this process opens
 * nothing but /dev/null and files of the folder `store` (-1: none), makes no socket and no process,
 * and cannot be given code to run. *layers: bit set of enum policy_layer, what it is locked in by;
 * a kernel without Landlock is logged. 0, or -errno if the system call filter cannot be loaded.
 */
int armour_put_on(int store, uint32_t *layers);

/* As root, before the change of uid: no program that this process could execute gets a capability.
 * 0 or -errno. */
int armour_drop_bounding_set(void);
