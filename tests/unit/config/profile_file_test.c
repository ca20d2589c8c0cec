/* config/profile_file: OCI profiles to rules; what is not understood is refused. */
#include "config/profile_file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct policy policy;
static struct config_error error;
static struct profile_kernel kernel = {.major = 5, .minor = 10};

static int parse(const char *json)
{
	error.text[0] = '\0';
	memset(&policy, 0, sizeof(policy));
	return profile_file_parse("f.json", json, strlen(json), &kernel, &policy, &error);
}

/* A profile whose only group has these members. */
static int parse_group(const char *members)
{
	char json[1024];

	snprintf(json, sizeof(json),
		 "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{%s}]}", members);
	return parse(json);
}

static void test_rules(void **state)
{
	(void)state;
	assert_int_equal(
		parse("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38,"
		      "\"archMap\": [], \"comment\": \"c\", \"syscalls\": ["
		      "{\"names\": [\"read\", \"write\"], \"action\": \"SCMP_ACT_ALLOW\","
		      " \"comment\": \"why\"},"
		      "{\"name\": \"ptrace\", \"action\": \"SCMP_ACT_ERRNO\"},"
		      "{\"names\": [\"bpf\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 13},"
		      "{\"names\": [\"nice\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 0},"
		      "{\"names\": [\"reboot\"], \"action\": \"SCMP_ACT_KILL_PROCESS\"},"
		      "{\"names\": [\"mount\"], \"action\": \"SCMP_ACT_NOTIFY\"}],"
		      "\"listenerPath\": \"/run/agent\"}"),
		0);
	assert_int_equal(policy.default_error, 38);
	assert_int_equal(policy.n_syscalls, 7);
	assert_string_equal(policy.syscalls[1].name, "write");
	assert_int_equal(policy.syscalls[1].action, POLICY_SYSCALL_ALLOW);
	assert_int_equal(policy.syscalls[2].action, POLICY_SYSCALL_ERRNO);
	assert_int_equal(policy.syscalls[2].error, EPERM);
	assert_int_equal(policy.syscalls[3].error, 13);
	assert_int_equal(policy.syscalls[4].action, POLICY_SYSCALL_ERRNO);
	assert_int_equal(policy.syscalls[4].error, 0); /* "done", and not done */
	assert_int_equal(policy.syscalls[5].action, POLICY_SYSCALL_KILL);
	assert_int_equal(policy.syscalls[6].action, POLICY_SYSCALL_NOTIFY);
}

static void test_conditions_are_all_required(void **state)
{
	(void)state;
	assert_int_equal(
		parse_group("\"names\": [\"prctl\"], \"action\": \"SCMP_ACT_ALLOW\","
			    "\"args\": [{\"index\": 0, \"value\": 4, \"op\": \"SCMP_CMP_EQ\"},"
			    "{\"index\": 1, \"value\": 3, \"valueTwo\": 2,"
			    " \"op\": \"SCMP_CMP_MASKED_EQ\"}]"),
		0);
	assert_int_equal(policy.n_syscalls, 1);
	assert_int_equal(policy.syscalls[0].n_arguments, 2);
	assert_int_equal(policy.syscalls[0].arguments[0].compare, POLICY_COMPARE_EQ);
	assert_int_equal(policy.syscalls[0].arguments[0].value, 4);
	assert_int_equal(policy.syscalls[0].arguments[1].index, 1);
	assert_int_equal(policy.syscalls[0].arguments[1].compare, POLICY_COMPARE_MASKED_EQ);
	assert_int_equal(policy.syscalls[0].arguments[1].value, 3);
	assert_int_equal(policy.syscalls[0].arguments[1].value_two, 2);
}

static void test_conditions_on_one_argument_are_alternatives(void **state)
{
	(void)state;
	assert_int_equal(
		parse_group("\"names\": [\"ioctl\"], \"action\": \"SCMP_ACT_ALLOW\","
			    "\"args\": [{\"index\": 1, \"value\": 7, \"op\": \"SCMP_CMP_EQ\"},"
			    "{\"index\": 1, \"value\": 9, \"op\": \"SCMP_CMP_EQ\"}]"),
		0);
	assert_int_equal(policy.n_syscalls, 2);
	assert_int_equal(policy.syscalls[0].n_arguments, 1);
	assert_int_equal(policy.syscalls[0].arguments[0].value, 7);
	assert_int_equal(policy.syscalls[1].arguments[0].value, 9);
}

static void test_groups_that_do_not_apply(void **state)
{
	static const struct {
		const char *members;
		unsigned int rules;
	} groups[] = {
		{"\"includes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}", 0},
		{"\"excludes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}", 1},
		{"\"includes\": {\"minKernel\": \"5.10\"}", 1},
		{"\"includes\": {\"minKernel\": \"5.11\"}", 0},
		{"\"includes\": {\"minKernel\": \"6.0\"}", 0},
		{"\"includes\": {\"minKernel\": \"4.18\"}", 1},
		{"\"excludes\": {\"minKernel\": \"4.8\"}", 0},
		{"\"includes\": {\"arches\": [\"s390\", \"amd64\"]}", 1},
		{"\"includes\": {\"arches\": [\"s390\"]}", 0},
		{"\"excludes\": {\"arches\": [\"amd64\"]}", 0},
		{"\"includes\": {}, \"excludes\": {}", 1},
	};
	char members[256];

	(void)state;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		snprintf(members, sizeof(members),
			 "\"names\": [\"x\"], \"action\": \"SCMP_ACT_ALLOW\", %s",
			 groups[i].members);
		assert_int_equal(parse_group(members), 0);
		assert_int_equal(policy.n_syscalls, groups[i].rules);
	}
}

static void test_what_the_default_answers_is_left_out(void **state)
{
	(void)state;
	assert_int_equal(parse_group("\"names\": [\"x\"], \"action\": \"SCMP_ACT_ERRNO\""), 0);
	assert_int_equal(policy.n_syscalls, 0);
	assert_int_equal(policy.default_error, EPERM);
}

static const struct {
	const char *members;
	const char *text;
} refused_groups[] = {
	{"\"names\": [\"x\"], \"action\": \"SCMP_ACT_ALLOW\", \"when\": 1",
	 "f.json:1: unknown member 'when' in syscalls[0]; allowed here: comment, names, name, "
	 "action, "
	 "errnoRet, args, includes, excludes"},
	{"\"names\": [\"x\"], \"action\": \"SCMP_ACT_TRACE\"",
	 "f.json:1: syscalls[0].action is not one of SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, "
	 "SCMP_ACT_KILL, "
	 "SCMP_ACT_KILL_PROCESS, SCMP_ACT_NOTIFY"},
	{"\"action\": \"SCMP_ACT_ALLOW\"", "f.json:1: syscalls[0].names must be a list of names"},
	{"\"names\": \"x\", \"action\": \"SCMP_ACT_ALLOW\"",
	 "f.json:1: syscalls[0].names must be a list of names"},
	{"\"names\": [7], \"action\": \"SCMP_ACT_ALLOW\"",
	 "f.json:1: syscalls[0].names has an entry that is no name"},
	{"\"names\": [\"x234567890123456789012345678901x\"], \"action\": \"SCMP_ACT_ALLOW\"",
	 "f.json:1: syscalls[0].names has an entry that is no name"},
	{"\"names\": [\"x\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 4096",
	 "f.json:1: syscalls[0].errnoRet is not a number from 0 to 4095"},
	{"\"names\": [\"x\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": 3",
	 "f.json:1: syscalls[0].args must be a list"},
	{"\"names\": [\"x\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 6, \"value\": "
	 "0, "
	 "\"op\": \"SCMP_CMP_EQ\"}]",
	 "f.json:1: syscalls[0].args has an 'index' that is not 0 to 5"},
	{"\"names\": [\"x\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": "
	 "-1, "
	 "\"op\": \"SCMP_CMP_EQ\"}]",
	 "f.json:1: syscalls[0].args has a 'value' that is not a number"},
	{"\"names\": [\"x\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"value\": "
	 "1, "
	 "\"op\": \"EQ\"}]",
	 "f.json:1: syscalls[0].args has an 'op' that is not one of SCMP_CMP_NE, LT, LE, EQ, GE, "
	 "GT, "
	 "MASKED_EQ"},
	{"\"names\": [\"x\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, \"mask\": "
	 "1}]",
	 "f.json:1: unknown member 'mask' in syscalls[0].args; allowed here: index, value, "
	 "valueTwo, "
	 "op"},
	{"\"names\": [\"x\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"minKernel\": "
	 "\"new\"}",
	 "f.json:1: syscalls[0].includes has a minKernel that is not like \"4.8\""},
	{"\"names\": [\"x\"], \"action\": \"SCMP_ACT_ALLOW\", \"excludes\": {\"moon\": 1}",
	 "f.json:1: unknown member 'moon' in syscalls[0].excludes; allowed here: arches, caps, "
	 "minKernel"},
};

static const struct {
	const char *json;
	const char *text;
} refused[] = {
	{"[]", "f.json: must be an object"},
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": []}",
	 "f.json: defaultAction must be SCMP_ACT_ERRNO"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\"}", "f.json: 'syscalls' must be a list"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [4]}",
	 "f.json:1: syscalls[0] must be an object"},
	{"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [], \"flags\": []}",
	 "f.json:1: unknown member 'flags' in the profile; allowed here: comment, "
	 "defaultAction, "
	 "defaultErrnoRet, architectures, archMap, syscalls, listenerPath, listenerMetadata"},
	{"{\n\"a\": 1,\n\"a\": 2}", "f.json:3: duplicate object key near '\"a\"'"},
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused_groups) / sizeof(refused_groups[0]); i++) {
		if (parse_group(refused_groups[i].members) != -EINVAL)
			fail_msg("accepted: %s", refused_groups[i].members);
		assert_string_equal(error.text, refused_groups[i].text);
		assert_int_equal(policy.n_syscalls, 0);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(parse(refused[i].json), -EINVAL);
		assert_string_equal(error.text, refused[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_conditions_are_all_required),
		cmocka_unit_test(test_conditions_on_one_argument_are_alternatives),
		cmocka_unit_test(test_groups_that_do_not_apply),
		cmocka_unit_test(test_what_the_default_answers_is_left_out),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
