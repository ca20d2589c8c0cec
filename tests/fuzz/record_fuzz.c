/* Records out of a cell, any bytes, and what would be said of them. */
#include <stddef.h>
#include <stdint.h>

#include "broker/record_reader.h"
#include "core/feedback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nonce[JOB_NONCE_BYTES];
	static const struct verdict verdict = {.code = VERDICT_FAILED, .detail = ""};
	static const uint32_t hidden[] = {1};
	const struct task task = {.kind = TASK_CHECK,
				  .hidden = hidden,
				  .n_hidden = size & 1,
				  .reveal = (enum task_reveal)((size >> 1) % 3),
				  .feedback_form = (enum task_feedback_form)((size >> 3) & 1)};
	struct examination examination;
	const struct run_facts facts = {.examination = &examination};
	struct reveal reveal;
	char text[500];

	record_read(data, size, nonce, &examination);
	reveal_init(&reveal, &task, examination.n_tests, true);
	feedback_write(&(struct feedback_input){.task = &task,
						.verdict = &verdict,
						.examination = &examination,
						.reveal = &reveal,
						.facts = &facts},
		       text, sizeof(text));
	reveal_deinit(&reveal);
	examination_deinit(&examination);
	return 0;
}
