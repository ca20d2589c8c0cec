/*
 * assay loop: loops of self-improvement around the daemon's verdicts, one subcommand each. Part of
 * the command line `assay`.
 */
#pragma once

#include "client/cli/cli.h"

/* argv[0] is "assay loop NAME", for messages. Each returns an exit status. */
int loop_reflexion(struct cli_context *context, int argc, char **argv);
int loop_star(struct cli_context *context, int argc, char **argv);
int loop_constitution(struct cli_context *context, int argc, char **argv);
int loop_pairs(struct cli_context *context, int argc, char **argv);
int loop_rank(struct cli_context *context, int argc, char **argv);
int loop_selfplay(struct cli_context *context, int argc, char **argv);
