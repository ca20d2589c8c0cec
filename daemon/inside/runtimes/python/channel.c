/*
 * Frames over the pipes between examiner and examinee; runs in the forked children of both cells.
 *
 * Blocking, with the interpreter's lock released meanwhile: threads of the candidate go on. Signal
 * handlers run only between frames, where an exception of theirs leaves no frame half read. A
 * process that the candidate forks comes back to our loop like its parent would; it must not speak
 * in its place, so it finds the channel closed.
 *
 * One read(2) a frame, as most are short: what came beyond the header's bytes is kept for the
 * payload, and for the frame behind it.
 */
#include "inside/runtimes/python/channel.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "inside/runtimes/python/test_limit.h"

#define NS_PER_SECOND 1000000000u
#define NS_PER_MS 1000000u
#define AHEAD_BYTES 2048

static struct {
	int in;
	int out;
	bool tells_time;
	bool is_guarded;          /* a forked process closes it */
	volatile bool is_sending; /* a frame may be half written */
	uint64_t their_cpu_ns;
	size_t ahead_at; /* what was read and not yet taken */
	size_t ahead_end;
	char ahead[AHEAD_BYTES];
} channel = {.in = -1, .out = -1};

static void close_in_child(void)
{
	channel.ahead_at = 0; /* frames are taken without a descriptor, too */
	channel.ahead_end = 0;
	fd_close(&channel.in);
	fd_close(&channel.out);
}

void channel_open(int in, int out)
{
	if (!channel.is_guarded)
		pthread_atfork(NULL, NULL, close_in_child);
	channel.is_guarded = true;
	close_in_child();
	channel.in = in;
	channel.out = out;
	channel.their_cpu_ns = 0;
}

void channel_tell_time(void)
{
	channel.tells_time = true;
}

bool channel_is_open(void)
{
	return channel.in >= 0;
}

uint64_t channel_their_cpu_ns(void)
{
	return channel.their_cpu_ns;
}

static uint64_t own_cpu_ns(void)
{
	struct timespec now;

	if (!channel.tells_time)
		return 0;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static PyObject *gone(void)
{
	PyErr_SetString(PyExc_EOFError, "the other half of the examination is gone");
	return NULL;
}

/* Header and payload in one call: a short frame then is one wake-up for its reader. 0 or -errno. */
static int write_frame(int fd, const struct channel_header *header, const char *payload)
{
	struct iovec parts[] = {
		{.iov_base = (void *)(uintptr_t)header, .iov_len = sizeof(*header)},
		{.iov_base = (void *)(uintptr_t)payload, .iov_len = header->length},
	};
	size_t left = sizeof(*header) + header->length;
	ssize_t written;

	do {
		written = writev(fd, parts, 2);
	} while (written < 0 && errno == EINTR);
	if (written < 0)
		return -errno;
	left -= (size_t)written;
	if (left > header->length)
		return -EIO; /* a pipe takes so few bytes whole or not at all */
	return fd_write_all(fd, payload + header->length - left, left);
}

static PyObject *channel_send(PyObject *module, PyObject *arguments)
{
	struct channel_header header;
	PyThreadState *thread;
	PyObject *payload;
	unsigned char type;
	int err;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "bS", &type, &payload))
		return NULL;
	if (PyBytes_Size(payload) > (Py_ssize_t)CHANNEL_BYTES_MAX) {
		PyErr_SetString(PyExc_ValueError, "too much data for one call");
		return NULL;
	}
	header.length = (uint32_t)PyBytes_Size(payload);
	header.type = type;
	header.cpu_ns = own_cpu_ns();
	thread = PyEval_SaveThread();
	channel.is_sending = true;
	err = write_frame(channel.out, &header, PyBytes_AsString(payload));
	channel.is_sending = false;
	PyEval_RestoreThread(thread);
	if (err < 0)
		return gone();
	Py_RETURN_NONE;
}

bool channel_send_late(void)
{
	const struct channel_header header = {.type = CHANNEL_LATE, .cpu_ns = own_cpu_ns()};

	if (channel.is_sending)
		return false;
	(void)!write(channel.out, &header, sizeof(header));
	return true;
}

/* Until a frame begins. 0, or -1 with an exception set: the present test has taken its time. */
static int wait_for_frame(uint64_t deadline_ns)
{
	struct pollfd poll_in = {.fd = channel.in, .events = POLLIN};
	struct timespec now;
	uint64_t now_ns;
	int n;

	do {
		PyThreadState *thread = PyEval_SaveThread();

		clock_gettime(CLOCK_MONOTONIC, &now);
		now_ns = (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
		n = now_ns < deadline_ns
			    ? poll(&poll_in, 1, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1)
			    : 0;
		PyEval_RestoreThread(thread);
	} while (n < 0 && errno == EINTR && PyErr_CheckSignals() == 0);
	if (n > 0)
		return 0;
	if (PyErr_Occurred() == NULL)
		PyErr_SetString(PyExc_TimeoutError, "no answer within the time of a test");
	return -1;
}

/* Reads on behind what is there. As read(2), and -1 with an exception set by a signal handler;
 * those run only before the first byte of a frame. */
static ssize_t read_ahead(void)
{
	for (;;) {
		PyThreadState *thread = PyEval_SaveThread();
		ssize_t len = read(channel.in, channel.ahead + channel.ahead_end,
				   AHEAD_BYTES - channel.ahead_end);
		int err = errno;

		PyEval_RestoreThread(thread);
		if (len >= 0 || err != EINTR)
			return len;
		if (channel.ahead_end == 0 && PyErr_CheckSignals() < 0)
			return -1;
	}
}

static size_t take_ahead(void *bytes, size_t len)
{
	size_t n = channel.ahead_end - channel.ahead_at;

	if (n > len)
		n = len;
	memcpy(bytes, channel.ahead + channel.ahead_at, n);
	channel.ahead_at += n;
	return n;
}

/* 0, or -1 with an exception set. */
static int read_header(struct channel_header *header)
{
	size_t n = channel.ahead_end - channel.ahead_at;

	memmove(channel.ahead, channel.ahead + channel.ahead_at, n);
	channel.ahead_at = 0;
	channel.ahead_end = n;
	while (channel.ahead_end < sizeof(*header)) {
		ssize_t len = read_ahead();

		if (len <= 0) {
			if (PyErr_Occurred() == NULL)
				gone();
			return -1;
		}
		channel.ahead_end += (size_t)len;
	}
	take_ahead(header, sizeof(*header));
	return 0;
}

/* False: the other half ended before the frame did. */
static bool read_payload(char *payload, size_t len)
{
	size_t left = len - take_ahead(payload, len);
	PyThreadState *thread;
	ssize_t n;

	if (left == 0)
		return true;
	thread = PyEval_SaveThread();
	n = fd_read_all(channel.in, payload + len - left, left);
	PyEval_RestoreThread(thread);
	return n == (ssize_t)left;
}

static PyObject *channel_receive(PyObject *module, PyObject *nothing)
{
	struct channel_header header;
	PyObject *payload;

	(void)module;
	(void)nothing;
	if (test_limit_deadline_ns() > 0 && channel.ahead_at == channel.ahead_end &&
	    wait_for_frame(test_limit_deadline_ns()) < 0)
		return NULL;
	if (read_header(&header) < 0)
		return NULL;
	if (header.length > CHANNEL_BYTES_MAX) {
		PyErr_SetString(PyExc_ValueError, "a frame is too long");
		return NULL;
	}
	payload = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)header.length);
	if (payload == NULL)
		return NULL;
	if (!read_payload(PyBytes_AsString(payload), header.length)) {
		Py_DECREF(payload);
		return gone();
	}
	if (header.cpu_ns > channel.their_cpu_ns)
		channel.their_cpu_ns = header.cpu_ns;
	return Py_BuildValue("(iN)", (int)header.type, payload);
}

PyMethodDef channel_methods[] = {
	{"send", channel_send, METH_VARARGS, "send(type, payload): one frame to the other half"},
	{"receive", channel_receive, METH_NOARGS, "receive() -> (type, payload): the next frame"},
	{NULL, NULL, 0, NULL},
};
