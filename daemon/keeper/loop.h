/* The life of assay-keeper between exec and exit. */
#pragma once

/* Serves the descriptors of enum keeper_fd until the supervisor or the broker is gone. Exit status.
 */
int keeper_run(void);
