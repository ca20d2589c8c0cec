/*
 * Log lines, read back from a pipe in the place of stderr: one line whatever the text holds.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static char seen[8192];

/* What one call writes to stderr, in seen[]. */
#define CAPTURE(call)                                        \
	do {                                                 \
		int saved_ = dup(STDERR_FILENO);             \
		int pipe_[2];                                \
		ssize_t n_;                                  \
		assert_int_equal(pipe(pipe_), 0);            \
		dup2(pipe_[1], STDERR_FILENO);               \
		close(pipe_[1]);                             \
		call;                                        \
		dup2(saved_, STDERR_FILENO);                 \
		close(saved_);                               \
		n_ = read(pipe_[0], seen, sizeof(seen) - 1); \
		seen[n_ > 0 ? n_ : 0] = '\0';                \
		close(pipe_[0]);                             \
	} while (0)

static int plain(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_open("tester", LOG_LEVEL_INFO);
	return 0;
}

static void a_line_names_program_and_level(void **state)
{
	(void)state;
	CAPTURE(log_error("%d of %s", 3, "four"));
	assert_string_equal(seen, "tester: error: 3 of four\n");
	CAPTURE(log_warning("w"));
	assert_string_equal(seen, "tester: warning: w\n");
	CAPTURE(log_info("i"));
	assert_string_equal(seen, "tester: info: i\n");
}

static void what_is_above_the_level_is_not_written(void **state)
{
	(void)state;
	CAPTURE(log_debug("hidden"));
	assert_string_equal(seen, "");
	log_open("tester", LOG_LEVEL_ERROR);
	CAPTURE(log_warning("hidden"));
	assert_string_equal(seen, "");
	log_open("tester", LOG_LEVEL_DEBUG);
	CAPTURE(log_debug("shown"));
	assert_string_equal(seen, "tester: debug: shown\n");
}

static void bytes_of_strangers_cannot_forge_a_line(void **state)
{
	(void)state;
	CAPTURE(log_info("%s", "a\nassayd: error: forged\r\x1b[2J\x7f\xff"));
	assert_string_equal(seen, "tester: info: a\\x0aassayd: error: forged"
				  "\\x0d\\x1b[2J\\x7f\\xff\n");
}

static void a_long_text_is_one_bounded_line(void **state)
{
	char text[5000];

	(void)state;
	memset(text, '\n', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	CAPTURE(log_info("%s", text));
	assert_in_range(strlen(seen), 1000, 2048);
	assert_ptr_equal(strchr(seen, '\n'), seen + strlen(seen) - 1);
}

static void the_journal_gets_a_priority(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_open("tester", LOG_LEVEL_INFO);
	CAPTURE(log_error("e"));
	assert_string_equal(seen, "<3>tester: error: e\n");
}

static void errno_is_kept_even_if_stderr_is_gone(void **state)
{
	int saved = dup(STDERR_FILENO);
	int after;

	(void)state;
	close(STDERR_FILENO);
	errno = ENOTTY;
	log_error("nobody reads this");
	after = errno;
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_int_equal(after, ENOTTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_names_program_and_level, plain),
		cmocka_unit_test_setup(what_is_above_the_level_is_not_written, plain),
		cmocka_unit_test_setup(bytes_of_strangers_cannot_forge_a_line, plain),
		cmocka_unit_test_setup(a_long_text_is_one_bounded_line, plain),
		cmocka_unit_test_setup(the_journal_gets_a_priority, plain),
		cmocka_unit_test_setup(errno_is_kept_even_if_stderr_is_gone, plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
