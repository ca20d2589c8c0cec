/*
 * Where the encoder writes to, and which containers it has been in.
 */
#pragma once

#include <Python.h>
#include <stdint.h>

#include "inside/runtimes/python/values.h"

struct value_output {
	uint8_t *bytes;
	size_t len;
	size_t capacity;
};

/* 0, or -1 with an exception: ValueError above VALUE_BYTES_MAX. */
int value_put(struct value_output *output, const void *bytes, size_t n);

/* The low `n` bytes of `number`, low byte first. */
int value_put_number(struct value_output *output, uint64_t number, size_t n);

void value_output_deinit(struct value_output *output);

/* Containers by identity. Holds a reference of each, so that no address is used twice. */
struct value_memo {
	struct value_memo_entry {
		PyObject *container;
		int64_t index; /* MEMO_OPEN, or what BACK calls it */
	} * entries;
	size_t n_entries;
	size_t capacity; /* 0 or a power of two */
};

#define VALUE_MEMO_OPEN INT64_C(-1)
#define VALUE_MEMO_NEW INT64_C(-2)

/* The index of a container that was closed, or VALUE_MEMO_OPEN, or VALUE_MEMO_NEW. */
int64_t value_memo_find(const struct value_memo *memo, PyObject *container);

/* It is new and open from now on. 0, or -1 with an exception. */
int value_memo_open(struct value_memo *memo, PyObject *container);

/* It was open. */
void value_memo_close(struct value_memo *memo, PyObject *container, uint32_t index);

void value_memo_deinit(struct value_memo *memo);
