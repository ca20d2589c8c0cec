/*
 * Turns the bytes of a job into one Python tuple, without the nonce:
 *
 *     (kind, prompt, code, entry_point, setup, [test...], [file name, content, ...], [module...],
 *      [call...], [reference...], role)
 *
 * all texts as bytes; absent ones are empty. Comparator and limits of tests are put to use at once.
 * Runs in the forked child. The bytes come from the broker, which is trusted here; lengths are
 * checked all the same.
 */
#include "inside/runtimes/python/job.h"

#include <stdbool.h>
#include <string.h>

#include "inside/runtimes/python/comparator.h"
#include "inside/runtimes/python/test_limit.h"
#include "inside/cell/section.h"

/* Places in the tuple. */
enum place {
	PLACE_KIND,
	PLACE_PROMPT,
	PLACE_CODE,
	PLACE_ENTRY_POINT,
	PLACE_SETUP,
	PLACE_TESTS,
	PLACE_FILES,
	PLACE_MODULES,
	PLACE_CALLS,
	PLACE_REFERENCES,
	PLACE_ROLE,
	PLACES,
};

static const struct {
	enum place place;
	bool is_list;
} places[] = {
	[JOB_PROMPT] = {PLACE_PROMPT, false},
	[JOB_CODE] = {PLACE_CODE, false},
	[JOB_ENTRY_POINT] = {PLACE_ENTRY_POINT, false},
	[JOB_SETUP] = {PLACE_SETUP, false},
	[JOB_TEST] = {PLACE_TESTS, true},
	[JOB_FILE_NAME] = {PLACE_FILES, true},
	[JOB_FILE_CONTENT] = {PLACE_FILES, true},
	[JOB_MODULE] = {PLACE_MODULES, true},
	[JOB_CALL] = {PLACE_CALLS, true},
	[JOB_REFERENCE] = {PLACE_REFERENCES, true},
};

static PyObject *new_sections(void)
{
	PyObject *sections = PyTuple_New(PLACES);

	for (Py_ssize_t i = 0; sections != NULL && i < PLACES; i++) {
		bool is_number = i == PLACE_KIND || i == PLACE_ROLE;
		PyObject *item = is_number          ? PyLong_FromLong(0)
				 : i >= PLACE_TESTS ? PyList_New(0)
						    : PyBytes_FromStringAndSize(NULL, 0);

		if (item == NULL || PyTuple_SetItem(sections, i, item) < 0)
			return NULL;
	}
	return sections;
}

static int add_text(PyObject *sections, const struct section *section)
{
	PyObject *text = PyBytes_FromStringAndSize(section->bytes, (Py_ssize_t)section->len);
	enum place place = places[section->tag].place;
	int err;

	if (text == NULL)
		return -1;
	if (!places[section->tag].is_list)
		return PyTuple_SetItem(sections, place, text);
	err = PyList_Append(PyTuple_GetItem(sections, place), text);
	Py_DECREF(text);
	return err;
}

static int add_section(struct job *job, const struct section *section)
{
	if (section->tag == JOB_NONCE) {
		if (section->len != sizeof(job->nonce))
			return -1;
		memcpy(job->nonce, section->bytes, sizeof(job->nonce));
		job->has_nonce = true;
		return 0;
	}
	if (section->tag == JOB_OPTIONS) {
		if (section->len != sizeof(job->options))
			return -1;
		memcpy(&job->options, section->bytes, sizeof(job->options));
		test_limit_use(job->options.test_ms);
		if (PyTuple_SetItem(job->sections, PLACE_KIND,
				    PyLong_FromUnsignedLong(job->options.kind)) < 0)
			return -1;
		return PyTuple_SetItem(job->sections, PLACE_ROLE,
				       PyLong_FromUnsignedLong(job->options.role));
	}
	if (section->tag == JOB_STDIN) {
		job->input = section->bytes;
		job->input_len = section->len;
		return 0;
	}
	if (section->tag == JOB_DECIDED)
		return test_limit_take_decided(section->bytes, section->len);
	if (section->tag == JOB_COMPARATOR)
		return comparator_use(section->bytes, section->len);
	if (section->tag != JOB_CALL && section->tag != JOB_REFERENCE &&
	    (section->tag < JOB_PROMPT || section->tag > JOB_MODULE))
		return -1;
	return add_text(job->sections, section);
}

bool job_is_judging(const struct job *job)
{
	return job->options.role != JOB_ROLE_EXAMINEE && job->options.role != JOB_ROLE_CALLEE;
}

int job_parse(const char *bytes, size_t len, struct job *job)
{
	struct section section;
	size_t at = 0;

	memset(job, 0, sizeof(*job));
	job->sections = new_sections();
	if (job->sections == NULL)
		return -1;
	while (at < len) {
		if (!section_next(bytes, len, &at, &section) || add_section(job, &section) < 0)
			return -1;
	}
	if (job->options.role > JOB_ROLE_CALLEE || job->options.role == JOB_ROLE_COMPILER)
		return -1;
	return job->has_nonce == job_is_judging(job) ? 0 : -1;
}
