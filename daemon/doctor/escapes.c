/*
 * A small table, on purpose: local privilege escalations that are widely used, with the releases
 * that upstream repaired them in. It can say that a kernel is old, never that one is good; and a
 * distribution may have repaired its kernel without changing the number. So what it finds is a
 * reason to look, not a refusal. A cell's own filter refuses the calls that these holes need.
 *
 * The releases are those of the National Vulnerability Database, and where it has no range for a
 * series those whose list of changes has the repair.
 */
#include "doctor/escapes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define REPAIRS_MAX 8

struct release {
	unsigned long major;
	unsigned long minor;
	unsigned long patch;
};

static const struct {
	const char *name;
	struct release since;                /* the first that has it */
	struct release repairs[REPAIRS_MAX]; /* of each series the first that has it no more */
} holes[] = {
	{"CVE-2022-0185 (fsconfig)",
	 {5, 1, 0},
	 {{5, 4, 173}, {5, 10, 93}, {5, 15, 16}, {5, 16, 2}, {5, 17, 0}}},
	{"CVE-2022-0847 (Dirty Pipe)",
	 {5, 8, 0},
	 {{5, 10, 102}, {5, 15, 25}, {5, 16, 11}, {5, 17, 0}}},
	{"CVE-2023-32233 (nf_tables)",
	 {3, 13, 0},
	 {{5, 10, 180}, {5, 15, 111}, {6, 1, 28}, {6, 2, 15}, {6, 3, 2}, {6, 4, 0}}},
	{"CVE-2024-1086 (nf_tables)",
	 {3, 15, 0},
	 {{5, 10, 210}, {5, 15, 149}, {6, 1, 76}, {6, 6, 15}, {6, 7, 3}, {6, 8, 0}}},
	{"CVE-2026-31431 (Copy Fail, AF_ALG)",
	 {4, 14, 0},
	 {{5, 10, 254},
	  {5, 15, 204},
	  {6, 1, 170},
	  {6, 6, 137},
	  {6, 12, 85},
	  {6, 18, 22},
	  {6, 19, 12},
	  {7, 0, 0}}},
};

static int compare(const struct release *one, const struct release *other)
{
	if (one->major != other->major)
		return one->major < other->major ? -1 : 1;
	if (one->minor != other->minor)
		return one->minor < other->minor ? -1 : 1;
	if (one->patch != other->patch)
		return one->patch < other->patch ? -1 : 1;
	return 0;
}

/* In the order of the series: repaired in its own series, or newer than the last one repaired. */
static int is_repaired(const struct release *release, const struct release repairs[REPAIRS_MAX])
{
	const struct release *last = &repairs[0];

	for (size_t i = 0; i < REPAIRS_MAX && repairs[i].major != 0; i++) {
		last = &repairs[i];
		if (last->major == release->major && last->minor == release->minor)
			return compare(release, last) >= 0;
	}
	return compare(release, last) >= 0;
}

static int parse(const char *text, struct release *release)
{
	char *end;

	release->major = strtoul(text, &end, 10);
	if (end == text || *end != '.')
		return -EINVAL;
	text = end + 1;
	release->minor = strtoul(text, &end, 10);
	if (end == text)
		return -EINVAL;
	release->patch = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return 0;
}

int escapes_of(const char *text, char *names, size_t size)
{
	struct release release;
	size_t len = 0;
	int n = 0;

	names[0] = '\0';
	if (parse(text, &release) < 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
		if (compare(&release, &holes[i].since) < 0 ||
		    is_repaired(&release, holes[i].repairs))
			continue;
		if (len < size)
			len += (size_t)snprintf(names + len, size - len, "%s%s", n > 0 ? ", " : "",
						holes[i].name);
		n++;
	}
	return n;
}
