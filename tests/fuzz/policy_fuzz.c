/* Any bytes as a policy file: refused with a text, or laid over a policy that stays within bounds.
 */
#include <assert.h>
#include <stdlib.h>

#include "config/policy_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct policy *policy = calloc(1, sizeof(*policy));
	struct config_error error = {""};

	if (policy_file_apply("f", bytes, len, policy, &error) < 0)
		assert(error.text[0] == 'f');
	assert(policy->n_mounts <= POLICY_MOUNTS_MAX && policy->n_argv <= POLICY_ARGV_MAX);
	policy_file_check("f", policy, &error);
	free(policy);
	return 0;
}
