/*
 * A request is the message itself, grown field by field. Every part of it comes from malloc(), so
 * that protobuf-c can free the whole. Helpers of the files request*.c.
 */
#pragma once

#include "assay/assay.h"
#include "assay.pb-c.h"

struct assay_request {
	Assay__Evaluate *evaluate;
};

/* A new message of that kind with all defaults; NULL when memory is short. */
void *request_new_message(const ProtobufCMessageDescriptor *descriptor);

/* Frees a message made by request_new_message(), with all its parts. NULL is allowed. */
void request_free_message(void *message);

/* Replaces *field by a copy. 0, -ENOMEM, -EINVAL: `text` is NULL with a length; *field is as it
 * was. */
int request_copy_bytes(ProtobufCBinaryData *field, const char *text, size_t len);

/* The same for a `string`: -EINVAL also for a NUL inside and for what is not UTF-8. */
int request_copy_string(char **field, const char *text, size_t len);

/* Makes room for one element behind the n_elements of *array. 0 or -ENOMEM. */
int request_grow(void **array, size_t n_elements, size_t element_bytes);
