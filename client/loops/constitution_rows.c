/*
 * What is trained on after `assay loop constitution`. Part of the command line `assay`.
 *
 * Of a text that may be trained towards, nothing that is measured is broken: a wrong solution that
 * is the better of two is still no example. Texts that were not judged are in no choice.
 */
#include "client/loops/constitution_rows.h"

#include <errno.h>

static const json_t *text_of(const json_t *line, const json_t *place)
{
	if (!json_is_integer(place))
		return NULL;
	return json_array_get(json_object_get(line, "texts"), (size_t)json_integer_value(place));
}

static bool may_be_taught(const json_t *text, const bool *with_broken)
{
	const json_t *critiques = json_object_get(text, "critiques");

	return critiques != NULL && (*with_broken || json_object_size(critiques) == 0);
}

static int append(json_t *rows, json_t *row)
{
	return json_array_append_new(rows, row) < 0 ? -ENOMEM : 0;
}

int constitution_rows_final(const json_t *line, void *with_broken, json_t *rows)
{
	const json_t *text = text_of(line, json_object_get(line, "final"));

	if (!may_be_taught(text, with_broken))
		return 0;
	return append(rows, json_pack("{sOsOsOsO}", "prompt", json_object_get(line, "prompt"),
				      "completion", json_object_get(text, "text"), "task",
				      json_object_get(line, "task"), "holds",
				      json_object_get(text, "holds")));
}

int constitution_rows_preferred(const json_t *line, void *with_broken, json_t *rows)
{
	const json_t *choice;
	size_t i;
	int err = 0;

	json_array_foreach(json_object_get(line, "choices"), i, choice)
	{
		const json_t *chosen = json_object_get(choice, "chosen");
		const json_t *first = json_object_get(choice, "first");
		const bool is_first = json_equal(chosen, first);
		const json_t *better = text_of(line, chosen);
		const json_t *worse =
			text_of(line, is_first ? json_object_get(choice, "second") : first);

		if (err < 0 || !may_be_taught(better, with_broken) || worse == NULL)
			continue;
		err = append(rows,
			     json_pack("{sOsOsOsOsO}", "prompt", json_object_get(line, "prompt"),
				       "chosen", json_object_get(better, "text"), "rejected",
				       json_object_get(worse, "text"), "task",
				       json_object_get(line, "task"), "by",
				       json_object_get(choice, "by")));
	}
	return err;
}
