/* Texts of which some come more than once. Part of `assay loop rank`. */
#pragma once

#include <jansson.h>
#include <stddef.h>

/* Starts as zeros; bag_deinit() in any case. */
struct bag {
	json_t *texts;  /* the different ones, in the order in which they came first */
	json_t *places; /* of each its place in `texts` */
	size_t *counts; /* of each how often it came */
	size_t *order;  /* of all that came the place in `texts` */
	size_t n_order;
};

/* Copies the text, up to its first NUL. 0 or -ENOMEM. */
int bag_add(struct bag *bag, const char *text);
size_t bag_n_texts(const struct bag *bag);
const char *bag_text(const struct bag *bag, size_t place);
void bag_deinit(struct bag *bag);
