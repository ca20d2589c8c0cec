/*
 * What may be told. Broker; pure.
 *
 * An assertion's message is the tests' own and likely names what they expect, so it goes with the
 * expected values. The rules are written so that what is not thought of is withheld.
 */
#include "core/reveal.h"

#include <stdlib.h>

#include "base/memory.h"

void reveal_init(struct reveal *reveal, const struct task *task, uint32_t n_tests, bool is_apart)
{
	*reveal = (struct reveal){.level = task->reveal, .n_tests = n_tests};
	if (task->n_hidden == 0)
		return;
	reveal->hides_any = true;
	if (!is_apart) {
		reveal->is_mute = true;
		reveal->level = TASK_REVEAL_NONE;
	}
	reveal->hidden = xcalloc((size_t)n_tests + 1, sizeof(*reveal->hidden));
	for (size_t i = 0; i < task->n_hidden; i++)
		if (task->hidden[i] < n_tests)
			reveal->hidden[task->hidden[i]] = true;
}

void reveal_deinit(struct reveal *reveal)
{
	free(reveal->hidden);
	reveal->hidden = NULL;
}

enum reveal_error reveal_of_test_error(const struct reveal *reveal, const struct test_error *error)
{
	if (reveal->is_mute)
		return REVEAL_ERROR_NOTHING;
	switch (reveal->level) {
	case TASK_REVEAL_FULL:
		return reveal->hides_any ? REVEAL_ERROR_MESSAGE : REVEAL_ERROR_TRACEBACK;
	case TASK_REVEAL_INPUTS:
		return slice_is(error->type, "AssertionError") ? REVEAL_ERROR_TYPE
							       : REVEAL_ERROR_MESSAGE;
	default:
		return REVEAL_ERROR_TYPE;
	}
}

enum reveal_error reveal_of_fault(const struct reveal *reveal,
				  const struct examination *examination)
{
	bool is_own =
		examination->fault == EXAMINATION_COMPILE || examination->fault == EXAMINATION_LOAD;

	if (!is_own)
		return reveal->hides_any ? REVEAL_ERROR_NOTHING
					 : reveal_of_test_error(reveal, &examination->error);
	if (reveal->is_mute)
		return REVEAL_ERROR_NOTHING;
	/* A traceback may lead through the setup of the tests. */
	return reveal->hides_any || reveal->level != TASK_REVEAL_FULL ? REVEAL_ERROR_MESSAGE
								      : REVEAL_ERROR_TRACEBACK;
}
