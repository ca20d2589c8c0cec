/*
 * assay loop: finds the subcommand. Part of the command line `assay`.
 */
#include <stdio.h>
#include <string.h>

#include "client/loops/loop.h"

static const struct cli_verb loops[] = {
	{"reflexion", "attempt, be judged, reflect, try again", loop_reflexion},
	{"star", "keep right rationales, ask again with a hint, make training data", loop_star},
	{"constitution", "criticise and revise by principles, and prefer by them",
	 loop_constitution},
	{"rank", "find the best of many candidates by the model's own tests", loop_rank},
	{"selfplay", "propose problems and solve them, keep what is solved sometimes",
	 loop_selfplay},
	{"pairs", "preference pairs for DPO and ORPO from judged candidates", loop_pairs},
};
#define N_LOOPS (sizeof(loops) / sizeof(loops[0]))

static void print_help(FILE *out)
{
	fputs("Usage: assay loop NAME ...\n"
	      "Learn from verdicts.\n\n",
	      out);
	for (size_t i = 0; i < N_LOOPS; i++)
		fprintf(out, "  %-12s %s\n", loops[i].name, loops[i].summary);
	fputs("\n`assay loop NAME --help` tells more.\n", out);
}

int cmd_loop(struct cli_context *context, int argc, char **argv)
{
	char name[64];

	if (argc < 2) {
		print_help(stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0) {
		print_help(stdout);
		return CLI_DONE;
	}
	for (size_t i = 0; i < N_LOOPS; i++) {
		if (strcmp(argv[1], loops[i].name) != 0)
			continue;
		snprintf(name, sizeof(name), "assay loop %s", argv[1]);
		argv[1] = name;
		return loops[i].run(context, argc - 1, argv + 1);
	}
	cli_error("there is no loop '%s'; `assay loop --help` lists them", argv[1]);
	return CLI_USAGE;
}
