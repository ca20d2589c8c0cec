/*
 * Building a Result. Broker. Everything is borrowed and on the stack, but for one block that holds
 * the tests; protobuf-c copies once, into the frame.
 */
#include "broker/reply.h"

#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "broker/program.h"
#include "core/case.h"
#include "proto/codec.h"

_Static_assert((int)VERDICT_INFRA == (int)ASSAY__VERDICT__INFRA, "verdicts as in assay.proto");
_Static_assert((int)FAULT_INFRASTRUCTURE == (int)ASSAY__FAULT__FAULT_INFRASTRUCTURE, "faults");
_Static_assert((int)TEST_CRASHED == (int)ASSAY__OUTCOME__OUTCOME_CRASHED, "outcomes");

/* Longest feedback that is ever written. */
#define FEEDBACK_MAX 16384
/* Longest name of a test or of an error type, with its NUL. */
#define NAME_MAX_BYTES 128
/* A Result that is cut leaves this much for the lengths that change by it. */
#define CUT_SLACK_BYTES 64
/* What reply_frame() adds, at most: the names of task and candidate, numbers, and lengths. */
#define OWN_BYTES_MAX 640

/*
 * Calls that are so many are inputs that somebody made by a program: texts are told of those that
 * failed first, and of all others the outcome.
 */
#define TESTS_TOLD_MAX 200
#define FAILURES_TOLD_MAX 20

struct test_block {
	Assay__TestResult result;
	Assay__TestError error;
	char name[NAME_MAX_BYTES];
	char error_type[NAME_MAX_BYTES];
};

_Static_assert((int)CONTROL_IMPOSSIBLE == (int)ASSAY__CONTROL__CONTROL_IMPOSSIBLE, "controls");

/* The calls of a run that were refused, and one entry for all others. */
struct violation_list {
	Assay__Violation messages[VIOLATIONS_MAX + 1];
	Assay__Violation *pointers[VIOLATIONS_MAX + 1];
	size_t n;
};

static ProtobufCBinaryData binary(struct slice slice)
{
	return (ProtobufCBinaryData){.data = (uint8_t *)slice.bytes, .len = slice.len};
}

static ProtobufCBinaryData binary_of_text(const char *text)
{
	return (ProtobufCBinaryData){.data = (uint8_t *)text, .len = __builtin_strlen(text)};
}

/* Names that go into `string` fields must be UTF-8; ours are ASCII, a forged one is made so. */
static void copy_name(char *to, struct slice from)
{
	size_t len = from.len < NAME_MAX_BYTES - 1 ? from.len : NAME_MAX_BYTES - 1;

	for (size_t i = 0; i < len; i++)
		to[i] = from.bytes[i] >= 0x20 && from.bytes[i] < 0x7f ? (char)from.bytes[i] : '?';
	to[len] = '\0';
}

/* NULL: nothing of it is told. */
static Assay__TestError *fill_error(const struct test_error *error, enum reveal_error told,
				    char *type, Assay__TestError *message)
{
	if (told == REVEAL_ERROR_NOTHING || (error->type.len == 0 && error->message.len == 0))
		return NULL;
	assay__test_error__init(message);
	copy_name(type, error->type);
	message->type = type;
	message->line = error->line;
	if (told >= REVEAL_ERROR_MESSAGE)
		message->message = binary(error->message);
	if (told >= REVEAL_ERROR_TRACEBACK)
		message->traceback = binary(error->traceback);
	return message;
}

static void fill_test(const struct job *job, const struct test_record *test, uint32_t index,
		      bool is_told, const struct reveal *reveal, struct test_block *block)
{
	const struct task *task = &job->batch->task;
	Assay__TestResult *result = &block->result;

	assay__test_result__init(result);
	result->index = index;
	result->outcome = (Assay__Outcome)test->outcome;
	result->is_hidden = reveal_hides(reveal, index);
	if (result->is_hidden || !is_told)
		return;
	result->cpu_ns = test->cpu_ns;
	result->is_compared_by_candidate = test->is_compared_by_candidate;
	if (reveal->level == TASK_REVEAL_FULL) {
		result->source = binary(test->source);
		if (test->source.len == 0 && task->kind == TASK_ASSERTS && index < task->n_tests)
			result->source = binary(task->tests[index]);
		result->expected = binary(test->expected);
	}
	if (reveal->level == TASK_REVEAL_NONE)
		return;
	if (task->kind == TASK_STDIO)
		result->source = binary(test->source); /* an input, unlike an assertion */
	copy_name(block->name, test->name);
	result->name = block->name;
	result->call = binary(test->call);
	result->actual = binary(test->actual);
	result->error = fill_error(&test->error, reveal_of_test_error(reveal, &test->error),
				   block->error_type, &block->error);
}

static struct test_block *fill_tests(const struct job *job, const struct judgement *judgement,
				     const struct reveal *reveal, Assay__Result *result)
{
	const struct examination *examination = judgement->examination;
	struct test_block *blocks = xcalloc(examination->n_tests, sizeof(*blocks));
	bool are_many =
		job->batch->task.kind == TASK_CALLS && examination->n_tests > TESTS_TOLD_MAX;
	uint32_t n_failures = 0;

	result->tests = xcalloc(examination->n_tests, sizeof(*result->tests));
	result->n_tests = examination->n_tests;
	for (uint32_t i = 0; i < examination->n_tests; i++) {
		bool is_told = !are_many || (outcome_is_failure(examination->tests[i].outcome) &&
					     n_failures++ < FAILURES_TOLD_MAX);

		fill_test(job, &examination->tests[i], i, is_told, reveal, &blocks[i]);
		result->tests[i] = &blocks[i].result;
		/* In a split run it is the candidate's word. */
		if (blocks[i].result.cpu_ns > judgement->facts->cpu_ns)
			blocks[i].result.cpu_ns = judgement->facts->cpu_ns;
	}
	return blocks;
}

static void fill_counts(const struct judgement *judgement, Assay__Result *result)
{
	struct test_counts counts = examination_count(judgement->examination);

	result->tests_total = counts.total;
	result->tests_run = counts.run;
	result->tests_passed = counts.passed;
	result->score = counts.total > 0 ? (double)counts.passed / counts.total : 0;
	/* A run that ended badly after its last assertion has not earned a whole point. */
	if (judgement->verdict.code != VERDICT_PASSED && counts.passed == counts.total)
		result->score = 0;
}

static void fill_usage(const struct judgement *judgement, Assay__Usage *usage)
{
	assay__usage__init(usage);
	usage->cpu_ns = judgement->facts->cpu_ns;
	usage->wall_ns = judgement->facts->wall_ns;
	usage->queue_ns = judgement->queue_ns;
	usage->memory_peak_bytes = judgement->memory_peak_bytes;
	usage->processes_peak = judgement->facts->processes;
}

static Assay__Integrity integrity_of(const struct job *job, const struct judgement *judgement)
{
	if (job->batch->task.kind == TASK_ANSWER || judgement->is_native)
		return ASSAY__INTEGRITY__NATIVE;
	return judgement->is_apart ? ASSAY__INTEGRITY__SPLIT : ASSAY__INTEGRITY__SHARED;
}

static void fill_verdict(const struct job *job, const struct judgement *judgement,
			 Assay__Result *result)
{
	result->verdict = (Assay__Verdict)judgement->verdict.code;
	result->passed = judgement->verdict.code == VERDICT_PASSED;
	result->fault = (Assay__Fault)judgement->verdict.fault;
	result->maskable = judgement->verdict.is_maskable;
	result->integrity = integrity_of(job, judgement);
	result->runtime = (char *)judgement->runtime;
	result->control = (Assay__Control)judgement->control;
	if (!judgement->is_apart && job->batch->task.shared_because != NULL)
		result->shared_because = binary_of_text(job->batch->task.shared_because);
	if (job->batch->task.comparator != NULL)
		result->comparator = (char *)job->batch->task.comparator;
	if (job->batch->task.kind == TASK_STDIO)
		result->comparator = (char *)compare_name(job->batch->task.stdio->comparator);
	result->detail = binary_of_text(judgement->verdict.detail);
}

struct repeats_block {
	Assay__Repeats result;
	Assay__VerdictCount counts[VERDICT_COUNT];
	Assay__VerdictCount *pointers[VERDICT_COUNT];
};

static void fill_repeats(const struct repeats *repeats, struct repeats_block *block,
			 Assay__Result *result)
{
	if (repeats == NULL)
		return;
	assay__repeats__init(&block->result);
	block->result.runs = repeats->runs;
	block->result.verdicts = block->pointers;
	for (int code = 0; code < VERDICT_COUNT; code++) {
		Assay__VerdictCount *count = &block->counts[block->result.n_verdicts];

		if (repeats->verdicts[code] == 0)
			continue;
		assay__verdict_count__init(count);
		count->verdict = (Assay__Verdict)code;
		count->count = repeats->verdicts[code];
		block->pointers[block->result.n_verdicts++] = count;
	}
	block->result.agree = block->result.n_verdicts == 1;
	result->repeats = &block->result;
}

/* What a repetition elsewhere has to set alike. */
static void fill_environment(const struct policy *policy, char **names, Assay__Result *result)
{
	if (policy == NULL)
		return;
	for (uint32_t i = 0; i < policy->n_environment; i++)
		names[i] = (char *)policy->environment[i];
	result->environment = names;
	result->n_environment = policy->n_environment;
}

/* What a program prints may be the arguments of a hidden test: only how much it was is told. */
static void fill_outputs(const struct judgement *judgement, const struct reveal *reveal,
			 Assay__Result *result)
{
	result->stdout_dropped_bytes = judgement->output_dropped_bytes;
	result->stderr_dropped_bytes = judgement->error_output_dropped_bytes;
	if (reveal->hides_any) {
		result->stdout_dropped_bytes += judgement->output.len;
		result->stderr_dropped_bytes += judgement->error_output.len;
		return;
	}
	result->stdout = binary(judgement->output);
	result->stderr = binary(judgement->error_output);
}

static size_t word_feedback(const struct job *job, const struct judgement *judgement,
			    const struct reveal *reveal, char *text)
{
	uint64_t output_bytes = judgement->output.len + judgement->output_dropped_bytes;
	uint64_t error_bytes = judgement->error_output.len + judgement->error_output_dropped_bytes;
	const struct feedback_input input = {
		.task = &job->batch->task,
		.verdict = &judgement->verdict,
		.examination = judgement->examination,
		.reveal = reveal,
		.facts = judgement->facts,
		.code = job->code,
		.memory_peak_bytes = judgement->memory_peak_bytes,
		.output_bytes = output_bytes > error_bytes ? output_bytes : error_bytes,
	};
	size_t size = (size_t)job->batch->task.feedback_bytes + 1;

	return feedback_write(&input, text, size < FEEDBACK_MAX ? size : FEEDBACK_MAX);
}

/* Of code that compiles: warnings. */
static void fill_compile(const struct job *job, const struct judgement *judgement,
			 const struct reveal *reveal, Assay__Compile *compile)
{
	const struct examination *examination = judgement->examination;

	assay__compile__init(compile);
	compile->ok = examination->fault != EXAMINATION_COMPILE;
	if (!compile->ok && reveal_of_fault(reveal, examination) >= REVEAL_ERROR_MESSAGE)
		compile->output = binary(examination->error.message);
	else if (compile->ok && !reveal->is_mute)
		compile->output = binary(program_messages(job->program));
}

static void append_violation(struct violation_list *list, const char *name, uint32_t count)
{
	Assay__Violation *violation = &list->messages[list->n];

	assay__violation__init(violation);
	violation->syscall = (char *)name;
	violation->count = count;
	list->pointers[list->n++] = violation;
}

static void fill_violations(const struct violations *violations, struct violation_list *list,
			    Assay__Result *result)
{
	list->n = 0;
	for (uint32_t i = 0; i < violations->n_calls; i++)
		append_violation(list, violation_name(violations->calls[i].number),
				 violations->calls[i].count);
	if (violations->others > 0)
		append_violation(list, "other", violations->others);
	result->violations = list->pointers;
	result->n_violations = list->n;
}

static void cut_stream(ProtobufCBinaryData *text, uint64_t *dropped_bytes, size_t max)
{
	if (text->len <= max)
		return;
	*dropped_bytes += text->len - max;
	text->len = max;
}

/*
 * No message is longer than the greeting promised, whatever a candidate printed: first its output
 * is cut further (and counted as dropped); if that is not enough the list of tests goes, whose
 * counts are told all the same.
 */
static void fit(Assay__Result *result, size_t max_bytes)
{
	size_t size = assay__result__get_packed_size(result);
	size_t rest = size - result->stdout.len - result->stderr.len + CUT_SLACK_BYTES;
	size_t room = rest < max_bytes ? max_bytes - rest : 0;

	if (size <= max_bytes)
		return;
	cut_stream(&result->stderr, &result->stderr_dropped_bytes, room / 2);
	cut_stream(&result->stdout, &result->stdout_dropped_bytes, room - result->stderr.len);
	if (room == 0)
		result->n_tests = 0;
}

static int pack_told(const Assay__Result *result, enum verdict_code code, struct told_verdict *told)
{
	size_t len = assay__result__get_packed_size(result);
	uint8_t *bytes;

	if (len > UINT32_MAX - OWN_BYTES_MAX)
		return -EMSGSIZE;
	bytes = xmalloc(len);
	assay__result__pack(result, bytes);
	*told = (struct told_verdict){.code = code, .bytes = bytes, .len = len};
	return 0;
}

int reply_pack(const struct job *job, const struct judgement *judgement, size_t max_bytes,
	       struct told_verdict *told)
{
	Assay__Result result = ASSAY__RESULT__INIT;
	Assay__Usage usage;
	Assay__Compile compile;
	struct violation_list violations;
	Assay__TestError error;
	char error_type[NAME_MAX_BYTES];
	char *layers[LAYER_COUNT];
	char *environment[POLICY_ENVIRONMENT_MAX];
	struct repeats_block repeats;
	char feedback[FEEDBACK_MAX];
	struct test_block *blocks;
	struct reveal reveal;
	int err;

	reveal_init(&reveal, &job->batch->task, judgement->examination->n_tests,
		    judgement->is_apart);
	fill_verdict(job, judgement, &result);
	fill_counts(judgement, &result);
	fill_usage(judgement, &usage);
	fill_outputs(judgement, &reveal, &result);
	fill_compile(job, judgement, &reveal, &compile);
	fill_violations(&judgement->facts->violations, &violations, &result);
	blocks = fill_tests(job, judgement, &reveal, &result);
	fill_repeats(judgement->repeats, &repeats, &result);
	fill_environment(judgement->policy, environment, &result);
	result.usage = &usage;
	result.compile = &compile;
	result.isolation = layers;
	result.n_isolation = reply_layer_names(judgement->layers, layers, LAYER_COUNT);
	result.feedback.data = (uint8_t *)feedback;
	result.feedback.len = word_feedback(job, judgement, &reveal, feedback);
	if (judgement->examination->fault != EXAMINATION_OK)
		result.error = fill_error(&judgement->examination->error,
					  reveal_of_fault(&reveal, judgement->examination),
					  error_type, &error);
	fit(&result, max_bytes - OWN_BYTES_MAX);
	err = pack_told(&result, judgement->verdict.code, told);
	free(blocks);
	free(result.tests);
	reveal_deinit(&reveal);
	return err;
}

int reply_frame(const struct job *job, const struct told_verdict *told, bool is_cached,
		uint8_t **frame, size_t *len)
{
	Assay__Result own = ASSAY__RESULT__INIT;

	own.id = (char *)job->batch->task.id;
	own.candidate = (char *)job->candidate;
	own.candidate_index = job->index;
	own.suite_index = job->batch->suite;
	own.cached = is_cached;
	return codec_pack_result(job->batch->request_id, &own, told->bytes, told->len, frame, len);
}

size_t reply_layer_names(uint32_t layers, char **names, size_t max)
{
	size_t n = 0;

	for (int i = 0; i < LAYER_COUNT && n < max; i++)
		if ((layers & (1u << i)) != 0)
			names[n++] = (char *)policy_layer_name((enum policy_layer)i);
	return n;
}
