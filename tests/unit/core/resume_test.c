/* core/resume: what is left behind a test that took too long. */
#include "core/resume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define N 5

static struct test_record tests[2][N];
static struct examination run(int number, const char *letters)
{
	static const char order[] = ".pfetc"; /* enum test_outcome */
	struct examination examination = {.tests = tests[number], .is_complete = true};

	examination.n_tests = (uint32_t)strlen(letters);
	memset(tests[number], 0, sizeof(tests[number]));
	for (uint32_t i = 0; i < examination.n_tests; i++)
		tests[number][i].outcome = (enum test_outcome)(strchr(order, letters[i]) - order);
	return examination;
}

static void test_when_another_run_is_wanted(void **state)
{
	static const struct {
		const char *letters;
		bool is_wanted;
	} table[] = {
		{"ppt..", true},  {"t....", true},  {"pftp.", true},  {"ppppt", false},
		{".pt", false}, /* a branch that was not taken */
		{"pp...", false}, {"ppc..", false}, {"t.tpp", false}, {"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct examination examination = run(0, table[i].letters);

		assert_int_equal(resume_is_wanted(&examination), table[i].is_wanted);
		examination.is_complete = false;
		assert_false(resume_is_wanted(&examination));
		examination.is_complete = true;
		examination.fault = EXAMINATION_TESTS;
		assert_false(resume_is_wanted(&examination));
	}
}

static void test_failures_are_left_out(void **state)
{
	struct examination examination = run(0, "pftc.");
	uint32_t decided[N];

	(void)state;
	assert_int_equal(resume_decided(&examination, decided), 3);
	assert_int_equal(decided[0], 1);
	assert_int_equal(decided[1], 2);
	assert_int_equal(decided[2], 3);
	examination = run(0, "pp.");
	assert_int_equal(resume_decided(&examination, decided), 0);
}

static void expect_joined(const char *earlier_letters, const char *later_letters,
			  const char *joined_letters)
{
	struct examination earlier = run(0, earlier_letters), later = run(1, later_letters);
	struct examination joined;
	enum test_outcome outcomes[N] = {0};

	resume_join(&earlier, &later);
	for (uint32_t i = 0; i < later.n_tests; i++)
		outcomes[i] = later.tests[i].outcome;
	joined = run(0, joined_letters);
	assert_int_equal(later.n_tests, joined.n_tests);
	for (uint32_t i = 0; i < joined.n_tests; i++)
		assert_int_equal(outcomes[i], joined.tests[i].outcome);
}

static void test_what_was_found_before_stands(void **state)
{
	(void)state;
	expect_joined("pft..", "p..pp", "pftpp");
	expect_joined("ppt..", "pf.t.", "pftt."); /* it does not pass every time */
	expect_joined("ppt..", ".....", "ppt..");
	expect_joined("pt.", "..p..", "..p..");
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_when_another_run_is_wanted),
		cmocka_unit_test(test_failures_are_left_out),
		cmocka_unit_test(test_what_was_found_before_stands),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
