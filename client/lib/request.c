/*
 * Building a request: its texts, limits and candidates; libassay. Tests are in request_tests.c.
 *
 * A failed call leaves the request as it was. What only the server can judge (lengths, which tests
 * a language serves, names of files) is left to it: it answers with the field and the reason. Only
 * strings are checked here, because one that is not UTF-8 would cost the whole connection.
 */
#include "client/lib/request.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "proto/utf8.h"

void *request_new_message(const ProtobufCMessageDescriptor *descriptor)
{
	ProtobufCMessage *message = malloc(descriptor->sizeof_message);

	if (message != NULL)
		protobuf_c_message_init(descriptor, message);
	return message;
}

void request_free_message(void *message)
{
	if (message != NULL)
		protobuf_c_message_free_unpacked(message, NULL);
}

int request_copy_bytes(ProtobufCBinaryData *field, const char *text, size_t len)
{
	uint8_t *copy = NULL;

	if (text == NULL && len > 0)
		return -EINVAL;
	if (len > 0) {
		copy = malloc(len);
		if (copy == NULL)
			return -ENOMEM;
		memcpy(copy, text, len);
	}
	free(field->data);
	field->data = copy;
	field->len = len;
	return 0;
}

int request_copy_string(char **field, const char *text, size_t len)
{
	char *copy;

	if (text == NULL && len > 0)
		return -EINVAL;
	if (len > 0 && (memchr(text, '\0', len) != NULL || !utf8_is_valid(text, len)))
		return -EINVAL;
	copy = malloc(len + 1);
	if (copy == NULL)
		return -ENOMEM;
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	if (*field != protobuf_c_empty_string)
		free(*field);
	*field = copy;
	return 0;
}

/* Capacities are powers of two, so the number of elements tells when one is used up. */
int request_grow(void **array, size_t n_elements, size_t element_bytes)
{
	void *grown;

	if ((n_elements & (n_elements - 1)) != 0)
		return 0;
	grown = reallocarray(*array, n_elements > 0 ? 2 * n_elements : 1, element_bytes);
	if (grown == NULL)
		return -ENOMEM;
	*array = grown;
	return 0;
}

assay_request *assay_request_new(const char *language)
{
	assay_request *request = malloc(sizeof(*request));

	if (request == NULL)
		return NULL;
	request->evaluate = request_new_message(&assay__evaluate__descriptor);
	if (request->evaluate == NULL ||
	    (language != NULL &&
	     request_copy_string(&request->evaluate->language, language, strlen(language)) < 0)) {
		assay_request_free(request);
		return NULL;
	}
	return request;
}

void assay_request_free(assay_request *request)
{
	if (request == NULL)
		return;
	request_free_message(request->evaluate);
	free(request);
}

int assay_request_set_text(assay_request *request, enum assay_request_text which, const char *text,
			   size_t len)
{
	Assay__Evaluate *evaluate = request->evaluate;

	switch (which) {
	case ASSAY_REQUEST_ID:
		return request_copy_string(&evaluate->id, text, len);
	case ASSAY_REQUEST_PROMPT:
		return request_copy_bytes(&evaluate->prompt, text, len);
	case ASSAY_REQUEST_ENTRY_POINT:
		return request_copy_string(&evaluate->entry_point, text, len);
	case ASSAY_REQUEST_MODULE:
		return request_copy_string(&evaluate->module, text, len);
	}
	return -EINVAL;
}

static int add_candidate(Assay__Evaluate *evaluate, Assay__Candidate *candidate)
{
	int err = request_grow((void **)&evaluate->candidates, evaluate->n_candidates,
			       sizeof(Assay__Candidate *));

	if (err < 0)
		return err;
	evaluate->candidates[evaluate->n_candidates] = candidate;
	return (int)evaluate->n_candidates++;
}

int assay_request_add_candidate(assay_request *request, const char *id, const char *code,
				size_t len)
{
	Assay__Candidate *candidate;
	int result;

	if (request->evaluate->n_candidates >= INT_MAX)
		return -EINVAL;
	candidate = request_new_message(&assay__candidate__descriptor);
	if (candidate == NULL)
		return -ENOMEM;
	result = request_copy_bytes(&candidate->code, code, len);
	if (result == 0 && id != NULL)
		result = request_copy_string(&candidate->id, id, strlen(id));
	if (result == 0)
		result = add_candidate(request->evaluate, candidate);
	if (result < 0)
		request_free_message(candidate);
	return result;
}

int assay_request_add_file(assay_request *request, size_t index, const char *name,
			   const char *content, size_t len)
{
	Assay__Candidate *candidate;
	Assay__File *file;
	int err;

	if (index >= request->evaluate->n_candidates || name == NULL)
		return -EINVAL;
	candidate = request->evaluate->candidates[index];
	file = request_new_message(&assay__file__descriptor);
	if (file == NULL)
		return -ENOMEM;
	err = request_copy_string(&file->name, name, strlen(name));
	if (err == 0)
		err = request_copy_bytes(&file->content, content, len);
	if (err == 0)
		err = request_grow((void **)&candidate->files, candidate->n_files,
				   sizeof(Assay__File *));
	if (err < 0)
		request_free_message(file);
	else
		candidate->files[candidate->n_files++] = file;
	return err;
}

size_t assay_request_n_candidates(const assay_request *request)
{
	return request->evaluate->n_candidates;
}

int assay_request_hide_test(assay_request *request, uint32_t index)
{
	Assay__Evaluate *evaluate = request->evaluate;
	int err = request_grow((void **)&evaluate->hidden, evaluate->n_hidden,
			       sizeof(*evaluate->hidden));

	if (err == 0)
		evaluate->hidden[evaluate->n_hidden++] = index;
	return err;
}

static int set_limit(Assay__Evaluate *evaluate, enum assay_request_number which, uint64_t value)
{
	if (evaluate->limits == NULL)
		evaluate->limits = request_new_message(&assay__limits__descriptor);
	if (evaluate->limits == NULL)
		return -ENOMEM;
	if (which == ASSAY_REQUEST_CPU_MS)
		evaluate->limits->cpu_ms = value;
	else if (which == ASSAY_REQUEST_WALL_MS)
		evaluate->limits->wall_ms = value;
	else if (which == ASSAY_REQUEST_MEMORY_BYTES)
		evaluate->limits->memory_bytes = value;
	else if (which == ASSAY_REQUEST_OUTPUT_BYTES)
		evaluate->limits->output_bytes = value;
	else if (which == ASSAY_REQUEST_PROCESSES)
		evaluate->limits->processes = (uint32_t)value;
	else
		evaluate->limits->test_ms = (uint32_t)value;
	return 0;
}

static int set_integrity(Assay__Evaluate *evaluate, uint64_t value)
{
	static const Assay__IntegrityWish wishes[] = {
		[ASSAY_INTEGRITY_UNKNOWN] = ASSAY__INTEGRITY_WISH__INTEGRITY_AUTO,
		[ASSAY_SPLIT] = ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_SPLIT,
		[ASSAY_SHARED] = ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_SHARED,
		[ASSAY_NATIVE] = ASSAY__INTEGRITY_WISH__INTEGRITY_WISH_NATIVE,
	};

	if (value > ASSAY_SHARED)
		return -EINVAL;
	evaluate->integrity = wishes[value];
	return 0;
}

int assay_request_set_number(assay_request *request, enum assay_request_number which,
			     uint64_t value)
{
	Assay__Evaluate *evaluate = request->evaluate;

	switch (which) {
	case ASSAY_REQUEST_CPU_MS:
	case ASSAY_REQUEST_WALL_MS:
	case ASSAY_REQUEST_MEMORY_BYTES:
	case ASSAY_REQUEST_OUTPUT_BYTES:
		return set_limit(evaluate, which, value);
	case ASSAY_REQUEST_INTEGRITY:
		return set_integrity(evaluate, value);
	default:
		break;
	}
	if (value > UINT32_MAX)
		return -EINVAL;
	switch (which) {
	case ASSAY_REQUEST_PROCESSES:
	case ASSAY_REQUEST_TEST_MS:
		return set_limit(evaluate, which, value);
	case ASSAY_REQUEST_FEEDBACK_BYTES:
		evaluate->feedback_bytes = (uint32_t)value;
		return 0;
	case ASSAY_REQUEST_DEADLINE_MS:
		evaluate->deadline_ms = (uint32_t)value;
		return 0;
	case ASSAY_REQUEST_STOP_FIRST_FAILURE:
		evaluate->stop =
			value != 0 ? ASSAY__STOP__STOP_FIRST_FAILURE : ASSAY__STOP__STOP_ALL;
		return 0;
	case ASSAY_REQUEST_NO_CACHE:
		evaluate->no_cache = value != 0;
		return 0;
	case ASSAY_REQUEST_EXTRACT_LAST_FENCE:
		evaluate->extract = value != 0 ? ASSAY__EXTRACT__EXTRACT_LAST_FENCE
					       : ASSAY__EXTRACT__EXTRACT_NOTHING;
		return 0;
	case ASSAY_REQUEST_REVEAL:
		if (value > ASSAY_REVEAL_NONE)
			return -EINVAL;
		evaluate->reveal = (Assay__Reveal)value;
		return 0;
	case ASSAY_REQUEST_REPEAT:
		evaluate->repeat = (uint32_t)value;
		return 0;
	case ASSAY_REQUEST_NO_CONTROL:
		evaluate->no_control = value != 0;
		return 0;
	case ASSAY_REQUEST_FEEDBACK_FORM:
		if (value > ASSAY_FEEDBACK_REFLEXION)
			return -EINVAL;
		evaluate->feedback_form = (Assay__FeedbackForm)value;
		return 0;
	default:
		return -EINVAL;
	}
}
