/*
 * `assay policies check`, in assayd: the same parsers that read the folder at the start, so a file
 * that passes here is one that the daemon takes.
 */
#include "config/policy_check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/config_file.h"
#include "config/policy_file.h"
#include "config/policy_load.h"
#include "config/profile_file.h"

/* Both formats are text; only JSON begins with a brace, after blanks. (YAML may, but ours does not
 * look like that.) */
static enum policy_check_kind kind_of(const struct config_file *file)
{
	for (size_t i = 0; i < file->len; i++)
		if (!isspace((unsigned char)file->bytes[i]))
			return file->bytes[i] == '{' ? POLICY_CHECK_PROFILE : POLICY_CHECK_POLICY;
	return POLICY_CHECK_POLICY;
}

static int check_profile(const struct config_file *file, struct policy *policy,
			 struct config_error *error)
{
	const struct profile_kernel kernel = policy_load_kernel();
	int err = profile_file_parse(file->name, file->bytes, file->len, &kernel, policy, error);

	if (err == 0 && policy->n_syscalls == 0)
		err = config_error_set(error, "%s: no system call is allowed", file->name);
	return err;
}

/* `policy` brings the system calls; everything else comes from base.yaml and the file. */
static int check_policy(const struct config_file *file, const char *folder, struct policy *policy,
			struct config_error *error)
{
	_cleanup_config_file_ struct config_file base = {0};
	struct policy *fresh = xcalloc(1, sizeof(*fresh));
	int err = policy_file_apply(file->name, file->bytes, file->len, fresh, error);

	if (err == 0 && fresh->language[0] != '\0') {
		memset(fresh, 0, sizeof(*fresh));
		memcpy(fresh->name, policy->name, sizeof(fresh->name));
		memcpy(fresh->syscalls, policy->syscalls, sizeof(fresh->syscalls));
		fresh->n_syscalls = policy->n_syscalls;
		fresh->default_error = policy->default_error;
		err = config_file_read(&base, folder, "base.yaml", error);
		if (err == 0)
			err = policy_file_apply(base.name, base.bytes, base.len, fresh, error);
		if (err == 0)
			err = policy_file_apply(file->name, file->bytes, file->len, fresh, error);
		if (err == 0)
			err = policy_file_check(file->name, fresh, error);
		if (err == 0)
			*policy = *fresh;
	}
	free(fresh);
	return err;
}

int policy_check_file(const char *file_name, const char *folder, struct policy_table *table,
		      enum policy_check_kind *kind, struct config_error *error)
{
	_cleanup_config_file_ struct config_file file = {0};
	int err = config_file_read(&file, NULL, file_name, error);

	*kind = POLICY_CHECK_POLICY;
	if (err < 0)
		return err;
	table->n_policies = 1;
	*kind = kind_of(&file);
	if (*kind == POLICY_CHECK_PROFILE)
		return check_profile(&file, &table->policies[0], error);
	return check_policy(&file, folder, &table->policies[0], error);
}
