/*
 * OCI/Docker seccomp profile to plain rules, with jansson. Run by assayd before it starts anything.
 *
 * The format is other people's, so that administrators can bring their profiles; but what we do not
 * understand is refused, never skipped: a condition that is ignored is a filter with a hole. As
 * runc does, conditions of a group are all required, unless two of them are on the same argument:
 * then they are alternatives, each a rule of its own (libseccomp allows one condition an argument).
 *
 * SCMP_ACT_NOTIFY refuses with EPERM and is named in the result; to whom a container runtime would
 * tell it (listenerPath) does not count here.
 *
 * The default action must be SCMP_ACT_ERRNO: a default that kills fails honest programs at random,
 * and one that allows is no filter. A kernel's version and the capabilities, of which a cell has
 * none, are settled here, so that the result has no conditions left but those on arguments.
 */
#include "config/profile_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/memory.h"
#include "config/profile_line.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ERRNO_MAX 4095
#define ARGUMENTS_MAX 64 /* conditions of one group, as alternatives */
#define CONDITIONS_MAX 3 /* of one rule, all required: as struct policy_syscall has */

/* The profile being read. */
struct reader {
	const char *name;
	const char *bytes;
	size_t len;
	const struct profile_kernel *kernel;
	struct policy *policy;
	struct config_error *error;
	size_t group; /* being read, from 0 */
};

static const char *const top_members[] = {"comment",          "defaultAction",
					  "defaultErrnoRet",  "architectures",
					  "archMap",          "syscalls",
					  "listenerPath", /* of runc: ours is pid 1 of the cell */
					  "listenerMetadata", NULL};
static const char *const group_members[] = {"comment", "names",    "name",     "action", "errnoRet",
					    "args",    "includes", "excludes", NULL};
static const char *const argument_members[] = {"index", "value", "valueTwo", "op", NULL};
static const char *const condition_members[] = {"arches", "caps", "minKernel", NULL};

static const struct {
	const char *name;
	enum policy_compare compare;
} compare_table[] = {
	{"SCMP_CMP_NE", POLICY_COMPARE_NE},
	{"SCMP_CMP_LT", POLICY_COMPARE_LT},
	{"SCMP_CMP_LE", POLICY_COMPARE_LE},
	{"SCMP_CMP_EQ", POLICY_COMPARE_EQ},
	{"SCMP_CMP_GE", POLICY_COMPARE_GE},
	{"SCMP_CMP_GT", POLICY_COMPARE_GT},
	{"SCMP_CMP_MASKED_EQ", POLICY_COMPARE_MASKED_EQ},
};

static const struct {
	const char *name;
	enum policy_syscall_action action;
} action_table[] = {
	{"SCMP_ACT_ALLOW", POLICY_SYSCALL_ALLOW},   {"SCMP_ACT_ERRNO", POLICY_SYSCALL_ERRNO},
	{"SCMP_ACT_KILL", POLICY_SYSCALL_KILL},     {"SCMP_ACT_KILL_PROCESS", POLICY_SYSCALL_KILL},
	{"SCMP_ACT_NOTIFY", POLICY_SYSCALL_NOTIFY},
};

static unsigned int line_of_group(const struct reader *reader)
{
	return profile_line_of_group(reader->bytes, reader->len, reader->group);
}

static int error_group(const struct reader *reader, const char *member, const char *what)
{
	return config_error_set(reader->error, "%s:%u: syscalls[%zu].%s %s", reader->name,
				line_of_group(reader), reader->group, member, what);
}

/* The first member of `object` that is not in `allowed`, or NULL. */
static const char *find_unknown(const json_t *object, const char *const *allowed)
{
	for (void *at = json_object_iter((json_t *)object); at != NULL;
	     at = json_object_iter_next((json_t *)object, at)) {
		const char *const *name = allowed;

		while (*name != NULL && strcmp(*name, json_object_iter_key(at)) != 0)
			name++;
		if (*name == NULL)
			return json_object_iter_key(at);
	}
	return NULL;
}

/* `line` 0: that of the unknown member itself, which is one of the profile. */
static int check_members(const struct reader *reader, unsigned int line, const char *where,
			 const json_t *object, const char *const *allowed)
{
	const char *unknown = find_unknown(object, allowed);
	char list[256] = "";

	if (unknown == NULL)
		return 0;
	for (size_t len = 0; *allowed != NULL && len < sizeof(list); allowed++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", len > 0 ? ", " : "",
					*allowed);
	if (line == 0)
		line = profile_line_of_member(reader->bytes, reader->len, unknown);
	return config_error_set(reader->error,
				"%s:%u: unknown member '%.64s' in %s; allowed here: %s",
				reader->name, line, unknown, where, list);
}

/* Members of the group being read, or of something in it. */
static int check_group_members(const struct reader *reader, const char *member,
			       const json_t *object, const char *const *allowed)
{
	char where[64];

	snprintf(where, sizeof(where), "syscalls[%zu]%s", reader->group, member);
	return check_members(reader, line_of_group(reader), where, object, allowed);
}

static bool is_errno(const json_t *value)
{
	return json_is_integer(value) && json_integer_value(value) >= 1 &&
	       json_integer_value(value) <= ERRNO_MAX;
}

int profile_kernel_parse(const char *text, struct profile_kernel *kernel, const char **rest)
{
	char *dot, *end;
	unsigned long major, minor;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	major = strtoul(text, &dot, 10);
	if (*dot != '.' || !isdigit((unsigned char)dot[1]))
		return -EINVAL;
	minor = strtoul(dot + 1, &end, 10);
	if (major > 9999 || minor > 9999)
		return -EINVAL;
	*kernel =
		(struct profile_kernel){.major = (unsigned int)major, .minor = (unsigned int)minor};
	*rest = end;
	return 0;
}

/* Whether a "4.8" is not above the kernel's version; < 0: not such a text. */
static int kernel_reaches(const struct reader *reader, const char *version)
{
	struct profile_kernel wanted;
	const char *rest;

	if (profile_kernel_parse(version, &wanted, &rest) < 0 || *rest != '\0')
		return -EINVAL;
	return wanted.major < reader->kernel->major ||
	       (wanted.major == reader->kernel->major && wanted.minor <= reader->kernel->minor);
}

static bool names_our_arch(const json_t *arches)
{
	size_t i;
	const json_t *arch;

	json_array_foreach(arches, i, arch)
	{
		const char *name = json_is_string(arch) ? json_string_value(arch) : "";

		if (strcmp(name, "amd64") == 0 || strcmp(name, "SCMP_ARCH_X86_64") == 0)
			return true;
	}
	return false;
}

/* Checks the form of "includes" or "excludes". */
static int check_condition(const struct reader *reader, const char *member, const json_t *condition)
{
	const json_t *version = json_object_get(condition, "minKernel");
	char path[32];

	if (!json_is_object(condition))
		return error_group(reader, member, "must be an object");
	for (int i = 0; i < 2; i++) {
		const json_t *list = json_object_get(condition, i == 0 ? "arches" : "caps");

		if (list != NULL && !json_is_array(list))
			return error_group(reader, member, "has a list that is no list");
	}
	if (version != NULL &&
	    (!json_is_string(version) || kernel_reaches(reader, json_string_value(version)) < 0))
		return error_group(reader, member, "has a minKernel that is not like \"4.8\"");
	snprintf(path, sizeof(path), ".%s", member);
	return check_group_members(reader, path, condition, condition_members);
}

/* Whether the group counts on this machine, for a process without capabilities. */
static int group_applies(const struct reader *reader, const json_t *group, bool *applies)
{
	const json_t *includes = json_object_get(group, "includes");
	const json_t *excludes = json_object_get(group, "excludes");
	const json_t *member;
	bool result = true;
	int err = 0;

	if (includes != NULL)
		err = check_condition(reader, "includes", includes);
	if (err == 0 && excludes != NULL)
		err = check_condition(reader, "excludes", excludes);
	if (err < 0)
		return err;
	if (json_array_size(json_object_get(includes, "caps")) > 0)
		result = false;
	member = json_object_get(includes, "arches");
	if (json_array_size(member) > 0 && !names_our_arch(member))
		result = false;
	if (names_our_arch(json_object_get(excludes, "arches")))
		result = false;
	member = json_object_get(includes, "minKernel");
	if (member != NULL && kernel_reaches(reader, json_string_value(member)) == 0)
		result = false;
	member = json_object_get(excludes, "minKernel");
	if (member != NULL && kernel_reaches(reader, json_string_value(member)) > 0)
		result = false;
	*applies = result;
	return 0;
}

struct condition {
	uint32_t index;
	uint32_t compare;
	uint64_t value;
	uint64_t value_two;
};

static int read_compare(const struct reader *reader, const json_t *value, uint32_t *compare)
{
	for (size_t i = 0; json_is_string(value) && i < COUNT(compare_table); i++) {
		if (strcmp(compare_table[i].name, json_string_value(value)) != 0)
			continue;
		*compare = compare_table[i].compare;
		return 0;
	}
	return error_group(reader, "args",
			   "has an 'op' that is not one of SCMP_CMP_NE, LT, LE, EQ, GE, GT, "
			   "MASKED_EQ");
}

static int read_condition(const struct reader *reader, const json_t *argument,
			  struct condition *condition)
{
	const json_t *index = json_object_get(argument, "index");
	const json_t *value = json_object_get(argument, "value");
	const json_t *value_two = json_object_get(argument, "valueTwo");
	int err;

	if (!json_is_object(argument))
		return error_group(reader, "args", "has an entry that is not an object");
	err = check_group_members(reader, ".args", argument, argument_members);
	if (err < 0)
		return err;
	if (!json_is_integer(index) || json_integer_value(index) < 0 ||
	    json_integer_value(index) > 5)
		return error_group(reader, "args", "has an 'index' that is not 0 to 5");
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return error_group(reader, "args", "has a 'value' that is not a number");
	if (value_two != NULL && (!json_is_integer(value_two) || json_integer_value(value_two) < 0))
		return error_group(reader, "args", "has a 'valueTwo' that is not a number");
	condition->index = (uint32_t)json_integer_value(index);
	condition->value = (uint64_t)json_integer_value(value);
	condition->value_two = (uint64_t)json_integer_value(value_two);
	return read_compare(reader, json_object_get(argument, "op"), &condition->compare);
}

static int read_conditions(const struct reader *reader, const json_t *group,
			   struct condition conditions[ARGUMENTS_MAX], size_t *n_conditions)
{
	const json_t *arguments = json_object_get(group, "args");
	size_t n = json_array_size(arguments);

	if (arguments != NULL && !json_is_array(arguments) && !json_is_null(arguments))
		return error_group(reader, "args", "must be a list");
	if (n > ARGUMENTS_MAX)
		return error_group(reader, "args", "has too many conditions");
	for (size_t i = 0; i < n; i++) {
		int err = read_condition(reader, json_array_get(arguments, i), &conditions[i]);

		if (err < 0)
			return err;
	}
	*n_conditions = n;
	return 0;
}

static bool share_argument(const struct condition *conditions, size_t n)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < n; i++) {
		if ((seen & 1u << conditions[i].index) != 0)
			return true;
		seen |= 1u << conditions[i].index;
	}
	return false;
}

/* One rule like `model` with these conditions, all required. */
static int add_rule(const struct reader *reader, const struct policy_syscall *model,
		    const struct condition *conditions, size_t n)
{
	struct policy *policy = reader->policy;
	struct policy_syscall *rule;

	/* What the default answers anyway: libseccomp refuses such rules. */
	if (model->action == POLICY_SYSCALL_ERRNO && model->error == policy->default_error)
		return 0;
	if (policy->n_syscalls == POLICY_SYSCALLS_MAX)
		return error_group(reader, "names", "makes more rules than are possible");
	if (n > CONDITIONS_MAX)
		return error_group(reader, "args", "has more than 3 conditions at once");
	rule = &policy->syscalls[policy->n_syscalls++];
	*rule = *model;
	rule->n_arguments = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		rule->arguments[i].index = conditions[i].index;
		rule->arguments[i].compare = conditions[i].compare;
		rule->arguments[i].value = conditions[i].value;
		rule->arguments[i].value_two = conditions[i].value_two;
	}
	return 0;
}

static int add_rules(const struct reader *reader, const struct policy_syscall *model,
		     const struct condition *conditions, size_t n)
{
	int err = 0;

	if (!share_argument(conditions, n))
		return add_rule(reader, model, conditions, n);
	for (size_t i = 0; i < n && err == 0; i++)
		err = add_rule(reader, model, &conditions[i], 1);
	return err;
}

static int read_action(const struct reader *reader, const json_t *group,
		       struct policy_syscall *model)
{
	const json_t *action = json_object_get(group, "action");
	const json_t *error = json_object_get(group, "errnoRet");
	size_t i = 0;

	while (i < COUNT(action_table) &&
	       (!json_is_string(action) ||
		strcmp(action_table[i].name, json_string_value(action)) != 0))
		i++;
	if (i == COUNT(action_table))
		return error_group(reader, "action",
				   "is not one of SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_KILL, "
				   "SCMP_ACT_KILL_PROCESS, SCMP_ACT_NOTIFY");
	model->action = (uint16_t)action_table[i].action;
	model->error = 0;
	/* 0 answers "done" without doing it. */
	if (error != NULL && !is_errno(error) &&
	    !(json_is_integer(error) && json_integer_value(error) == 0))
		return error_group(reader, "errnoRet", "is not a number from 0 to 4095");
	if (model->action == POLICY_SYSCALL_ERRNO)
		model->error = error != NULL ? (uint16_t)json_integer_value(error) : EPERM;
	return 0;
}

static int add_name(const struct reader *reader, const json_t *name, struct policy_syscall *model,
		    const struct condition *conditions, size_t n_conditions)
{
	size_t len = json_string_length(name);

	if (!json_is_string(name) || len == 0 || len >= sizeof(model->name))
		return error_group(reader, "names", "has an entry that is no name");
	memset(model->name, 0, sizeof(model->name));
	memcpy(model->name, json_string_value(name), len);
	return add_rules(reader, model, conditions, n_conditions);
}

static int read_group(const struct reader *reader, const json_t *group)
{
	const json_t *names = json_object_get(group, "names");
	const json_t *single = json_object_get(group, "name");
	struct condition conditions[ARGUMENTS_MAX];
	struct policy_syscall model = {0};
	size_t n_conditions = 0;
	bool applies = false;
	int err;

	if (!json_is_object(group))
		return config_error_set(reader->error, "%s:%u: syscalls[%zu] must be an object",
					reader->name, line_of_group(reader), reader->group);
	err = check_group_members(reader, "", group, group_members);
	if (err == 0)
		err = group_applies(reader, group, &applies);
	if (err == 0)
		err = read_action(reader, group, &model);
	if (err == 0)
		err = read_conditions(reader, group, conditions, &n_conditions);
	if (err < 0)
		return err;
	if ((names != NULL) == (single != NULL) || (names != NULL && !json_is_array(names)))
		return error_group(reader, "names", "must be a list of names");
	if (!applies)
		return 0;
	if (single != NULL)
		return add_name(reader, single, &model, conditions, n_conditions);
	for (size_t i = 0; i < json_array_size(names) && err == 0; i++)
		err = add_name(reader, json_array_get(names, i), &model, conditions, n_conditions);
	return err;
}

static int read_profile(struct reader *reader, const json_t *profile)
{
	const json_t *action = json_object_get(profile, "defaultAction");
	const json_t *error = json_object_get(profile, "defaultErrnoRet");
	const json_t *groups = json_object_get(profile, "syscalls");
	int err;

	if (!json_is_object(profile))
		return config_error_set(reader->error, "%s: must be an object", reader->name);
	err = check_members(reader, 0, "the profile", profile, top_members);
	if (err < 0)
		return err;
	if (!json_is_string(action) || strcmp(json_string_value(action), "SCMP_ACT_ERRNO") != 0)
		return config_error_set(reader->error, "%s: defaultAction must be SCMP_ACT_ERRNO",
					reader->name);
	if (error != NULL && !is_errno(error))
		return config_error_set(reader->error,
					"%s: defaultErrnoRet is not a number from 1 to 4095",
					reader->name);
	if (!json_is_array(groups))
		return config_error_set(reader->error, "%s: 'syscalls' must be a list",
					reader->name);
	reader->policy->default_error = error != NULL ? (uint16_t)json_integer_value(error) : EPERM;
	reader->policy->n_syscalls = 0;
	for (reader->group = 0; reader->group < json_array_size(groups) && err == 0;
	     reader->group++)
		err = read_group(reader, json_array_get(groups, reader->group));
	return err;
}

int profile_file_parse(const char *name, const void *bytes, size_t len,
		       const struct profile_kernel *kernel, struct policy *policy,
		       struct config_error *error)
{
	struct reader reader = {
		.name = name, .bytes = bytes, .len = len, .kernel = kernel, .error = error};
	json_error_t mistake;
	json_t *profile;
	int err;

	profile = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &mistake);
	if (profile == NULL)
		return config_error_set(error, "%s:%d: %s", name, mistake.line, mistake.text);
	reader.policy = xmemdup(policy, sizeof(*policy));
	err = read_profile(&reader, profile);
	if (err == 0)
		*policy = *reader.policy;
	free(reader.policy);
	json_decref(profile);
	return err;
}
