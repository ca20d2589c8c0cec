/* Accounts: one a user, as long as it has a session; and whom the kernel names. */
#include "broker/accounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void test_one_account_a_user(void **state)
{
	struct queue queue;
	struct accounts accounts;
	struct account *first;
	struct account *other;

	(void)state;
	queue_init(&queue, 10);
	accounts_init(&accounts, &queue);
	first = accounts_take(&accounts, 1000);
	other = accounts_take(&accounts, 0);
	assert_ptr_not_equal(first, other);
	assert_ptr_equal(accounts_take(&accounts, 1000), first);
	assert_int_equal(first->n_sessions, 2);
	assert_int_equal(other->n_sessions, 1);
	assert_ptr_equal(first->tenant.queue, &queue);
	assert_int_equal(accounts.n, 2);
	accounts_release(&accounts, first);
	assert_int_equal(accounts.n, 2);
	accounts_release(&accounts, first);
	assert_int_equal(accounts.n, 1);
	accounts_release(&accounts, other);
	assert_true(TAILQ_EMPTY(&accounts.list));
}

static void test_peer(void **state)
{
	struct peer peer;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(peer_read(pair[0], &peer), 0);
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.gid, getegid());
	assert_int_equal(peer.pid, getpid());
	close(pair[0]);
	close(pair[1]);
	assert_true(peer_read(-1, &peer) < 0);
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_one_account_a_user),
		cmocka_unit_test(test_peer),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
