/*
 * What a planner and a callee write: calls, checks, answers (inside/wire.h). In the forked child.
 */
#pragma once

#include <Python.h>

#include <stdint.h>

/* Before run(): longest text of a value or message; longest answer that is told whole, 0: any. */
void call_records_start(uint32_t value_bytes, uint32_t whole_bytes);

/* For the runtime's Python part, as attributes of the module _assay. */
extern PyMethodDef call_record_methods[];
