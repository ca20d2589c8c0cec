/*
 * Looks for NUL bytes in the strings of a packed message, in the broker. protobuf-c copies a string
 * with its length and then forgets the length, so afterwards nobody can tell a short name from a
 * long one that was cut: "a\0/../b" would be checked as "a". The wire format is simple enough to be
 * walked once more: a field is a tag and, by its lowest three bits, a number, a fixed block or a
 * length and as many bytes.
 *
 * It goes as deep as the schema does, which is not recursive, and only into messages that the
 * schema knows.
 */
#include "proto/text.h"

#include <string.h>

#define WIRE_VARINT 0
#define WIRE_64BIT 1
#define WIRE_PREFIXED 2
#define WIRE_32BIT 5
#define VARINT_BYTES_MAX 10

struct cursor {
	const uint8_t *bytes;
	size_t left;
};

static bool skip(struct cursor *cursor, uint64_t n)
{
	if (n > cursor->left)
		return false;
	cursor->bytes += n;
	cursor->left -= n;
	return true;
}

static bool read_varint(struct cursor *cursor, uint64_t *value)
{
	*value = 0;
	for (unsigned int i = 0; i < VARINT_BYTES_MAX && cursor->left > 0; i++) {
		uint8_t byte = *cursor->bytes;

		(void)skip(cursor, 1);
		*value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if ((byte & 0x80) == 0)
			return true;
	}
	return false;
}

static bool field_has_nul(const ProtobufCFieldDescriptor *field, const uint8_t *bytes, size_t len)
{
	if (field == NULL || len == 0)
		return false;
	if (field->type == PROTOBUF_C_TYPE_STRING)
		return memchr(bytes, '\0', len) != NULL;
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return text_has_nul(field->descriptor, bytes, len);
	return false;
}

bool text_has_nul(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t len)
{
	struct cursor cursor = {.bytes = bytes, .left = len};
	uint64_t tag;

	while (cursor.left > 0 && read_varint(&cursor, &tag)) {
		const uint8_t *start;
		uint64_t n = 0;
		bool is_whole = false;

		if ((tag & 7) == WIRE_VARINT) {
			is_whole = read_varint(&cursor, &n);
		} else if ((tag & 7) == WIRE_64BIT || (tag & 7) == WIRE_32BIT) {
			is_whole = skip(&cursor, (tag & 7) == WIRE_64BIT ? 8 : 4);
		} else if ((tag & 7) == WIRE_PREFIXED && read_varint(&cursor, &n)) {
			start = cursor.bytes;
			is_whole = skip(&cursor, n);
			if (is_whole && field_has_nul(protobuf_c_message_descriptor_get_field(
							      descriptor, (unsigned int)(tag >> 3)),
						      start, n))
				return true;
		}
		if (!is_whole)
			return false;
	}
	return false;
}
