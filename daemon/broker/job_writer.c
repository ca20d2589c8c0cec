/*
 * Writing a job: sections of tag, length and bytes, the nonce first. Broker.
 */
#include "broker/job_writer.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/memory.h"
#include "core/call_plan.h"

/* Longest value of a plan with references that travels whole. */
#define WHOLE_BYTES 16384

struct section_buffer {
	uint8_t *bytes;
	size_t len;
};

static size_t section_bytes(size_t len)
{
	return 2 * sizeof(uint32_t) + len;
}

static void put(struct section_buffer *buffer, enum job_tag tag, const void *bytes, size_t len)
{
	uint32_t header[2] = {(uint32_t)tag, (uint32_t)len};

	memcpy(buffer->bytes + buffer->len, header, sizeof(header));
	buffer->len += sizeof(header);
	if (len > 0)
		memcpy(buffer->bytes + buffer->len, bytes, len);
	buffer->len += len;
}

static void put_slice(struct section_buffer *buffer, enum job_tag tag, struct slice slice)
{
	if (slice.len > 0)
		put(buffer, tag, slice.bytes, slice.len);
}

static size_t compiler_bytes(const struct policy *policy)
{
	size_t total = section_bytes(sizeof(policy->source));

	for (uint32_t i = 0; i < policy->n_compile; i++)
		total += section_bytes(strlen(policy->compile[i]));
	for (uint32_t i = 0; i < policy->n_link; i++)
		total += section_bytes(strlen(policy->link[i]));
	return total;
}

static size_t total_bytes(const struct job *job)
{
	const struct task *task = &job->batch->task;
	size_t total = section_bytes(JOB_NONCE_BYTES) + section_bytes(sizeof(struct job_options)) +
		       section_bytes(task->prompt.len) + section_bytes(job->code.len) +
		       section_bytes(task->entry_point.len) + section_bytes(task->setup.len + 1) +
		       section_bytes(task->module.len) +
		       section_bytes(job->n_decided * sizeof(*job->decided)) +
		       section_bytes(sizeof(task->comparator_text));

	if (task->compiler != NULL)
		total += compiler_bytes(task->compiler);
	if (job->batch->plan != NULL)
		for (uint32_t i = 0; i < job->batch->plan->n_steps; i++)
			total += section_bytes(job->batch->plan->steps[i].called.len);
	for (size_t i = 0; i < task->n_tests && task->kind != TASK_STDIO; i++)
		total += section_bytes(task->tests[i].len);
	for (size_t i = 0; i < task->n_references; i++)
		total += section_bytes(task->references[i].len);
	if (task->kind == TASK_STDIO)
		total += section_bytes(task->tests[job->next_case].len);
	for (size_t i = 0; i < job->n_files; i++)
		total += section_bytes(strlen(job->files[i].name)) +
			 section_bytes(job->files[i].content.len);
	return total;
}

static void put_tests(struct section_buffer *buffer, const struct task *task)
{
	put_slice(buffer, JOB_SETUP, task->setup);
	if (task->comparator != NULL)
		put(buffer, JOB_COMPARATOR, task->comparator_text, strlen(task->comparator_text));
	for (size_t i = 0; i < task->n_tests; i++)
		put(buffer, JOB_TEST, task->tests[i].bytes, task->tests[i].len);
	for (size_t i = 0; i < task->n_references; i++)
		put(buffer, JOB_REFERENCE, task->references[i].bytes, task->references[i].len);
}

static bool is_import(const uint8_t *line, size_t len)
{
	return ((len > 7 && memcmp(line, "import ", 7) == 0) ||
		(len > 5 && memcmp(line, "from ", 5) == 0)) &&
	       memchr(line, '(', len) == NULL && line[len - 1] != '\\';
}

/*
 * A setup runs before the candidate's code, which may use what it imports; the rest of it is the
 * tests' own. Whole lines only: an import that goes on over several is not passed on.
 */
static void put_imports(struct section_buffer *buffer, struct slice setup)
{
	uint8_t *imports = xmalloc(setup.len + 1);
	size_t n = 0;

	for (size_t at = 0; at < setup.len;) {
		const uint8_t *line = setup.bytes + at;
		const uint8_t *end = memchr(line, '\n', setup.len - at);
		size_t len = end != NULL ? (size_t)(end - line) : setup.len - at;

		at += len + 1;
		if (len > 0 && line[len - 1] == '\r')
			len--;
		if (!is_import(line, len))
			continue;
		memcpy(imports + n, line, len);
		imports[n + len] = '\n';
		n += len + 1;
	}
	put_slice(buffer, JOB_SETUP, (struct slice){.bytes = imports, .len = n});
	free(imports);
}

/* Of a plan what the candidate may see. */
static void put_calls(struct section_buffer *buffer, const struct call_plan *plan)
{
	for (uint32_t i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].kind == PLAN_CALL)
			put(buffer, JOB_CALL, plan->steps[i].called.bytes,
			    plan->steps[i].called.len);
}

static bool has_tests(enum job_role role)
{
	return role != JOB_ROLE_EXAMINEE && role != JOB_ROLE_CALLEE;
}

static void put_task(struct section_buffer *buffer, const struct task *task, enum job_role role)
{
	put_slice(buffer, JOB_PROMPT, task->prompt);
	put_slice(buffer, JOB_ENTRY_POINT, task->entry_point);
	put_slice(buffer, JOB_MODULE, task->module);
	if (has_tests(role))
		put_tests(buffer, task);
	else
		put_imports(buffer, task->setup);
}

static void put_decided(struct section_buffer *buffer, const struct job *job, enum job_role role)
{
	if (role == JOB_ROLE_EXAMINER && job->n_decided > 0)
		put(buffer, JOB_DECIDED, job->decided, job->n_decided * sizeof(*job->decided));
}

static void put_compiler(struct section_buffer *buffer, const struct policy *policy)
{
	put(buffer, JOB_SOURCE_NAME, policy->source, strlen(policy->source));
	for (uint32_t i = 0; i < policy->n_compile; i++)
		put(buffer, JOB_COMPILE, policy->compile[i], strlen(policy->compile[i]));
	for (uint32_t i = 0; i < policy->n_link; i++)
		put(buffer, JOB_LINK, policy->link[i], strlen(policy->link[i]));
}

/* The tests of `program` are compiled with the code; those of stdio are not in the cell yet. */
static void put_sources(struct section_buffer *buffer, const struct task *task)
{
	assert(task->compiler != NULL);
	put_compiler(buffer, task->compiler);
	put_slice(buffer, JOB_PROMPT, task->prompt);
	if (task->kind == TASK_PROGRAM)
		put_slice(buffer, JOB_TEST, task->tests[0]);
}

/* A program that has been compiled needs its code no more. */
static void put_candidate(struct section_buffer *buffer, const struct job *job)
{
	if (job->batch->task.compiler == NULL || job_is_to_compile(job))
		put(buffer, JOB_CODE, job->code.bytes, job->code.len);
	for (size_t i = 0; i < job->n_files; i++) {
		put(buffer, JOB_FILE_NAME, job->files[i].name, strlen(job->files[i].name));
		put(buffer, JOB_FILE_CONTENT, job->files[i].content.bytes,
		    job->files[i].content.len);
	}
}

int job_write(const struct job *job, enum job_role role, const uint8_t nonce[JOB_NONCE_BYTES])
{
	const struct task *task = &job->batch->task;
	struct job_options options = {
		.kind = (uint32_t)task->kind,
		.stop_first_failure = task->stops_at_first_failure,
		.value_bytes = task_value_bytes(task),
		.role = (uint32_t)role,
		.is_control = job->is_control,
		.test_ms = task->limits.test_ms,
		.whole_bytes = task->n_references > 0 ? WHOLE_BYTES : 0,
	};
	struct section_buffer buffer = {.bytes = xmalloc(total_bytes(job))};
	int fd;

	if (has_tests(role))
		put(&buffer, JOB_NONCE, nonce, JOB_NONCE_BYTES);
	put(&buffer, JOB_OPTIONS, &options, sizeof(options));
	if (role == JOB_ROLE_COMPILER)
		put_sources(&buffer, task);
	else if (task->kind == TASK_STDIO)
		put_slice(&buffer, JOB_STDIN, task->tests[job->next_case]);
	else if (task->compiler == NULL)
		put_task(&buffer, task, role);
	put_decided(&buffer, job, role);
	if (role == JOB_ROLE_CALLEE)
		put_calls(&buffer, job->batch->plan);
	if (role != JOB_ROLE_EXAMINER && role != JOB_ROLE_PLANNER)
		put_candidate(&buffer, job);
	fd = fd_sealed_copy("job", buffer.bytes, buffer.len);
	free(buffer.bytes);
	return fd;
}
