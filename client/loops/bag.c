/* Texts of which some come more than once. Part of `assay loop rank`. */
#include "client/loops/bag.h"

#include <errno.h>
#include <stdlib.h>

static int place_of(struct bag *bag, const char *text, size_t *place)
{
	const json_t *known = json_object_get(bag->places, text);
	size_t *counts;

	if (known != NULL) {
		*place = (size_t)json_integer_value(known);
		return 0;
	}
	*place = json_array_size(bag->texts);
	counts = reallocarray(bag->counts, *place + 1, sizeof(*counts));
	if (counts == NULL)
		return -ENOMEM;
	bag->counts = counts;
	counts[*place] = 0;
	if (json_array_append_new(bag->texts, json_string(text)) < 0 ||
	    json_object_set_new(bag->places, text, json_integer((json_int_t)*place)) < 0)
		return -ENOMEM;
	return 0;
}

int bag_add(struct bag *bag, const char *text)
{
	size_t place, *order;
	int err;

	if (bag->texts == NULL)
		bag->texts = json_array();
	if (bag->places == NULL)
		bag->places = json_object();
	err = place_of(bag, text, &place);
	if (err < 0)
		return err;
	order = reallocarray(bag->order, bag->n_order + 1, sizeof(*order));
	if (order == NULL)
		return -ENOMEM;
	bag->order = order;
	order[bag->n_order++] = place;
	bag->counts[place]++;
	return 0;
}

size_t bag_n_texts(const struct bag *bag)
{
	return json_array_size(bag->texts);
}

const char *bag_text(const struct bag *bag, size_t place)
{
	return json_string_value(json_array_get(bag->texts, place));
}

void bag_deinit(struct bag *bag)
{
	json_decref(bag->texts);
	json_decref(bag->places);
	free(bag->counts);
	free(bag->order);
	*bag = (struct bag){0};
}
