/* Any bytes as a system call profile: refused with a text, or rules that are within bounds. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "config/profile_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct profile_kernel kernel = {.major = 6, .minor = 1};
	struct policy *policy = calloc(1, sizeof(*policy));
	struct config_error error = {""};

	if (profile_file_parse("f", bytes, len, &kernel, policy, &error) < 0)
		assert(error.text[0] == 'f' && policy->n_syscalls == 0);
	for (uint32_t i = 0; i < policy->n_syscalls; i++)
		assert(policy->syscalls[i].n_arguments <= 3 && policy->syscalls[i].name[0] != '\0');
	free(policy);
	return 0;
}
