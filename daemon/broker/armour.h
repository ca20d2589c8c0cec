/*
 * The broker's own walls. Broker only.
 */
#pragma once

/*
 * To be called once, when everything is open that has a name: from here on this process opens
 * nothing but /dev/null, makes no socket and no process, and cannot be given code to run. 0, or
 * -errno if the system call filter cannot be loaded. A kernel without Landlock is logged.
 */
int armour_put_on(void);

/* As root, before the change of uid: no program that this process could execute gets a capability.
 * 0 or -errno. */
int armour_drop_bounding_set(void);
