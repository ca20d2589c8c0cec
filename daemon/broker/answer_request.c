/*
 * Validating the tests of kind answer. Broker.
 *
 * An expected answer that its own comparator cannot read would fail every candidate, and a loop
 * would learn from that; so it is refused here, by name.
 */
#include "broker/answer_request.h"

#include "base/memory.h"
#include "core/answer.h"

int answer_request_take(struct task *task, const Assay__Evaluate *evaluate, struct refusal *refusal)
{
	const Assay__AnswerTest *answer = evaluate->answer;
	int comparator = answer_find_comparator(answer->comparator);

	if (comparator < 0)
		return request_refuse(refusal, ASSAY__ERROR_CODE__INVALID_REQUEST,
				      "evaluate.answer.comparator",
				      "unknown comparator; known are: number, exact, choice, math");
	if (!answer_is_usable((enum answer_comparator)comparator, request_slice(answer->answer)))
		return request_refuse(refusal, ASSAY__ERROR_CODE__INVALID_REQUEST,
				      "evaluate.answer.answer",
				      "the comparator \"%s\" can make nothing of this answer",
				      answer_comparator_name((enum answer_comparator)comparator));
	task->kind = TASK_ANSWER;
	task->comparator = answer_comparator_name((enum answer_comparator)comparator);
	task->tests = xcalloc(1, sizeof(*task->tests));
	task->tests[0] = request_slice(answer->answer);
	task->n_tests = 1;
	return 0;
}
