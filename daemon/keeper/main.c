/*
 * assay-keeper: the process of the daemon that has power. It builds, limits and kills cells, as the
 * broker asks by the fixed-size requests of keeper_msg.h; it parses nothing that a client sent,
 * opens no socket to anyone, and links only libc, libcap and libseccomp. Started by the supervisor
 * with the descriptors of enum keeper_fd. Two words make it tell instead of serve (describe.h).
 */
#include <string.h>

#include "base/log.h"
#include "keeper/describe.h"
#include "keeper/loop.h"

int main(int argc, char **argv)
{
	const bool is_asked = argc == 2;

	log_open("assay-keeper", is_asked ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO);
	if (is_asked && strcmp(argv[1], "--describe-machine") == 0)
		return keeper_describe(describe_machine);
	if (is_asked && strcmp(argv[1], "--describe-policies") == 0)
		return keeper_describe(describe_policies);
	return keeper_run();
}
