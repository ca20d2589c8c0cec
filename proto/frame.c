/*
 * Length-prefixed frames, in the broker and in libassay.
 *
 * The length is judged as soon as its four bytes are there, before anybody waits for or allocates
 * what it promises: a peer that announces 4 GiB costs nothing. The functions know bytes only; who
 * reads them from where, and how long a short frame may stay short, is the caller's business.
 */
#include "proto/frame.h"

static uint32_t read_big_endian(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

int frame_parse(const uint8_t *bytes, size_t len, uint64_t max_bytes, struct frame *frame)
{
	*frame = (struct frame){0};
	if (len < FRAME_HEADER_BYTES)
		return FRAME_SHORT;
	frame->message_len = read_big_endian(bytes);
	frame->total_len = (uint64_t)frame->message_len + FRAME_HEADER_BYTES;
	if (frame->message_len == 0)
		return FRAME_EMPTY;
	if (frame->message_len > max_bytes)
		return FRAME_TOO_LONG;
	if (len < frame->total_len)
		return FRAME_SHORT;
	frame->message = bytes + FRAME_HEADER_BYTES;
	return 0;
}

void frame_header_write(uint8_t header[FRAME_HEADER_BYTES], uint32_t len)
{
	header[0] = (uint8_t)(len >> 24);
	header[1] = (uint8_t)(len >> 16);
	header[2] = (uint8_t)(len >> 8);
	header[3] = (uint8_t)len;
}
