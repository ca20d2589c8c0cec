/*
 * Text in messages before they are unpacked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

/*
 * Whether any `string` field of the message of `len` bytes holds a NUL. Unpacked strings end at
 * their first NUL, so what comes behind it would be neither checked nor seen. Bytes that are no
 * such message answer false from where they stop to make sense: unpacking refuses them.
 */
bool text_has_nul(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t len);
