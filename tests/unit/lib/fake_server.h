/*
 * The other end of a connection, in the same thread: what the daemon would say is written into a
 * socket pair before the library reads it.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "assay/assay.h"
#include "base/fd.h"
#include "proto/codec.h"
#include "proto/frame.h"

struct fake {
	int fd;        /* the daemon's end */
	int client_fd; /* the library's end, until it has it */
	assay_client *client;
};

static inline void fake_open(struct fake *fake)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	*fake = (struct fake){.fd = pair[0], .client_fd = pair[1]};
}

static inline void fake_close(struct fake *fake)
{
	assay_disconnect(fake->client);
	fake->client = NULL;
	fd_close(&fake->fd);
	fd_close(&fake->client_fd);
}

static inline void fake_send_bytes(const struct fake *fake, const void *bytes, size_t len)
{
	assert_int_equal(fd_write_all(fake->fd, bytes, len), 0);
}

static inline void fake_send(const struct fake *fake, const Assay__ServerMessage *message)
{
	uint8_t *bytes;
	size_t len;

	assert_int_equal(codec_pack_server(message, &bytes, &len), 0);
	fake_send_bytes(fake, bytes, len);
	free(bytes);
}

static inline void fake_send_hello(const struct fake *fake, uint32_t major, uint64_t max_frame)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	Assay__ServerHello hello = ASSAY__SERVER_HELLO__INIT;
	Assay__Language python = ASSAY__LANGUAGE__INIT;
	Assay__Language *languages[] = {&python};
	char *isolation[] = {(char *)"seccomp", (char *)"rlimits"};
	char *missing[] = {(char *)"cgroup-memory"};

	message.body_case = ASSAY__SERVER_MESSAGE__BODY_HELLO;
	message.hello = &hello;
	hello.protocol_major = major;
	hello.server_version = (char *)"assay 9.9";
	hello.max_frame_bytes = max_frame;
	hello.max_candidates = 64;
	hello.slots_total = 2;
	hello.slots_free = 1;
	hello.n_languages = 1;
	hello.languages = languages;
	python.name = (char *)"python";
	python.runtime = (char *)"CPython 3.11.2";
	hello.n_isolation = 2;
	hello.isolation = isolation;
	hello.n_isolation_missing = 1;
	hello.isolation_missing = missing;
	fake_send(fake, &message);
}

/* The next message of the client; the caller frees it. */
static inline Assay__ClientMessage *fake_receive(const struct fake *fake)
{
	uint8_t header[FRAME_HEADER_BYTES];
	Assay__ClientMessage *message;
	struct frame frame;
	uint8_t *bytes;

	assert_int_equal(fd_read_all(fake->fd, header, sizeof(header)), sizeof(header));
	assert_int_equal(frame_parse(header, sizeof(header), 64 << 20, &frame), FRAME_SHORT);
	bytes = malloc(frame.message_len);
	assert_non_null(bytes);
	assert_int_equal(fd_read_all(fake->fd, bytes, frame.message_len), frame.message_len);
	assert_int_equal(codec_unpack_client(bytes, frame.message_len, 256 << 20, &message), 0);
	free(bytes);
	return message;
}

/* Connects, and drops the client's greeting. */
static inline void fake_connect(struct fake *fake, uint64_t max_frame)
{
	fake_open(fake);
	fake_send_hello(fake, 1, max_frame);
	assert_int_equal(
		assay_connect_fd(fd_take(&fake->client_fd), "unit test", 1000, &fake->client), 0);
	codec_free_client(fake_receive(fake));
}

static inline void fake_send_result(const struct fake *fake, uint64_t id, uint32_t index)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	Assay__Result result = ASSAY__RESULT__INIT;

	message.request_id = id;
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_RESULT;
	message.result = &result;
	result.candidate_index = index;
	result.verdict = ASSAY__VERDICT__PASSED;
	fake_send(fake, &message);
}

static inline void fake_send_done(const struct fake *fake, uint64_t id)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	Assay__Done done = ASSAY__DONE__INIT;

	message.request_id = id;
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_DONE;
	message.done = &done;
	fake_send(fake, &message);
}

static inline void fake_send_error(const struct fake *fake, uint64_t id, Assay__ErrorCode code,
				   const char *field)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	Assay__Error error = ASSAY__ERROR__INIT;

	message.request_id = id;
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_ERROR;
	message.error = &error;
	error.code = code;
	error.message = (char *)"as the test wants";
	error.field = (char *)field;
	error.retry_after_ms = 40;
	fake_send(fake, &message);
}

/* Submits one candidate; its number. */
static inline uint64_t fake_submit(const struct fake *fake)
{
	assay_request *request = assay_request_new("python");
	uint64_t id = 0;

	assert_non_null(request);
	assert_int_equal(assay_request_set_check(request, "def check(f): pass", 18), 0);
	assert_int_equal(assay_request_add_candidate(request, "a", "x = 1", 5), 0);
	assert_int_equal(assay_submit(fake->client, request, &id), 0);
	assay_request_free(request);
	return id;
}

/* The next event must be of that type and request. */
static inline void fake_expect(const struct fake *fake, enum assay_event_type type, uint64_t id)
{
	assay_event *event = NULL;

	assert_int_equal(assay_next(fake->client, 1000, &event), 0);
	assert_int_equal(assay_event_type(event), type);
	assert_int_equal(assay_event_request(event), id);
	assay_event_free(event);
}
