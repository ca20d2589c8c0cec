/*
 * What `assay run` is not told and can see in the files. Runs in `assay`.
 *
 * A guess must not turn a test file into a program that merely defines its tests and ends well: so
 * unittest and pytest are recognised although they can be asked for by name too. What is guessed is
 * said in the report.
 */
#include "client/cli/guess.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "client/cli/python_source.h"

static const char *const kind_names[TEST_N_KINDS] = {
	[TEST_KIND_CHECK] = "check",     [TEST_KIND_ASSERTS] = "asserts",
	[TEST_KIND_PROGRAM] = "program", [TEST_KIND_UNITTEST] = "unittest",
	[TEST_KIND_PYTEST] = "pytest",
};

const char *test_kind_name(enum test_kind kind)
{
	return kind_names[kind];
}

int test_kind_from_name(const char *name, enum test_kind *kind)
{
	for (int i = 0; i < TEST_N_KINDS; i++)
		if (strcmp(kind_names[i], name) == 0) {
			*kind = (enum test_kind)i;
			return 0;
		}
	return -EINVAL;
}

static bool contains(const char *source, size_t len, const char *text)
{
	return memmem(source, len, text, strlen(text)) != NULL;
}

/* What the statements at the top of a source are. */
struct shape {
	size_t n_asserts, n_others_before, n_others_after;
	bool defines_check, defines_test, starts_itself;
};

static void look_at(const struct statement *statement, struct shape *shape)
{
	const char *name;
	size_t name_len = statement_def_name(statement, &name);

	if (name_len == 5 && memcmp(name, "check", 5) == 0)
		shape->defines_check = true;
	if (name_len > 5 && memcmp(name, "test_", 5) == 0)
		shape->defines_test = true;
	if (statement_starts_with(statement, "if") &&
	    contains(statement->text, statement->len, "__name__"))
		shape->starts_itself = true;
	if (statement_starts_with(statement, "assert"))
		shape->n_asserts++;
	else if (shape->n_asserts > 0)
		shape->n_others_after++;
	else if (!statement_starts_with(statement, "import") &&
		 !statement_starts_with(statement, "from"))
		shape->n_others_before++;
}

enum test_kind guess_test_kind(const char *source, size_t len)
{
	struct statement_cursor cursor;
	struct statement statement;
	struct shape shape = {0};

	statement_begin(&cursor, source, len);
	while (statement_next(&cursor, &statement)) {
		if (statement.indent == 0)
			look_at(&statement, &shape);
		else if (shape.n_asserts > 0)
			shape.n_others_after++;
		else
			shape.n_others_before++;
	}
	if (shape.defines_check)
		return TEST_KIND_CHECK;
	if (shape.n_asserts > 0 && shape.n_others_before == 0 && shape.n_others_after == 0)
		return TEST_KIND_ASSERTS;
	if (contains(source, len, "unittest") && contains(source, len, "TestCase"))
		return TEST_KIND_UNITTEST;
	if (contains(source, len, "import pytest") && contains(source, len, "def test"))
		return TEST_KIND_PYTEST;
	if (shape.defines_test && shape.n_asserts == 0 && !shape.starts_itself)
		return TEST_KIND_PYTEST;
	return TEST_KIND_PROGRAM;
}

size_t guess_entry_point(const char *source, size_t len, const char **name)
{
	struct statement_cursor cursor;
	struct statement statement;
	size_t last_len = 0;

	statement_begin(&cursor, source, len);
	while (statement_next(&cursor, &statement)) {
		const char *found;
		size_t found_len = 0;

		if (statement.indent == 0)
			found_len = statement_def_name(&statement, &found);
		if (found_len > 0) {
			*name = found;
			last_len = found_len;
		}
	}
	return last_len;
}

int set_asserts_from_source(assay_request *request, const char *source, size_t len, size_t *line)
{
	struct statement_cursor cursor;
	struct statement statement;
	bool has_begun = false;
	int err = 0;

	statement_begin(&cursor, source, len);
	while (err == 0 && statement_next(&cursor, &statement)) {
		bool is_assert =
			statement.indent == 0 && statement_starts_with(&statement, "assert");

		if (!is_assert && has_begun) {
			*line = statement.line;
			return -EINVAL;
		}
		if (!is_assert)
			continue;
		if (!has_begun)
			err = assay_request_set_asserts(request, source,
							(size_t)(statement.text - source));
		has_begun = true;
		if (err == 0)
			err = assay_request_add_assert(request, statement.text, statement.len);
	}
	if (!has_begun && err == 0)
		err = assay_request_set_asserts(request, source, len);
	return err;
}
