/*
 * Copying a judgement. Broker. All of its text goes into one block behind the tests; every slice of
 * a judgement must be named in each_text(), which both measures and copies.
 */
#include "broker/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct kept {
	struct judgement judgement;
	struct run_facts facts;
	struct examination examination;
	uint8_t *bytes; /* all text */
	size_t len;
};

typedef void visit_text(struct kept *kept, struct slice *text);

static void visit_error(struct kept *kept, struct test_error *error, visit_text *visit)
{
	visit(kept, &error->type);
	visit(kept, &error->message);
	visit(kept, &error->traceback);
}

static void each_text(struct kept *kept, visit_text *visit)
{
	visit(kept, &kept->judgement.output);
	visit(kept, &kept->judgement.error_output);
	visit_error(kept, &kept->examination.error, visit);
	for (uint32_t i = 0; i < kept->examination.n_tests; i++) {
		struct test_record *test = &kept->examination.tests[i];

		visit(kept, &test->name);
		visit(kept, &test->source);
		visit(kept, &test->call);
		visit(kept, &test->expected);
		visit(kept, &test->actual);
		visit_error(kept, &test->error, visit);
		visit(kept, &test->difference.expected);
		visit(kept, &test->difference.actual);
	}
}

static void measure(struct kept *kept, struct slice *text)
{
	kept->len += text->len;
}

static void copy(struct kept *kept, struct slice *text)
{
	if (text->len > 0)
		memcpy(kept->bytes + kept->len, text->bytes, text->len);
	text->bytes = kept->bytes + kept->len;
	kept->len += text->len;
}

struct kept *kept_new(const struct judgement *judgement)
{
	struct kept *kept = xcalloc(1, sizeof(*kept));
	uint32_t n_tests = judgement->examination->n_tests;

	kept->judgement = *judgement;
	kept->facts = *judgement->facts;
	kept->examination = *judgement->examination;
	kept->examination.texts = NULL; /* they are copied with all others */
	kept->examination.tests = xcalloc(n_tests, sizeof(*kept->examination.tests));
	for (uint32_t i = 0; i < n_tests; i++)
		kept->examination.tests[i] = judgement->examination->tests[i];
	kept->judgement.facts = &kept->facts;
	kept->judgement.examination = &kept->examination;
	kept->facts.examination = &kept->examination;
	each_text(kept, measure);
	kept->bytes = xmalloc(kept->len + 1);
	kept->len = 0;
	each_text(kept, copy);
	return kept;
}

const struct judgement *kept_judgement(const struct kept *kept)
{
	return &kept->judgement;
}

void kept_free(struct kept *kept)
{
	if (kept == NULL)
		return;
	free(kept->examination.tests);
	free(kept->bytes);
	free(kept);
}
