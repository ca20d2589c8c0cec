/*
 * The life of the daemon: two children, kept alive until somebody ends it.
 */
#pragma once

#include "listening_socket.h"

struct supervisor_plan {
	const char *broker_path; /* programs; borrowed */
	const char *keeper_path;
	int settings_fd; /* sealed: struct settings; borrowed */
	int policies_fd; /* sealed: struct policy_table; borrowed */
	int cache_fd;    /* folder of known verdicts; -1: none; borrowed */
	int tcp_fd;      /* listening TCP socket; -1: none; borrowed */
	int tokens_fd;   /* sealed: struct token_table; -1: none; borrowed */
	int lifeline_fd; /* its end of file ends the daemon; -1: none; borrowed */
	int ready_fd;    /* told when requests are served; -1: none; taken */
	const struct listening_socket *listening;
};

/* Runs the daemon to its end. The exit status of assayd: EXIT_SUCCESS when it was told to end. */
int supervisor_run(const struct supervisor_plan *plan);
