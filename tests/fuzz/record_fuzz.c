/* Records out of a cell: any bytes. */
#include <stddef.h>
#include <stdint.h>

#include "broker/record_reader.h"
#include "core/feedback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nonce[JOB_NONCE_BYTES];
	struct examination examination;
	struct verdict verdict = {.code = VERDICT_FAILED, .detail = ""};
	char text[500];

	record_read(data, size, nonce, &examination);
	feedback_write(&(struct feedback_input){.verdict = &verdict, .examination = &examination},
		       text, sizeof(text));
	examination_deinit(&examination);
	return 0;
}
