/* broker/stream: what is kept, what is dropped and counted, and that the last drain is whole. */
#include "broker/stream.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct stream stream = {.fd = -1};
static int write_fd = -1;

static void open_stream(size_t max_bytes)
{
	assert_int_equal(stream_open(&stream, max_bytes, &write_fd), 0);
}

static void end_writer(void)
{
	close(write_fd);
	write_fd = -1;
}

static void say(const char *text)
{
	assert_int_equal(write(write_fd, text, strlen(text)), strlen(text));
}

static int tear_down(void **state)
{
	(void)state;
	if (write_fd >= 0)
		end_writer();
	stream_deinit(&stream);
	return 0;
}

static void expect(const char *kept, uint64_t dropped_bytes)
{
	assert_int_equal(stream.len, strlen(kept));
	assert_memory_equal(stream.bytes, kept, stream.len);
	assert_int_equal(stream.dropped_bytes, dropped_bytes);
}

static void test_bound(void **state)
{
	(void)state;
	open_stream(5);
	say("1234");
	stream_drain(&stream);
	expect("1234", 0);
	say("5");
	stream_drain(&stream);
	expect("12345", 0);
	say("678");
	stream_drain(&stream);
	expect("12345", 3);
	say("9");
	stream_close(&stream);
	expect("12345", 4);
	assert_int_equal(stream.fd, -1);
}

static void test_end_of_file_closes(void **state)
{
	(void)state;
	open_stream(100);
	say("last words");
	end_writer();
	stream_drain(&stream);
	expect("last words", 0);
	assert_int_equal(stream.fd, -1);
	stream_close(&stream);
	expect("last words", 0);
}

static void test_used_again(void **state)
{
	(void)state;
	open_stream(100);
	say("first run");
	stream_close(&stream);
	end_writer();
	open_stream(4);
	assert_int_equal(stream.len, 0);
	say("second");
	stream_close(&stream);
	expect("seco", 2);
}

/* A candidate may enlarge its pipe; all of what it wrote is there to be read after its end. */
static void test_last_drain_takes_the_largest_pipe(void **state)
{
	size_t size;
	size_t written = 0;
	ssize_t n;
	char *block;

	(void)state;
	open_stream(40000);
	n = fcntl(write_fd, F_SETPIPE_SZ, 1 << 20);
	if (n < 0)
		skip();
	size = (size_t)n;
	block = calloc(1, size);
	assert_int_equal(fcntl(write_fd, F_SETFL, O_NONBLOCK), 0);
	while ((n = write(write_fd, block, size)) > 0)
		written += (size_t)n;
	free(block);
	end_writer();
	assert_true(written > size / 2);
	stream_close(&stream);
	assert_int_equal(stream.len, 40000);
	assert_int_equal(stream.dropped_bytes, written - 40000);
}

/* One drain is bounded, however fast the other side writes; the rest comes with the next. */
static void test_large_output_is_counted(void **state)
{
	static char block[32768];
	uint64_t written = 0;

	(void)state;
	memset(block, 'x', sizeof(block));
	open_stream(40000);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(write(write_fd, block, sizeof(block)), sizeof(block));
		written += sizeof(block);
		stream_drain(&stream);
	}
	assert_int_equal(stream.len, 40000);
	assert_int_equal(stream.dropped_bytes, written - 40000);
	assert_true(stream.capacity <= 40000);
}

static void count_call(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	++*(int *)argument;
	stream_drain(&stream);
}

static void test_watched(void **state)
{
	struct event_base *base = event_base_new();
	int calls = 0;

	(void)state;
	open_stream(100);
	stream_watch(&stream, base, count_call, &calls);
	say("seen");
	event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(calls, 1);
	expect("seen", 0);
	end_writer();
	event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(calls, 2);
	assert_null(stream.event); /* nothing is left to be watched */
	assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 1);
	stream_deinit(&stream);
	event_base_free(base);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test_teardown(test_bound, tear_down),
		cmocka_unit_test_teardown(test_end_of_file_closes, tear_down),
		cmocka_unit_test_teardown(test_used_again, tear_down),
		cmocka_unit_test_teardown(test_last_drain_takes_the_largest_pipe, tear_down),
		cmocka_unit_test_teardown(test_large_output_is_counted, tear_down),
		cmocka_unit_test_teardown(test_watched, tear_down),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
