/*
 * Fields of received messages as text: never NULL, and NUL-terminated (see proto/codec.h).
 */
#pragma once

#include <stddef.h>
#include <string.h>

#include <protobuf-c/protobuf-c.h>

static inline const char *text_of_string(const char *text, size_t *len)
{
	if (len != NULL)
		*len = strlen(text);
	return text;
}

static inline const char *text_of_bytes(const ProtobufCBinaryData *bytes, size_t *len)
{
	if (len != NULL)
		*len = bytes->len;
	return bytes->data != NULL ? (const char *)bytes->data : "";
}
