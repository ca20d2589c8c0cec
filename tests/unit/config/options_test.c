/* config/options: defaults, ranges, and the texts for values out of them. */
#include "config/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

static struct options options;
static struct config_error error;
static struct options_machine machine;

static int set_up(void **state)
{
	(void)state;
	machine = (struct options_machine){
		.n_processors = 6,
		.runtime_folder = "/run/user/7",
		.policies_path = "/p",
	};
	return 0;
}

/* Parses these arguments, the last one NULL. */
static int parse(const char *first, ...)
{
	char *argv[32] = {(char *)"assayd"};
	int argc = 1;
	va_list args;

	va_start(args, first);
	for (const char *next = first; next != NULL; next = va_arg(args, const char *))
		argv[argc++] = (char *)next;
	va_end(args);
	return options_parse(argc, argv, &machine, &options, &error);
}

static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse(NULL), 0);
	assert_string_equal(options.socket_path, "/run/user/7/assay/assay.sock");
	assert_int_equal(options.socket_mode, 0660);
	assert_string_equal(options.socket_group, "");
	assert_int_equal(options.n_slots, 6);
	assert_string_equal(options.policies_path, "/p");
	assert_int_equal(options.policy_names.n_names, 0);
	assert_int_equal(options.log_level, LOG_LEVEL_INFO);
	assert_int_equal(options.queue_max, 65536);
	assert_int_equal(options.clients_max, 4096);
	assert_int_equal(options.user_queue_max, 65536);
	assert_int_equal(options.user_clients_max, 4096);
	assert_int_equal(options.greeting_patience_ms, 10000);
	assert_int_equal(options.keeper_patience_ms, 30000);
	assert_int_equal(options.candidates_max, 4096);
	assert_int_equal(options.frame_max_bytes, 16 << 20);
	assert_int_equal(options.uid_base, 1900000000);
	assert_int_equal(options.lifeline_fd, -1);
	assert_int_equal(options.ready_fd, -1);
	assert_false(options.is_print_config);
}

static void test_weaker_layers(void **state)
{
	(void)state;
	assert_int_equal(parse(NULL), 0);
	assert_int_equal(options.weaker_layers, 0);
	assert_int_equal(
		parse("--allow-weaker", "cgroup-pids", "--allow-weaker=cgroup-memory", NULL), 0);
	assert_int_equal(options.weaker_layers,
			 1u << LAYER_CGROUP_PIDS | 1u << LAYER_CGROUP_MEMORY);
	assert_int_equal(parse("--allow-weaker", "any", NULL), 0);
	assert_int_equal(options.weaker_layers, POLICY_LAYERS_ALL);
	assert_int_equal(parse("--allow-weaker", "cgroups", NULL), -EINVAL);
	assert_non_null(strstr(error.text, "--allow-weaker: 'cgroups' is not a layer of isolation; "
					   "there are: any, user-namespace, "));
	assert_non_null(strstr(error.text, ", cgroup-memory, "));
}

static void test_defaults_of_the_machine(void **state)
{
	(void)state;
	machine.is_root = true;
	machine.n_processors = 1000;
	assert_int_equal(parse(NULL), 0);
	assert_string_equal(options.socket_path, "/run/assay/assay.sock");
	assert_int_equal(options.n_slots, POLICY_EVALUATIONS_MAX);
	machine.is_root = false;
	machine.runtime_folder = NULL;
	assert_int_equal(parse(NULL), -EINVAL);
	assert_string_equal(error.text, "--socket is needed: XDG_RUNTIME_DIR is not set");
	assert_int_equal(parse("--socket", "/s", NULL), 0);
	assert_string_equal(options.socket_path, "/s");
}

static void test_values(void **state)
{
	(void)state;
	assert_int_equal(parse("--slots=3", "--socket-mode", "600", "--log-level", "debug",
			       "--policy", "python", "--policy", "c", "--lifeline-fd", "3",
			       "--print-config", "--frame-max-bytes", "1073741824", NULL),
			 0);
	assert_int_equal(options.n_slots, 3);
	assert_int_equal(options.socket_mode, 0600);
	assert_int_equal(options.log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(options.policy_names.n_names, 2);
	assert_string_equal(options.policy_names.names[1], "c");
	assert_int_equal(options.lifeline_fd, 3);
	assert_true(options.is_print_config);
	assert_int_equal(options.frame_max_bytes, 1 << 30);
}

static const struct {
	const char *name;
	const char *value;
	const char *text;
} refused[] = {
	{"--slots", "0", "--slots: '0' is not a number from 1 to 128"},
	{"--slots", "257", "--slots: '257' is not a number from 1 to 128"},
	{"--slots", "-1", "--slots: '-1' is not a number from 1 to 128"},
	{"--slots", " 1", "--slots: ' 1' is not a number from 1 to 128"},
	{"--slots", "2x", "--slots: '2x' is not a number from 1 to 128"},
	{"--slots", "", "--slots: '' is not a number from 1 to 128"},
	{"--slots", "100000000000000000000",
	 "--slots: '100000000000000000000' is not a number from 1 to 128"},
	{"--socket-mode", "0888", "--socket-mode: '0888' is not an octal number from 0 to 777"},
	{"--socket-mode", "1000", "--socket-mode: '1000' is not an octal number from 0 to 777"},
	{"--socket", "", "--socket: '' is not a text of 1 to 107 bytes"},
	{"--log-level", "loud", "--log-level: 'loud' is not error, warning, info or debug"},
	{"--policy", "../x", "--policy: '../x' is not the name of a folder of policies"},
	{"--lifeline-fd", "2", "--lifeline-fd: '2' is not a number from 3 to 1048575"},
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(parse(refused[i].name, refused[i].value, NULL), -EINVAL);
		assert_string_equal(error.text, refused[i].text);
	}
	assert_int_equal(parse("--policy", "a", "--policy", "a", NULL), -EINVAL);
	assert_string_equal(error.text, "--policy: 'a' is not given once");
	assert_int_equal(parse("extra", NULL), -EINVAL);
	assert_string_equal(error.text, "'extra': assayd takes options only");
}

static void test_print(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);

	(void)state;
	assert_int_equal(parse("--policy", "a", "--policy", "b", NULL), 0);
	options_print(&options, file);
	fclose(file);
	assert_non_null(strstr(text, "socket = /run/user/7/assay/assay.sock\n"));
	assert_non_null(strstr(text, "socket-mode = 0660\n"));
	assert_non_null(strstr(text, "policy = a b\n"));
	assert_non_null(strstr(text, "log-level = info\n"));
	assert_non_null(strstr(text, "ready-fd = -1\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup(test_defaults, set_up),
		cmocka_unit_test_setup(test_weaker_layers, set_up),
		cmocka_unit_test_setup(test_defaults_of_the_machine, set_up),
		cmocka_unit_test_setup(test_values, set_up),
		cmocka_unit_test_setup(test_texts, set_up),
		cmocka_unit_test_setup(test_print, set_up),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
