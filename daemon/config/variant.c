/*
 * Arranging the variants of policies, by assayd at its start, when all else about the policies is
 * settled: a variant is its policy with more imports. To the keeper it is a policy like any other;
 * only the broker knows that it is not for a language of its own.
 *
 * Nothing depends on a variant but time: what it has imported can be imported in the ordinary
 * cells, too. So one that the host cannot have is no reason not to start.
 */
#include "config/variant.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "config/compiler.h"

/* The first that is there. */
static bool find(const struct policy *policy, const struct policy_variant *variant,
		 struct stat *found)
{
	char path[2 * POLICY_PATH_MAX];

	for (uint32_t i = 0; i < variant->n_found_at; i++) {
		policy_find_on_host(policy, variant->found_at[i], path, sizeof(path));
		if (path[0] != '\0' && stat(path, found) == 0)
			return true;
	}
	return variant->n_found_at == 0;
}

bool variant_is_missing(const struct policy *policy, const struct policy_variant *variant)
{
	struct stat ignored;

	return !find(policy, variant, &ignored);
}

static void add_imports(struct policy *whole, const struct policy_variant *variant)
{
	for (uint32_t i = 0; i < variant->n_imports && whole->n_imports < POLICY_IMPORTS_MAX; i++)
		memcpy(whole->imports[whole->n_imports++], variant->imports[i], POLICY_NAME_MAX);
}

static bool arrange(struct policy_table *table, const struct policy *policy,
		    struct policy_variant *variant)
{
	const uint32_t place = table->n_policies + table->n_variants;
	struct policy *whole = &table->policies[place];
	struct stat found = {0};
	char name[2 * POLICY_NAME_MAX];

	if (!find(policy, variant, &found)) {
		log_info("%s: no cells with %s: it is not installed", policy->name, variant->name);
		return false;
	}
	if (place == POLICY_MAX) {
		log_warning("%s: no cells with %s: there are too many policies", policy->name,
			    variant->name);
		return false;
	}
	variant->policy = place;
	variant->stamp = (uint64_t)found.st_mtim.tv_sec * 1000000000u +
			 (uint64_t)found.st_mtim.tv_nsec + found.st_ino;
	*whole = *policy;
	snprintf(name, sizeof(name), "%s+%s", policy->name, variant->name);
	snprintf(whole->name, sizeof(whole->name), "%.31s", name);
	whole->n_variants = 0;
	add_imports(whole, variant);
	table->n_variants++;
	return true;
}

void variants_arrange(struct policy_table *table)
{
	for (uint32_t i = 0; i < table->n_policies; i++) {
		struct policy *policy = &table->policies[i];
		uint32_t n = 0;

		for (uint32_t k = 0; k < policy->n_variants; k++)
			if (arrange(table, policy, &policy->variants[k]))
				policy->variants[n++] = policy->variants[k];
		policy->n_variants = n;
	}
}
