/* Records of a planner and of a callee, any bytes, and the examination that comes of them. */
#include <assert.h>
#include <string.h>

#include "broker/plan_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever the callee has said, what passed has an answer to each of its calls. */
static void judge(const uint8_t *data, size_t size, const struct call_plan *plan)
{
	const struct plan_judging judging = {.comparison = {.budget = 10000}, .text_bytes = 500};
	struct examination examination;
	struct call_answers answers;

	call_answers_read(data, size, plan, &answers);
	if (plan_judge(plan, &answers, &judging, &examination)) {
		for (uint32_t i = 0; i < plan->n_steps && examination.is_complete; i++)
			assert(plan->steps[i].kind != PLAN_CALL ||
			       plan->steps[i].test >= plan->n_tests ||
			       examination.tests[plan->steps[i].test].outcome != TEST_PASSED ||
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
