/*
 * The progress line on a pseudo-terminal of a known width: it fits, it says the right numbers, and
 * nothing of it is left behind.
 */
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/suite/progress.h"

#define CLEAR "\r\033[K"

static int terminal = -1, stderr_before = -1;
static char drawn[4096];

/* Standard error is a terminal of that width until look(). */
static void begin(unsigned short width)
{
	struct winsize size = {.ws_row = 24, .ws_col = width};
	int stderr_now;

	assert_int_equal(openpty(&terminal, &stderr_now, NULL, NULL, &size), 0);
	stderr_before = dup(STDERR_FILENO);
	assert_int_equal(dup2(stderr_now, STDERR_FILENO), STDERR_FILENO);
	close(stderr_now);
}

/* What was written since begin(), in `drawn`; standard error is what it was. The terminal passes
 * bytes on in its own time, so an end mark is waited for. */
static void look(void)
{
	size_t len = 0;

	assert_int_equal(write(STDERR_FILENO, "\1", 1), 1);
	do {
		ssize_t n = read(terminal, drawn + len, sizeof(drawn) - 1 - len);

		assert_true(n > 0);
		len += (size_t)n;
	} while (drawn[len - 1] != '\1');
	drawn[len - 1] = '\0';
	dup2(stderr_before, STDERR_FILENO);
	close(stderr_before);
	stderr_before = -1;
	close(terminal);
	terminal = -1;
}

static int set_up(void **state)
{
	(void)state;
	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (stderr_before >= 0)
		dup2(stderr_before, STDERR_FILENO);
	return 0;
}

/* One line drawn on a terminal of that width, and cleared. */
static void draw(unsigned short width, const char *label, uint64_t total, uint64_t done,
		 uint64_t passed)
{
	begin(width);
	struct progress *progress = progress_new(label, total);
	progress_update(progress, done, passed);
	progress_free(progress);
	look();
}

/* Columns of the line, which has no colours: characters between "\r" and the escape. */
static size_t columns(void)
{
	size_t n = 0;

	assert_int_equal(drawn[0], '\r');
	for (const char *at = drawn + 1; *at && *at != '\033'; at++)
		n += (*at & 0xc0) != 0x80;
	return n;
}

static void assert_drawn(const char *text)
{
	if (!strstr(drawn, text))
		fail_msg("'%s' is not in '%s'", text, drawn);
}

static void a_wide_line_says_everything(void **state)
{
	(void)state;
	draw(120, "tasks.jsonl", 200, 50, 25);
	assert_drawn("\rtasks.jsonl ");
	assert_drawn(" 50/200  50.0% passed  ");
	assert_drawn("/s  ");
	assert_drawn(" left\033[K");
	assert_drawn("███████▌··");
	assert_true(columns() < 120);
}

static void a_narrow_line_leaves_out_and_never_wraps(void **state)
{
	(void)state;
	for (unsigned short width = 4; width < 90; width++) {
		draw(width, "a-long-name-of-a-task-file.jsonl", 200, 50, 25);
		assert_true(columns() < width);
	}
	draw(24, "tasks.jsonl", 200, 50, 25);
	assert_drawn("tasks.jsonl 50/200");
	assert_null(strstr(drawn, "passed"));
	draw(8, "tasks.jsonl", 200000, 50, 25);
	assert_null(strstr(drawn, "50"));
}

static void an_unknown_total_has_no_bar(void **state)
{
	(void)state;
	draw(120, "stdin", 0, 50, 50);
	assert_drawn("\rstdin 50  100.0% passed");
	assert_null(strstr(drawn, "left"));
	assert_null(strstr(drawn, "·"));
}

static void more_than_the_total_is_a_full_bar(void **state)
{
	(void)state;
	draw(120, "t", 10, 20, 20);
	assert_drawn("██████████████████████████████ 20/10");
	assert_null(strstr(drawn, "left"));
}

static void the_line_is_cleared_and_drawn_again(void **state)
{
	(void)state;
	begin(80);
	struct progress *progress = progress_new("t", 10);
	progress_update(progress, 1, 1);
	progress_update(progress, 2, 2); /* too soon */
	progress_clear(progress);
	progress_clear(progress); /* nothing to clear */
	progress_set_total(progress, 20);
	progress_update(progress, 3, 3);
	progress_free(progress);
	look();
	const char *first = strstr(drawn, " 1/10"), *cleared = strstr(drawn, CLEAR);
	assert_non_null(first);
	assert_true(cleared > first);
	assert_null(strstr(drawn, " 2/"));
	assert_true(strstr(drawn, " 3/20") > cleared);
	assert_string_equal(drawn + strlen(drawn) - strlen(CLEAR), CLEAR);
	assert_int_not_equal(strncmp(cleared + strlen(CLEAR), CLEAR, strlen(CLEAR)), 0);
}

static void only_a_terminal_is_drawn_on(void **state)
{
	(void)state;
	setenv("TERM", "dumb", 1);
	draw(80, "t", 10, 1, 1);
	assert_string_equal(drawn, "");

	int ends[2], n_waiting = -1, before = dup(STDERR_FILENO);
	setenv("TERM", "xterm", 1);
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	struct progress *progress = progress_new("t", 10);
	progress_update(progress, 1, 1);
	progress_free(progress);
	dup2(before, STDERR_FILENO);
	assert_int_equal(ioctl(ends[0], FIONREAD, &n_waiting), 0);
	assert_int_equal(n_waiting, 0);
	close(before);
	close(ends[0]);
	close(ends[1]);
	progress_update(NULL, 1, 1); /* memory was short */
	progress_set_total(NULL, 1);
	progress_clear(NULL);
	progress_free(NULL);
}

static void colors_unless_no_color(void **state)
{
	(void)state;
	unsetenv("NO_COLOR");
	draw(80, "t", 10, 1, 1);
	assert_drawn("\033[32m");
	setenv("NO_COLOR", "", 1); /* empty counts as unset */
	draw(80, "t", 10, 1, 1);
	assert_drawn("\033[32m");
	setenv("NO_COLOR", "1", 1);
	draw(80, "t", 10, 1, 1);
	assert_null(strstr(drawn, "\033[32m"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_wide_line_says_everything, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_narrow_line_leaves_out_and_never_wraps, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_unknown_total_has_no_bar, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_than_the_total_is_a_full_bar, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_line_is_cleared_and_drawn_again, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(only_a_terminal_is_drawn_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(colors_unless_no_color, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
