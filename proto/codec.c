/*
 * protobuf-c behind a budget, in the broker and in libassay.
 *
 * A frame that keeps its length limit may still be a bomb: two bytes of an empty repeated element
 * become a struct of a hundred. So every allocation of an unpacking is counted, with the heap's own
 * overhead, and the first that would exceed the budget fails; protobuf-c then cleans up and returns
 * NULL. Nothing is given back to the budget when protobuf-c frees something on the way (a oneof set
 * twice, the table of scanned fields): the budget thereby also bounds the work.
 *
 * The nesting of messages is bounded by the schema, which is not recursive; keep it so, because
 * protobuf-c recurses without a limit. It merges a sub-message that appears twice; keep repeated
 * fields out of plain sub-messages of singular messages (those of a oneof are replaced instead), or
 * merging becomes quadratic in the length of the frame.
 *
 * Each block is one byte longer than asked for and that byte is 0: protobuf-c gives `bytes` fields
 * blocks of exactly their length, and libassay hands them out as text without copying again.
 */
#include "proto/codec.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/frame.h"
#include "proto/text.h"
#include "proto/utf8.h"

/* What the heap takes beside the bytes of a block: its header and rounding. */
#define BLOCK_OVERHEAD_BYTES 24

struct budget {
	size_t left_bytes;
	bool is_exhausted;
	bool is_out_of_memory;
};

static void *budget_allocate(void *data, size_t size)
{
	struct budget *budget = data;
	char *block;

	if (budget->left_bytes < BLOCK_OVERHEAD_BYTES ||
	    size > budget->left_bytes - BLOCK_OVERHEAD_BYTES) {
		budget->is_exhausted = true;
		return NULL;
	}
	block = malloc(size + 1);
	if (block == NULL) {
		budget->is_out_of_memory = true;
		return NULL;
	}
	budget->left_bytes -= size + BLOCK_OVERHEAD_BYTES;
	block[size] = '\0';
	return block;
}

static void budget_release(void *data, void *block)
{
	(void)data;
	free(block);
}

/* Freeing needs no budget, so a message need not carry its allocator. */
static ProtobufCAllocator releasing_allocator = {.free = budget_release};

static void drop_unknown_fields(ProtobufCMessage *message)
{
	for (unsigned int i = 0; i < message->n_unknown_fields; i++)
		free(message->unknown_fields[i].data);
	free(message->unknown_fields);
	message->unknown_fields = NULL;
	message->n_unknown_fields = 0;
}

static bool check_message(ProtobufCMessage *message);

static bool check_value(const ProtobufCFieldDescriptor *field, const void *value)
{
	void *pointer = *(void *const *)value;

	if (pointer == NULL)
		return true;
	if (field->type == PROTOBUF_C_TYPE_STRING)
		return utf8_is_valid(pointer, strlen(pointer));
	return check_message(pointer);
}

static bool is_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	const void *which = (const char *)message + field->quantifier_offset;

	if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0)
		return true;
	return *(const uint32_t *)which == field->id;
}

/* Strings and sub-messages of a field, whatever its label. */
static bool check_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	const char *member = (const char *)message + field->offset;
	size_t n;

	if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
		return true;
	if (!is_present(message, field))
		return true;
	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		return check_value(field, member);
	n = *(const size_t *)((const char *)message + field->quantifier_offset);
	for (size_t i = 0; i < n; i++)
		if (!check_value(field, *(void ***)member + i))
			return false;
	return true;
}

/* Walks the message by its description, as deep as the schema goes. */
static bool check_message(ProtobufCMessage *message)
{
	drop_unknown_fields(message);
	for (unsigned int i = 0; i < message->descriptor->n_fields; i++)
		if (!check_field(message, &message->descriptor->fields[i]))
			return false;
	return true;
}

static int unpack(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t len,
		  size_t budget_bytes, ProtobufCMessage **message)
{
	struct budget budget = {.left_bytes = budget_bytes};
	ProtobufCAllocator allocator = {
		.alloc = budget_allocate,
		.free = budget_release,
		.allocator_data = &budget,
	};

	*message = protobuf_c_message_unpack(descriptor, &allocator, len, bytes);
	if (*message != NULL)
		return 0;
	if (budget.is_out_of_memory)
		return -ENOMEM;
	return budget.is_exhausted ? CODEC_TOO_LARGE : CODEC_MALFORMED;
}

/* What comes from a client: its text is looked at. */
static int unpack_checked(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes,
			  size_t len, size_t budget_bytes, ProtobufCMessage **message)
{
	ProtobufCMessage *unpacked;
	int outcome;

	if (text_has_nul(descriptor, bytes, len))
		return CODEC_MALFORMED;
	outcome = unpack(descriptor, bytes, len, budget_bytes, &unpacked);
	if (outcome != 0)
		return outcome;
	if (!check_message(unpacked)) {
		protobuf_c_message_free_unpacked(unpacked, &releasing_allocator);
		return CODEC_MALFORMED;
	}
	*message = unpacked;
	return 0;
}

int codec_unpack_client(const uint8_t *bytes, size_t len, size_t budget_bytes,
			Assay__ClientMessage **message)
{
	ProtobufCMessage *unpacked;
	int outcome = unpack_checked(&assay__client_message__descriptor, bytes, len, budget_bytes,
				     &unpacked);

	if (outcome == 0)
		*message = (Assay__ClientMessage *)unpacked;
	return outcome;
}

int codec_unpack_task(const uint8_t *bytes, size_t len, size_t budget_bytes, Assay__Evaluate **task)
{
	ProtobufCMessage *unpacked;
	int outcome =
		unpack_checked(&assay__evaluate__descriptor, bytes, len, budget_bytes, &unpacked);

	if (outcome == 0)
		*task = (Assay__Evaluate *)unpacked;
	return outcome;
}

void codec_free_task(Assay__Evaluate *task)
{
	if (task != NULL)
		protobuf_c_message_free_unpacked(&task->base, &releasing_allocator);
}

int codec_unpack_server(const uint8_t *bytes, size_t len, size_t budget_bytes,
			Assay__ServerMessage **message)
{
	ProtobufCMessage *unpacked;
	int outcome;

	outcome = unpack(&assay__server_message__descriptor, bytes, len, budget_bytes, &unpacked);
	if (outcome != 0)
		return outcome;
	*message = (Assay__ServerMessage *)unpacked;
	return 0;
}

void codec_free_client(Assay__ClientMessage *message)
{
	if (message != NULL)
		protobuf_c_message_free_unpacked(&message->base, &releasing_allocator);
}

void codec_free_server(Assay__ServerMessage *message)
{
	if (message != NULL)
		protobuf_c_message_free_unpacked(&message->base, &releasing_allocator);
}

static int pack(const ProtobufCMessage *message, uint8_t **frame_bytes, size_t *len)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *buf;

	if (size > UINT32_MAX)
		return -EMSGSIZE;
	buf = malloc(FRAME_HEADER_BYTES + size);
	if (buf == NULL)
		return -ENOMEM;
	frame_header_write(buf, (uint32_t)size);
	protobuf_c_message_pack(message, buf + FRAME_HEADER_BYTES);
	*frame_bytes = buf;
	*len = FRAME_HEADER_BYTES + size;
	return 0;
}

int codec_pack_client(const Assay__ClientMessage *message, uint8_t **frame_bytes, size_t *len)
{
	return pack(&message->base, frame_bytes, len);
}

int codec_pack_server(const Assay__ServerMessage *message, uint8_t **frame_bytes, size_t *len)
{
	return pack(&message->base, frame_bytes, len);
}

/* ---- a message whose larger part is packed already */

#define WIRE_VARINT 0
#define WIRE_LENGTH 2
#define VARINT_BYTES_MAX 10
#define FIELD_REQUEST_ID 1 /* of ServerMessage; a field of the body is named by its case */

static size_t varint_write(uint8_t *bytes, uint64_t value)
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[n++] = (uint8_t)(value | 0x80);
	bytes[n++] = (uint8_t)value;
	return n;
}

/* What comes before the Result: the number of the request, and that a Result of `len` bytes
 * follows. */
static size_t write_envelope(uint8_t *bytes, uint64_t request_id, size_t len)
{
	size_t n = varint_write(bytes, FIELD_REQUEST_ID << 3 | WIRE_VARINT);

	n += varint_write(bytes + n, request_id);
	n += varint_write(bytes + n, ASSAY__SERVER_MESSAGE__BODY_RESULT << 3 | WIRE_LENGTH);
	return n + varint_write(bytes + n, len);
}

int codec_pack_result(uint64_t request_id, const Assay__Result *own, const uint8_t *rest,
		      size_t rest_len, uint8_t **frame_bytes, size_t *len)
{
	size_t own_len = assay__result__get_packed_size(own);
	uint8_t envelope[4 * VARINT_BYTES_MAX];
	size_t envelope_len = write_envelope(envelope, request_id, own_len + rest_len);
	size_t size = envelope_len + own_len + rest_len;
	uint8_t *buf;

	if (size > UINT32_MAX)
		return -EMSGSIZE;
	buf = malloc(FRAME_HEADER_BYTES + size);
	if (buf == NULL)
		return -ENOMEM;
	frame_header_write(buf, (uint32_t)size);
	memcpy(buf + FRAME_HEADER_BYTES, envelope, envelope_len);
	assay__result__pack(own, buf + FRAME_HEADER_BYTES + envelope_len);
	if (rest_len > 0)
		memcpy(buf + FRAME_HEADER_BYTES + envelope_len + own_len, rest, rest_len);
	*frame_bytes = buf;
	*len = FRAME_HEADER_BYTES + size;
	return 0;
}
