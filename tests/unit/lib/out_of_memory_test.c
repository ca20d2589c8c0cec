/*
 * libassay when memory is short: -ENOMEM or NULL, nothing lost, nothing leaked, no end of the
 * process. Each step of a session is repeated with the first, second, third ... allocation failing
 * until it succeeds, and must then give what it would have given at once.
 *
 * The allocator is replaced in this program, so not under AddressSanitizer, which does the same.
 */
#include "fake_server.h"

#ifdef __SANITIZE_ADDRESS__

static void out_of_memory(void **state)
{
	(void)state;
	print_message("skipped: AddressSanitizer owns the allocator\n");
	skip();
}

#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *block);

static struct {
	bool is_on;
	long n_until_failure;
	long n_blocks; /* allocated and not freed since it was switched on */
} allocator;

static bool must_fail(void)
{
	return allocator.is_on && allocator.n_until_failure-- <= 0;
}

void *malloc(size_t size)
{
	if (must_fail())
		return NULL;
	allocator.n_blocks++;
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (must_fail())
		return NULL;
	allocator.n_blocks++;
	return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	if (must_fail())
		return NULL;
	allocator.n_blocks += old == NULL;
	return __libc_realloc(old, size);
}

void free(void *block)
{
	allocator.n_blocks -= block != NULL;
	__libc_free(block);
}

/* Repeats `call`, an int that must be -ENOMEM until it is 0, with one more allocation each time. */
#define UNTIL_IT_WORKS(call)                                       \
	do {                                                       \
		int err_ = -ENOMEM;                                \
		for (long n_ = 0; err_ != 0; n_++) {               \
			allocator.n_until_failure = n_;            \
			allocator.is_on = true;                    \
			err_ = (call);                             \
			allocator.is_on = false;                   \
			assert_true(err_ == 0 || err_ == -ENOMEM); \
			assert_true(n_ < 1000);                    \
		}                                                  \
	} while (0)

static int new_request(assay_request **request)
{
	*request = assay_request_new("python");
	return *request != NULL ? 0 : -ENOMEM;
}

static void build(assay_request *request)
{
	UNTIL_IT_WORKS(assay_request_set_text(request, ASSAY_REQUEST_ID, "id", 2));
	UNTIL_IT_WORKS(assay_request_set_text(request, ASSAY_REQUEST_PROMPT, "p", 1));
	UNTIL_IT_WORKS(assay_request_set_number(request, ASSAY_REQUEST_PROCESSES, 3));
	UNTIL_IT_WORKS(assay_request_set_check(request, "c", 1));
	UNTIL_IT_WORKS(assay_request_set_program(request, "p", 1));
	UNTIL_IT_WORKS(assay_request_set_calls(request, "exact", 0, 0));
	UNTIL_IT_WORKS(assay_request_add_call(request, "[]", "{}", "1"));
	UNTIL_IT_WORKS(assay_request_set_answer(request, "1", 1, "number"));
	UNTIL_IT_WORKS(assay_request_set_stdio(request, "tokens", 0, 0));
	UNTIL_IT_WORKS(assay_request_add_case(request, "n", "1", 1, "2", 1));
	UNTIL_IT_WORKS(assay_request_set_asserts(request, "s", 1));
	UNTIL_IT_WORKS(assay_request_add_assert(request, "a", 1));
	UNTIL_IT_WORKS(assay_request_add_assert(request, "b", 1));
	UNTIL_IT_WORKS(assay_request_add_candidate(request, "i", "x", 1));
	UNTIL_IT_WORKS(assay_request_add_file(request, 0, "f", "x", 1));
	assert_int_equal(assay_request_n_candidates(request), 1);
}

static int connect_once(struct fake *fake)
{
	int err;

	allocator.is_on = false;
	fake_open(fake);
	fake_send_hello(fake, 1, 0);
	allocator.is_on = true;
	err = assay_connect_fd(fd_take(&fake->client_fd), "unit test", 1000, &fake->client);
	allocator.is_on = false;
	if (err < 0)
		fake_close(fake);
	return err;
}

static void out_of_memory(void **state)
{
	struct fake fake = {.fd = -1, .client_fd = -1};
	assay_request *request = NULL;
	assay_event *event = NULL;
	long n_before;
	uint64_t id;

	(void)state;
	n_before = allocator.n_blocks;
	UNTIL_IT_WORKS(new_request(&request));
	build(request);
	UNTIL_IT_WORKS(connect_once(&fake));
	UNTIL_IT_WORKS(assay_submit(fake.client, request, &id));
	assert_int_equal(id, 1);
	assert_int_equal(assay_client_in_flight(fake.client), 1);
	fake_send_result(&fake, 1, 5);
	UNTIL_IT_WORKS(assay_next(fake.client, 1000, &event));
	assert_int_equal(
		assay_result_number(assay_event_result(event), ASSAY_RESULT_CANDIDATE_INDEX), 5);
	assay_event_free(event);
	UNTIL_IT_WORKS(assay_cancel(fake.client, 1));
	UNTIL_IT_WORKS(assay_submit_status(fake.client, &id));
	fake_send_done(&fake, 1);
	UNTIL_IT_WORKS(assay_next(fake.client, 1000, &event));
	assert_int_equal(assay_event_type(event), ASSAY_EVENT_DONE);
	assay_event_free(event);
	assay_request_free(request);
	fake_close(&fake);
	assert_int_equal(allocator.n_blocks, n_before);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
