/*
 * A growing buffer and an open hash table, both on the C heap: see values_output.h. Used by the
 * encoder in both locked processes.
 */
#include "inside/runtimes/python/values_output.h"

#include <stdlib.h>
#include <string.h>

static int grow(struct value_output *output, size_t needed)
{
	size_t capacity = output->capacity > 0 ? output->capacity : 256;
	uint8_t *bytes;

	while (capacity < needed)
		capacity *= 2;
	bytes = realloc(output->bytes, capacity);
	if (bytes == NULL) {
		PyErr_NoMemory();
		return -1;
	}
	output->bytes = bytes;
	output->capacity = capacity;
	return 0;
}

int value_put(struct value_output *output, const void *bytes, size_t n)
{
	if (n > VALUE_BYTES_MAX - output->len) {
		PyErr_Format(PyExc_ValueError,
			     "a value of more than %u bytes is too large to be sent",
			     VALUE_BYTES_MAX);
		return -1;
	}
	if (n > output->capacity - output->len && grow(output, output->len + n) < 0)
		return -1;
	if (n > 0)
		memcpy(output->bytes + output->len, bytes, n);
	output->len += n;
	return 0;
}

int value_put_number(struct value_output *output, uint64_t number, size_t n)
{
	uint8_t bytes[sizeof(number)];

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(number >> (8 * i));
	return value_put(output, bytes, n);
}

void value_output_deinit(struct value_output *output)
{
	free(output->bytes);
	*output = (struct value_output){.bytes = NULL};
}

/* The entry of `container`, or the free one where it belongs; the table is not full. */
static struct value_memo_entry *find_entry(struct value_memo_entry *entries, size_t capacity,
					   PyObject *container)
{
	uint64_t hash = ((uint64_t)(uintptr_t)container >> 4) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(hash >> 32) & (capacity - 1);

	while (entries[at].container != NULL && entries[at].container != container)
		at = (at + 1) & (capacity - 1);
	return &entries[at];
}

int64_t value_memo_find(const struct value_memo *memo, PyObject *container)
{
	const struct value_memo_entry *entry;

	if (memo->capacity == 0)
		return VALUE_MEMO_NEW;
	entry = find_entry(memo->entries, memo->capacity, container);
	return entry->container == NULL ? VALUE_MEMO_NEW : entry->index;
}

static int enlarge(struct value_memo *memo)
{
	size_t capacity = memo->capacity > 0 ? 2 * memo->capacity : 64;
	struct value_memo_entry *entries = calloc(capacity, sizeof(*entries));

	if (entries == NULL) {
		PyErr_NoMemory();
		return -1;
	}
	for (size_t i = 0; i < memo->capacity; i++)
		if (memo->entries[i].container != NULL)
			*find_entry(entries, capacity, memo->entries[i].container) =
				memo->entries[i];
	free(memo->entries);
	memo->entries = entries;
	memo->capacity = capacity;
	return 0;
}

int value_memo_open(struct value_memo *memo, PyObject *container)
{
	struct value_memo_entry *entry;

	if (3 * memo->capacity <= 4 * memo->n_entries && enlarge(memo) < 0)
		return -1;
	entry = find_entry(memo->entries, memo->capacity, container);
	Py_INCREF(container);
	entry->container = container;
	entry->index = VALUE_MEMO_OPEN;
	memo->n_entries++;
	return 0;
}

void value_memo_close(struct value_memo *memo, PyObject *container, uint32_t index)
{
	find_entry(memo->entries, memo->capacity, container)->index = index;
}

void value_memo_deinit(struct value_memo *memo)
{
	for (size_t i = 0; i < memo->capacity; i++)
		Py_XDECREF(memo->entries[i].container);
	free(memo->entries);
	*memo = (struct value_memo){.entries = NULL};
}
