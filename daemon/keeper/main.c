/*
 * assay-keeper: the process of the daemon that has power. It builds, limits and kills cells, as the
 * broker asks by the fixed-size requests of keeper_msg.h; it parses nothing that a client sent,
 * opens no socket to anyone, and links only libc, libcap and libseccomp. Started by the supervisor
 * with the descriptors of enum keeper_fd; takes no options.
 */
#include "base/log.h"
#include "keeper/loop.h"

int main(void)
{
	log_open("assay-keeper", LOG_LEVEL_INFO);
	return keeper_run();
}
