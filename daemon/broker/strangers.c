/*
 * Who connects by TCP and shows a token, or does not. Broker; see strangers.h for the bounds.
 *
 * Until then a session belongs to the account of strangers, which has nothing and may ask for
 * nothing; then to the account of the token's name, and everything else (turns, quotas, known
 * verdicts, blobs) follows from that account, as it does from a uid's.
 */
#include "broker/strangers.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/session.h"
#include "broker/tokens.h"
#include "proto/frame.h"

/* Before a wrong token is answered. */
#define PAUSE_S 1

struct strangers {
	struct tokens *tokens;
	TAILQ_HEAD(, session) sessions; /* the last to come at the end */
	uint32_t n;
};

struct strangers *strangers_new(int tokens_fd)
{
	struct tokens *tokens = tokens_read(tokens_fd);
	struct strangers *strangers;

	if (tokens == NULL)
		return NULL;
	strangers = xcalloc(1, sizeof(*strangers));
	strangers->tokens = tokens;
	TAILQ_INIT(&strangers->sessions);
	return strangers;
}

void strangers_free(struct strangers *strangers)
{
	if (strangers == NULL)
		return;
	tokens_free(strangers->tokens);
	free(strangers);
}

void strangers_add(struct session *session)
{
	struct strangers *strangers = session->broker->strangers;

	if (strangers->n == STRANGERS_MAX) {
		session->broker->metrics.counters[METRIC_connections_refused]++;
		session_close(TAILQ_FIRST(&strangers->sessions));
	}
	session->is_stranger = true;
	TAILQ_INSERT_TAIL(&strangers->sessions, session, stranger_link);
	strangers->n++;
}

void strangers_remove(struct session *session)
{
	struct strangers *strangers = session->broker->strangers;

	session->is_stranger = false;
	TAILQ_REMOVE(&strangers->sessions, session, stranger_link);
	strangers->n--;
}

/* The session is `owner`'s from now on. */
static void change_account(struct session *session, const struct token_owner *owner)
{
	struct broker *broker = session->broker;

	flow_deinit(&session->flow);
	accounts_release(&broker->accounts, session->account);
	session->account = accounts_take(&broker->accounts, owner->tenant);
	session->account->name = owner->name;
	flow_init(&session->flow, &session->account->tenant);
	session->peer.uid = owner->tenant;
	session->peer.name = owner->name;
}

static void turn_away(struct session *session)
{
	const struct timeval pause = {.tv_sec = PAUSE_S};

	session->broker->metrics.counters[METRIC_connections_unauthenticated]++;
	log_warning("%s showed a token that is nobody's", session->peer.address);
	session->is_turned_away = true;
	bufferevent_disable(session->stream, EV_READ);
	evtimer_add(session->greeting_timer, &pause);
}

bool strangers_let_in(struct session *session, const Assay__ClientHello *hello)
{
	const struct settings *settings = session->broker->settings;
	const struct token_owner *owner = tokens_find(session->broker->strangers->tokens,
						      hello->token.data, hello->token.len);

	if (owner == NULL) {
		turn_away(session);
		return false;
	}
	strangers_remove(session);
	change_account(session, owner);
	bufferevent_setwatermark(session->stream, EV_READ, 0,
				 settings->frame_max_bytes + FRAME_HEADER_BYTES);
	if (session->account->n_sessions <= settings->user_clients_max)
		return true;
	session->broker->metrics.counters[METRIC_connections_refused]++;
	session_refuse(session, ASSAY__ERROR_CODE__QUOTA,
		       "too many connections of this user at one time");
	return false;
}

void strangers_refuse(struct session *session)
{
	session_refuse(session, ASSAY__ERROR_CODE__UNAUTHENTICATED,
		       "by TCP the daemon serves those who have a token, and this is none of its");
}
