/* Records of a planner and of a callee, any bytes, and the examination that comes of them. */
#include <assert.h>
#include <string.h>

#include "broker/plan_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool have_all_passed(const struct examination *examination)
{
	bool have_passed = examination->is_complete && examination->n_tests > 0;

	for (uint32_t i = 0; i < examination->n_tests; i++)
		have_passed &= examination->tests[i].outcome == TEST_PASSED;
	return have_passed;
}

/* Whatever the callee has said, a pass of all tests has the value of each call. (After a call that
 * raised, what follows up to the end of its assertion is passed over, but then a test has failed.)
 */
static void judge(const uint8_t *data, size_t size, const struct call_plan *plan)
{
	const struct plan_judging judging = {.comparison = {.budget = 10000}, .text_bytes = 500};
	struct examination examination;
	struct call_answers answers;

	call_answers_read(data, size, plan, &answers);
	if (plan_judge(plan, &answers, &judging, &examination)) {
		for (uint32_t i = 0; i < plan->n_steps && have_all_passed(&examination); i++)
			assert(plan->steps[i].kind != PLAN_CALL ||
			       answers.list[plan->steps[i].call].kind == CALL_ANSWER_VALUE);
		examination_deinit(&examination);
	}
	call_answers_deinit(&answers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nonce[JOB_NONCE_BYTES];
	struct call_plan *plan;
	uint32_t split;

	if (size < sizeof(split))
		return 0;
	memcpy(&split, data, sizeof(split));
	data += sizeof(split);
	size -= sizeof(split);
	if (split > size || plan_read(data, split, nonce, &plan) != 0)
		return 0;
	judge(data + split, size - split, plan);
	call_plan_unref(plan);
	return 0;
}
