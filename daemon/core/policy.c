/*
 * Looking things up in the policy: pure, no files. The YAML is read in config/.
 */
#include "core/policy.h"

#include <stddef.h>
#include <string.h>

static const char *const layer_names[LAYER_COUNT] = {
#define X(name, text) [LAYER_##name] = text,
	POLICY_LAYERS(X)
#undef X
};

const char *policy_layer_name(enum policy_layer layer)
{
	return (unsigned int)layer < LAYER_COUNT ? layer_names[layer] : NULL;
}

int policy_layer_find(const char *name)
{
	for (int i = 0; i < LAYER_COUNT; i++)
		if (strcmp(layer_names[i], name) == 0)
			return i;
	return -1;
}

int policy_table_find(const struct policy_table *table, const char *language)
{
	for (uint32_t i = 0; i < table->n_policies; i++)
		if (strcmp(table->policies[i].language, language) == 0)
			return (int)i;
	return -1;
}
