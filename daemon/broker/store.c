/*
 * The folder of known verdicts. Broker.
 *
 * A file is named by its user and its key. Which there are is remembered, so a verdict that is not
 * known costs no system call, and `core/lru` bounds them as it does those in memory. A file is
 * written under another name, whole, and then renamed; nothing is synced, because that would keep
 * the loop waiting: what a power failure leaves is found out by its checksum, removed and judged
 * again. The supervisor has made the folder, and holds the lock on it.
 *
 * The broker is locked in when it does this: broker/armour.c names the few calls and flags below.
 */
#include "broker/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/memory.h"
#include "broker/armour.h"
#include "broker/verdict_file.h"

#define NAME_MAX_BYTES 80
#define NEW_NAME "new"
/* What a file takes of the disk is counted in these. */
#define BLOCK_BYTES 4096u

struct stored {
	struct lru_entry entry; /* first: entries are these */
	uint32_t user;
	size_t file_bytes;
};

/* A file that was found, until they are all known. */
struct found {
	struct lru_key key;
	uint32_t user;
	size_t bytes;
	struct timespec changed;
};

struct store {
	int folder;
	struct lru files;
	uint8_t *bytes; /* of the file that was read last */
	uint64_t n_refused;
	uint64_t n_failed;
};

/* ---- names */

static void write_name(uint32_t user, const struct lru_key *key, char name[NAME_MAX_BYTES])
{
	int at = snprintf(name, NAME_MAX_BYTES, "%" PRIu32 "-", user);

	for (size_t i = 0; i < sizeof(key->bytes); i++)
		at += snprintf(name + at, NAME_MAX_BYTES - (size_t)at, "%02x", key->bytes[i]);
}

static int hex_value(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = digit != '\0' ? strchr(digits, digit) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* Exactly what write_name() writes. */
static bool read_name(const char *name, uint32_t *user, struct lru_key *key)
{
	char again[NAME_MAX_BYTES];
	const char *hex = strchr(name, '-');

	if (hex == NULL || strlen(++hex) != 2 * sizeof(key->bytes))
		return false;
	for (size_t i = 0; i < sizeof(key->bytes); i++) {
		int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key->bytes[i] = (uint8_t)(high << 4 | low);
	}
	*user = (uint32_t)strtoul(name, NULL, 10);
	write_name(*user, key, again);
	return strcmp(name, again) == 0;
}

/* ---- what there is */

static size_t on_disk(size_t bytes)
{
	return (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}

/* It leaves the table, and the disk. */
static void drop_file(struct lru_entry *entry, void *context)
{
	const struct store *store = context;
	struct stored *stored = (struct stored *)entry;
	char name[NAME_MAX_BYTES];

	write_name(stored->user, &entry->key, name);
	unlinkat(store->folder, name, 0);
	free(stored);
}

static void add_file(struct store *store, const struct lru_key *key, uint32_t user, size_t bytes)
{
	struct stored *stored = xcalloc(1, sizeof(*stored));

	stored->user = user;
	stored->file_bytes = bytes;
	/* One that is too large was not written by us, or with other bounds. */
	if (lru_add(&store->files, &stored->entry, key, user, on_disk(bytes)) != 0) {
		stored->entry.key = *key;
		drop_file(&stored->entry, store);
	}
}

static int by_age(const void *left, const void *right)
{
	const struct timespec *a = &((const struct found *)left)->changed;
	const struct timespec *b = &((const struct found *)right)->changed;

	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	return a->tv_nsec < b->tv_nsec ? -1 : a->tv_nsec > b->tv_nsec;
}

/* What is no file of ours is left alone. */
static size_t list_files(DIR *folder, struct found **files)
{
	size_t n = 0, room = 0;
	const struct dirent *entry;

	*files = NULL;
	while ((entry = readdir(folder)) != NULL) {
		struct found found;
		struct stat status;

		if (!read_name(entry->d_name, &found.user, &found.key) ||
		    fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(status.st_mode))
			continue;
		found.bytes = (size_t)status.st_size;
		found.changed = status.st_mtim;
		if (n == room) {
			room = 2 * room + 64;
			*files = xrealloc(*files, room * sizeof(**files));
		}
		(*files)[n++] = found;
	}
	return n;
}

struct store *store_new(int fd, size_t max_bytes)
{
	struct store *store = xcalloc(1, sizeof(*store));
	int listed = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *folder = listed >= 0 ? fdopendir(listed) : NULL;
	struct found *files;
	size_t n;

	store->folder = fd;
	lru_init(&store->files, max_bytes, drop_file, store);
	if (folder == NULL) {
		log_error("cannot read the folder of known verdicts: %s", strerror(errno));
		fd_close(&listed);
		store_free(store);
		return NULL;
	}
	rewinddir(folder); /* the place in it is shared with brokers before this one */
	unlinkat(fd, NEW_NAME, 0);
	n = list_files(folder, &files);
	if (n > 0)
		qsort(files, n, sizeof(*files), by_age);
	for (size_t i = 0; i < n; i++)
		add_file(store, &files[i].key, files[i].user, files[i].bytes);
	free(files);
	closedir(folder);
	return store;
}

/* The files stay. */
static void keep_file(struct lru_entry *entry, void *context)
{
	(void)context;
	free((struct stored *)entry);
}

void store_free(struct store *store)
{
	if (store == NULL)
		return;
	store->files.drop = keep_file;
	lru_deinit(&store->files);
	fd_close(&store->folder);
	free(store->bytes);
	free(store);
}

/* ---- one file */

/* The whole file; its length, or -errno. One that has grown is as bad as one that was cut. */
static ssize_t read_file(struct store *store, const struct stored *stored)
{
	char name[NAME_MAX_BYTES];
	_cleanup_fd_ int fd = -1;

	write_name(stored->user, &stored->entry.key, name);
	fd = openat(store->folder, name, ARMOUR_STORE_READ);
	if (fd < 0)
		return -errno;
	store->bytes = xrealloc(store->bytes, stored->file_bytes + 1);
	return fd_read_all(fd, store->bytes, stored->file_bytes + 1);
}

bool store_find(struct store *store, const struct lru_key *key, struct told_verdict *told)
{
	struct stored *stored = (struct stored *)lru_find(&store->files, key);
	ssize_t len;

	if (stored == NULL)
		return false;
	len = read_file(store, stored);
	if (len >= 0 && verdict_file_parse(store->bytes, (size_t)len, key, told))
		return true;
	log_warning("a file of a known verdict is damaged, and removed");
	store->n_refused++;
	lru_remove(&store->files, &stored->entry);
	drop_file(&stored->entry, store);
	return false;
}

/* 0 or -errno; nothing is left behind. */
static int write_file(const struct store *store, const char *name,
		      const struct verdict_file_header *header, const struct told_verdict *told)
{
	struct iovec parts[] = {
		{.iov_base = (void *)header, .iov_len = sizeof(*header)},
		{.iov_base = (void *)told->bytes, .iov_len = told->len},
	};
	_cleanup_fd_ int fd = openat(store->folder, NEW_NAME, ARMOUR_STORE_WRITE, 0600);
	ssize_t written;
	int err = 0;

	if (fd < 0)
		return -errno;
	written = writev(fd, parts, 2);
	if (written < 0)
		err = -errno;
	else if ((size_t)written != sizeof(*header) + told->len)
		err = -ENOSPC;
	else if (renameat(store->folder, NEW_NAME, store->folder, name) < 0)
		err = -errno;
	if (err < 0)
		unlinkat(store->folder, NEW_NAME, 0);
	return err;
}

void store_add(struct store *store, const struct lru_key *key, uint32_t user,
	       const struct told_verdict *told)
{
	const size_t bytes = sizeof(struct verdict_file_header) + told->len;
	struct verdict_file_header header;
	char name[NAME_MAX_BYTES];
	int err;

	if (on_disk(bytes) > store->files.max_bytes / LRU_LARGEST_PART ||
	    lru_find(&store->files, key) != NULL)
		return;
	verdict_file_head(key, told, &header);
	write_name(user, key, name);
	err = write_file(store, name, &header, told);
	if (err == 0) {
		add_file(store, key, user, bytes);
		return;
	}
	/* A full disk is said once, not with every verdict. */
	if (store->n_failed++ == 0)
		log_error("cannot keep a verdict in its folder: %s", strerror(-err));
}

void store_count(const struct store *store, struct metrics *metrics)
{
	metrics->counters[METRIC_cache_files] = store->files.n_entries;
	metrics->counters[METRIC_cache_file_bytes] = store->files.used_bytes;
	metrics->counters[METRIC_cache_files_refused] = store->n_refused;
	metrics->counters[METRIC_cache_files_failed] = store->n_failed;
}
