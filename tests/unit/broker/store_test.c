/* broker/store and broker/verdict_file: what was written is found again, what is damaged is not. */
#include "broker/store.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/verdict_file.h"

#define MAX_BYTES (16 * 4096)
#define USER 7

static char folder[64];
static struct store *store;
static struct metrics metrics;

static void open_store(void)
{
	static int shared = -1; /* as the supervisor hands one to a broker after the other */

	store_free(store);
	close(shared);
	shared = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	store_free(store_new(dup(shared), MAX_BYTES));
	store = store_new(dup(shared), MAX_BYTES);
	assert_non_null(store);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/store_test.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	open_store();
	return 0;
}

typedef void visit_file(const char *path);

static unsigned int each_file(visit_file *visit)
{
	DIR *listed = opendir(folder);
	const struct dirent *entry;
	char path[512];
	unsigned int n = 0;

	while ((entry = readdir(listed)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (visit != NULL)
			visit(path);
	}
	closedir(listed);
	return n;
}

static void remove_file(const char *path)
{
	unlink(path);
}

static int tear_down(void **state)
{
	(void)state;
	store_free(store);
	store = NULL;
	each_file(remove_file);
	return rmdir(folder);
}

static const uint64_t *count(enum metric metric)
{
	store_count(store, &metrics);
	return &metrics.counters[metric];
}

static struct lru_key key_of(uint8_t number)
{
	return (struct lru_key){{number, 0xab, [31] = 0x0f}};
}

static void add(uint8_t number, uint32_t user)
{
	const struct told_verdict told = {
		.code = VERDICT_FAILED, .bytes = (const uint8_t *)"what was told", .len = 13};
	const struct lru_key key = key_of(number);

	store_add(store, &key, user, &told);
}

static bool find(uint8_t number)
{
	const struct lru_key key = key_of(number);
	struct told_verdict told;

	if (!store_find(store, &key, &told))
		return false;
	assert_int_equal(told.code, VERDICT_FAILED);
	assert_int_equal(told.len, 13);
	assert_memory_equal(told.bytes, "what was told", 13);
	return true;
}

static void expect_private(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static void test_it_outlives_the_process(void **state)
{
	(void)state;
	assert_false(find(1));
	add(1, USER);
	add(1, USER);
	assert_true(find(1));
	assert_int_equal(each_file(expect_private), 1);
	open_store();
	assert_true(find(1));
	assert_false(find(2));
	assert_int_equal(*count(METRIC_cache_files), 1);
	assert_int_equal(*count(METRIC_cache_file_bytes), 4096);
}

static void test_bounds(void **state)
{
	(void)state;
	add(100, USER + 1);
	for (uint8_t i = 0; i < 40; i++)
		add(i, USER);
	assert_int_equal(each_file(NULL), 16);
	assert_true(find(100));
	assert_false(find(24));
	assert_true(find(25));
	open_store();
	assert_int_equal(*count(METRIC_cache_files), 16);
	assert_int_equal(each_file(NULL), 16);
}

static void test_what_is_not_ours_is_left_alone(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/README", folder);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	snprintf(path, sizeof(path), "%s/new", folder);
	close(open(path, O_CREAT | O_WRONLY, 0600)); /* as a broker that was killed leaves it */
	open_store();
	assert_int_equal(each_file(NULL), 1);
	add(1, USER);
	assert_true(find(1));
}

/* ---- damage */

static void cut(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(truncate(path, status.st_size - 1), 0);
}

static void empty(const char *path)
{
	assert_int_equal(truncate(path, 0), 0);
}

static void lengthen(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(truncate(path, status.st_size + 1), 0);
}

static void flip_at(const char *path, off_t at)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void flip_magic(const char *path)
{
	flip_at(path, 0);
}

static void flip_version(const char *path)
{
	flip_at(path, offsetof(struct verdict_file_header, version));
}

static void flip_verdict(const char *path)
{
	flip_at(path, offsetof(struct verdict_file_header, code));
}

static void flip_checksum(const char *path)
{
	flip_at(path, offsetof(struct verdict_file_header, checksum));
}

static void flip_last(const char *path)
{
	flip_at(path, sizeof(struct verdict_file_header) + 12);
}

/* The verdict of one candidate under the name of another. */
static void rename_it(const char *path)
{
	char other[512];

	snprintf(other, sizeof(other), "%s", path);
	other[strlen(other) - 1] = 'e';
	assert_int_equal(rename(path, other), 0);
}

static void test_damage_is_refused_and_mended(void **state)
{
	static visit_file *const damages[] = {cut,          empty,        lengthen,      flip_magic,
					      flip_version, flip_verdict, flip_checksum, flip_last};
	uint64_t n = 0;

	(void)state;
	for (size_t when = 0; when < 2; when++) {
		for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
			add(1, USER);
			each_file(damages[i]);
			if (when == 1)
				open_store();
			n = *count(METRIC_cache_files_refused);
			assert_false(find(1));
			assert_int_equal(*count(METRIC_cache_files_refused), n + 1);
			assert_int_equal(each_file(NULL), 0);
			add(1, USER);
			assert_true(find(1));
		}
	}
	each_file(rename_it);
	open_store();
	n = *count(METRIC_cache_files_refused);
	{
		const struct lru_key key = {{1, 0xab, [31] = 0x0e}};
		struct told_verdict told;

		assert_false(store_find(store, &key, &told));
	}
	assert_int_equal(*count(METRIC_cache_files_refused), n + 1);
}

static void test_a_file_that_vanished(void **state)
{
	(void)state;
	add(1, USER);
	each_file(remove_file);
	assert_false(find(1));
	add(1, USER);
	assert_true(find(1));
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_setup_teardown(test_it_outlives_the_process, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_is_not_ours_is_left_alone, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_damage_is_refused_and_mended, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_file_that_vanished, set_up, tear_down),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
