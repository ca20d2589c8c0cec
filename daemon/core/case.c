/*
 * Judging one case of kind stdio. Pure.
 *
 * A program whose output was cut is never compared: what was thrown away might have been wrong. Its
 * run has is_output_exceeded set, and its verdict is the limit's.
 */
#include "core/case.h"

#include <sys/wait.h>

enum test_outcome case_judge(const struct stdio_tests *tests, uint32_t index,
			     const struct run_facts *facts, struct slice output,
			     struct difference *difference)
{
	if (facts->kill_reason != RUN_NOT_KILLED || facts->is_cell_lost || facts->is_keeper_lost)
		return TEST_NOT_RUN;
	if (WIFSIGNALED(facts->wait_status))
		return TEST_CRASHED;
	if (facts->wait_status != 0 || facts->is_output_exceeded)
		return TEST_ERROR;
	if (compare_holds(tests->comparator, tests->tolerance, tests->cases[index].expected, output,
			  difference))
		return TEST_PASSED;
	return TEST_FAILED;
}

struct slice case_excerpt(struct slice text, size_t at, size_t max_bytes)
{
	size_t before = max_bytes / 4;
	size_t start = at > before ? at - before : 0;
	size_t end;

	if (text.len <= max_bytes)
		return text;
	if (start > text.len - max_bytes)
		start = text.len - max_bytes;
	end = start + max_bytes;
	/* Not within a character, if the text is UTF-8. */
	for (int i = 0; i < 3 && start > 0 && (text.bytes[start] & 0xc0) == 0x80; i++)
		start++;
	for (int i = 0; i < 3 && end < text.len && (text.bytes[end] & 0xc0) == 0x80; i++)
		end--;
	return (struct slice){.bytes = text.bytes + start, .len = end - start};
}
