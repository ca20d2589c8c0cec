/*
 * What is known of each kind of tests before any of them is read. Pure; used by the broker.
 */
#include "core/task_kind.h"

const char *const task_kind_names[TASK_N_KINDS] = {
#define X(kind, number, name, has_examiner) name,
	TASK_KINDS(X)
#undef X
};

const char *const task_kind_program_names[TASK_N_PROGRAM_KINDS] = {"program", "stdio"};

bool task_kind_is_for_programs(enum task_kind kind)
{
	return kind == TASK_PROGRAM || kind == TASK_STDIO;
}

bool task_kind_has_examiner(enum task_kind kind)
{
	switch (kind) {
#define X(kind, number, name, has_examiner) \
	case TASK_##kind:                   \
		return has_examiner;
		TASK_KINDS(X)
#undef X
	}
	return false;
}
