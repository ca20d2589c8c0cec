/*
 * The loop of `assay suite` against a daemon that is a process of the test: what a sample becomes
 * when it is judged, refused, failed by our side or forgotten.
 */
#include "tests/unit/lib/fake_server.h"
#include "tests/unit/suite/suite_files.h"

#include <sys/wait.h>

#include "client/suite/judging.h"

/* What the daemon answers to one request. */
enum answer {
	ANSWER_PASSED,  /* for each candidate, then done */
	ANSWER_INFRA,   /* the same */
	ANSWER_REFUSED, /* the whole request */
	ANSWER_NOTHING, /* done at once */
	ANSWER_STRANGE, /* a result of a candidate that was not sent */
};

/* What the daemon expects and answers, in order. */
struct turn {
	size_t n_candidates;
	enum answer answer;
};

static volatile sig_atomic_t interrupted;
static struct tasks tasks;
static struct samples samples;
static struct complaints complaints;
static struct judging judging;

static int set_up(void **state)
{
	(void)state;
	complaints = (struct complaints){0};
	assert_int_equal(load_tasks(HUMANEVAL_TASK("T/0"), &complaints, &tasks), 0);
	load_samples("{\"task_id\": \"T/0\", \"completion\": \"    return 1\"}\n"
		     "{\"task_id\": \"T/0\", \"completion\": \"    return 2\"}\n",
		     &tasks, &complaints, &samples);
	assert_int_equal(complaints.n, 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	samples_deinit(&samples);
	tasks_deinit(&tasks);
	return 0;
}

static void send_result(const struct fake *fake, uint64_t id, uint32_t index,
			Assay__Verdict verdict)
{
	Assay__ServerMessage message = ASSAY__SERVER_MESSAGE__INIT;
	Assay__Result result = ASSAY__RESULT__INIT;

	message.request_id = id;
	message.body_case = ASSAY__SERVER_MESSAGE__BODY_RESULT;
	message.result = &result;
	result.candidate_index = index;
	result.verdict = verdict;
	result.detail = (ProtobufCBinaryData){.len = 7, .data = (uint8_t *)"no cell"};
	fake_send(fake, &message);
}

static void answer(const struct fake *fake, const struct turn *turn)
{
	Assay__ClientMessage *message = fake_receive(fake);
	uint64_t id = message->request_id;

	assert_int_equal(message->body_case, ASSAY__CLIENT_MESSAGE__BODY_EVALUATE);
	assert_int_equal(message->evaluate->n_candidates, turn->n_candidates);
	codec_free_client(message);
	if (turn->answer == ANSWER_REFUSED) {
		fake_send_error(fake, id, ASSAY__ERROR_CODE__INVALID_REQUEST, "");
		return;
	}
	if (turn->answer == ANSWER_STRANGE)
		send_result(fake, id, (uint32_t)turn->n_candidates, ASSAY__VERDICT__PASSED);
	for (uint32_t index = 0; index < turn->n_candidates; index++)
		if (turn->answer == ANSWER_PASSED || turn->answer == ANSWER_INFRA)
			send_result(fake, id, index,
				    turn->answer == ANSWER_INFRA ? ASSAY__VERDICT__INFRA
								 : ASSAY__VERDICT__PASSED);
	fake_send_done(fake, id);
}

/* judging_run() against a daemon with those turns, the last of which has no candidates. */
static int run_against(const struct turn *turns)
{
	struct cli_context context;
	struct fake fake;
	int status, err;
	pid_t pid;

	fake_connect(&fake, 1 << 20);
	context = (struct cli_context){
		.interrupted = &interrupted, .client = fake.client, .quiet = true};
	judging = (struct judging){.context = &context,
				   .label = "test",
				   .tasks = &tasks,
				   .samples = &samples,
				   .complaints = &complaints};
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		for (; turns->n_candidates > 0; turns++)
			answer(&fake, turns);
		_exit(0);
	}
	err = judging_run(&judging);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	fake_close(&fake);
	return err;
}

static void results_reach_their_samples(void **state)
{
	(void)state;
	assert_int_equal(run_against((struct turn[]){{2, ANSWER_PASSED}, {0}}), 0);
	assert_int_equal(judging.n_now, 2);
	assert_int_equal(judging.n_unjudged, 0);
	for (size_t index = 0; index < samples.n; index++) {
		assert_true(samples.items[index].has_result && samples.items[index].passed);
		assert_string_equal(samples.items[index].result, "\"passed\"");
	}
}

static void samples_with_results_are_not_sent(void **state)
{
	(void)state;
	assert_int_equal(sample_set_result(&samples.items[0], "FAILED", false, "\"no\"", NULL), 0);
	assert_int_equal(run_against((struct turn[]){{1, ANSWER_PASSED}, {0}}), 0);
	assert_int_equal(judging.n_now, 1);
	assert_string_equal(samples.items[0].verdict, "FAILED");
	assert_string_equal(samples.items[1].verdict, "PASSED");
}

static void our_failure_gives_a_second_chance(void **state)
{
	(void)state;
	assert_int_equal(run_against((struct turn[]){
				 {2, ANSWER_INFRA}, {1, ANSWER_PASSED}, {1, ANSWER_INFRA}, {0}}),
			 0);
	assert_int_equal(judging.n_now, 1);
	assert_int_equal(judging.n_unjudged, 1);
	assert_int_equal(samples.items[0].is_judged + samples.items[1].is_judged, 1);
	const struct sample *failed = &samples.items[samples.items[0].is_judged];
	assert_true(failed->has_result);
	assert_false(failed->passed);
	assert_string_equal(failed->verdict, "INFRA");
	assert_string_equal(failed->result, "\"failed: not judged: no cell\"");
}

static void a_refused_batch_goes_again_one_by_one(void **state)
{
	(void)state;
	assert_int_equal(
		run_against((struct turn[]){
			{2, ANSWER_REFUSED}, {1, ANSWER_REFUSED}, {1, ANSWER_PASSED}, {0}}),
		0);
	assert_int_equal(judging.n_now, 1);
	assert_int_equal(judging.n_unjudged, 1);
	assert_int_equal(complaints.n, 1);
	assert_int_equal(samples.items[0].passed + samples.items[1].passed, 1);
}

/* Results that are missing would otherwise be written as if there were some. */
static void a_forgotten_sample_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(run_against((struct turn[]){{2, ANSWER_NOTHING}, {0}}), -EPROTO);
	assert_int_equal(judging.n_now, 0);
	assert_int_equal(run_against((struct turn[]){{2, ANSWER_STRANGE}, {0}}), -EPROTO);
	assert_int_equal(judging.n_now, 0);
	assert_false(samples.items[0].has_result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(results_reach_their_samples, set_up, tear_down),
		cmocka_unit_test_setup_teardown(samples_with_results_are_not_sent, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(our_failure_gives_a_second_chance, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_refused_batch_goes_again_one_by_one, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_forgotten_sample_is_an_error, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
