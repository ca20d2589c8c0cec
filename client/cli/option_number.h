/*
 * Numbers in options: checked whole, between bounds. What is none ends the program with a text that
 * names the option and the bounds. Runs in `assay` and `assay-model`; one user at a time.
 */
#pragma once

#include <argp.h>
#include <stdint.h>

/* Digits alone. `option` is named in the complaint: "--jobs". */
uint64_t option_number_whole(const char *text, uint64_t min, uint64_t max, struct argp_state *state,
			     const char *option);

/* Any finite decimal number. */
double option_number_real(const char *text, double min, double max, struct argp_state *state,
			  const char *option);
