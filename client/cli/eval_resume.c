/*
 * What an earlier run has already judged, for `assay eval --resume`. Runs in `assay`.
 *
 * Only the names are kept, as two 64-bit hashes, so that a file of ten million results costs a few
 * hundred megabytes at most and not its own size. A name is task id and candidate id; with several
 * results of one name (samples without ids) as many are skipped as there are. Of a matrix the name
 * has the suite in it, too.
 *
 * A run that was killed may have left half a line. Everything is read and checked first, then that
 * half line is cut off, so that a file named by mistake is not damaged.
 */
#include "client/cli/eval_resume.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/suite/lines.h"

struct name {
	uint64_t hash, check;
	uint32_t n_results; /* not yet claimed; 0 in an empty place, too */
	uint32_t n_claimed;
};

struct eval_resume {
	struct name *names; /* open addressing, capacity a power of two */
	size_t capacity, n_names, n_results;
	bool is_ambiguous;
};

static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) /* FNV-1a */
		hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3ULL;
	return hash;
}

/* `suite` NULL: it is of no matrix. */
static struct name name_of(const char *id, const char *candidate, const char *suite)
{
	struct name name = {.hash = 0xcbf29ce484222325ULL, .check = 0x9e3779b97f4a7c15ULL};

	/* The NUL between the two belongs to the name. */
	name.hash = hash_bytes(name.hash, id, strlen(id) + 1);
	name.hash = hash_bytes(name.hash, candidate, strlen(candidate));
	name.check = hash_bytes(name.check, candidate, strlen(candidate) + 1);
	name.check = hash_bytes(name.check, id, strlen(id));
	if (suite != NULL) {
		name.hash = hash_bytes(name.hash, suite, strlen(suite) + 1);
		name.check = hash_bytes(name.check, suite, strlen(suite) + 1);
	}
	return name;
}

static struct name *find(struct name *names, size_t capacity, const struct name *wanted)
{
	size_t at = (wanted->hash ^ wanted->hash >> 32) & (capacity - 1);

	while ((names[at].n_results != 0 || names[at].n_claimed != 0) &&
	       (names[at].hash != wanted->hash || names[at].check != wanted->check))
		at = (at + 1) & (capacity - 1);
	return &names[at];
}

static int grow(struct eval_resume *resume)
{
	size_t capacity = resume->capacity == 0 ? 1024 : resume->capacity * 2;
	struct name *names = calloc(capacity, sizeof(*names));

	if (names == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < resume->capacity; i++)
		if (resume->names[i].n_results != 0)
			*find(names, capacity, &resume->names[i]) = resume->names[i];
	free(resume->names);
	resume->names = names;
	resume->capacity = capacity;
	return 0;
}

static int add(struct eval_resume *resume, const struct name *wanted)
{
	struct name *found;
	int err = resume->n_names * 2 >= resume->capacity ? grow(resume) : 0;

	if (err < 0)
		return err;
	found = find(resume->names, resume->capacity, wanted);
	if (found->n_results == 0) {
		*found = *wanted;
		resume->n_names++;
	}
	found->n_results++;
	resume->n_results++;
	return 0;
}

/* A result counts; the error of a line that could not be used does not: it is tried again. */
static int add_line(struct eval_resume *resume, const char *text, size_t len)
{
	json_t *line = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	const char *id = json_string_value(json_object_get(line, "id"));
	const char *candidate = json_string_value(json_object_get(line, "candidate"));
	const char *suite = json_string_value(json_object_get(line, "suite"));
	int err = -EINVAL;

	if (json_object_get(line, "error") != NULL) {
		err = 0;
	} else if (id != NULL && candidate != NULL && json_object_get(line, "verdict") != NULL) {
		const struct name name = name_of(id, candidate, suite);

		err = add(resume, &name);
	}
	json_decref(line);
	return err;
}

/* Size of the file up to the end of its last whole line. */
static off_t whole_size(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char block[4096];

	while (size > 0) {
		size_t want = size < (off_t)sizeof(block) ? (size_t)size : sizeof(block);
		ssize_t got = pread(fd, block, want, size - (off_t)want);
		const char *newline;

		if (got != (ssize_t)want)
			return got < 0 ? -errno : -EIO;
		newline = memrchr(block, '\n', want);
		if (newline != NULL)
			return size - (off_t)want + (newline - block) + 1;
		size -= (off_t)want;
	}
	return size < 0 ? -errno : 0;
}

static int load_lines(struct eval_resume *resume, const char *path, off_t size, size_t *line)
{
	struct lines *lines;
	off_t read_bytes = 0;
	size_t len;
	char *text;
	int err = lines_open(path, &lines);

	if (err < 0)
		return err;
	while (read_bytes < size) {
		err = lines_next(lines, &text, &len);
		if (err != 0)
			break;
		read_bytes += (off_t)len + 1;
		*line = lines_number(lines);
		err = add_line(resume, text, len);
		if (err < 0)
			break;
	}
	lines_close(lines);
	return err < 0 ? err : 0;
}

static int load(struct eval_resume *resume, const char *path, size_t *line)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat status;
	off_t size;
	int err;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		return 0; /* a pipe or a device remembers nothing */
	}
	size = whole_size(fd);
	err = size < 0 ? (int)size : load_lines(resume, path, size, line);
	if (err == 0 && size < status.st_size && ftruncate(fd, size) < 0)
		err = -errno;
	close(fd);
	return err;
}

int eval_resume_load(const char *path, struct eval_resume **result, size_t *line)
{
	struct eval_resume *resume = calloc(1, sizeof(*resume));
	int err = resume == NULL ? -ENOMEM : grow(resume);

	*line = 0;
	if (err == 0)
		err = load(resume, path, line);
	if (err < 0) {
		eval_resume_free(resume);
		return err;
	}
	*result = resume;
	return 0;
}

void eval_resume_free(struct eval_resume *resume)
{
	if (resume == NULL)
		return;
	free(resume->names);
	free(resume);
}

size_t eval_resume_n_results(const struct eval_resume *resume)
{
	return resume->n_results;
}

bool eval_resume_claim(struct eval_resume *resume, const char *id, const char *candidate,
		       const char *suite)
{
	struct name wanted = name_of(id, candidate, suite);
	struct name *found = find(resume->names, resume->capacity, &wanted);

	if (found->n_results == 0 && found->n_claimed == 0)
		return false;
	if (found->n_claimed > 0)
		resume->is_ambiguous = true;
	found->n_claimed++;
	if (found->n_results == 0)
		return false;
	found->n_results--;
	return true;
}

bool eval_resume_is_ambiguous(const struct eval_resume *resume)
{
	return resume->is_ambiguous;
}
