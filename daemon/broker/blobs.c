/*
 * Content by its digest. Broker.
 *
 * Resolving copies, and the copy is charged: a request of a few bytes that names a large blob holds
 * as much memory as if it had brought it. After it the request is what it would have been, so
 * nothing that comes later knows of digests.
 */
#include "broker/blobs.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/digest.h"
#include "proto/codec.h"

#define RETRY_AFTER_MS 250

struct blob {
	struct lru_entry entry; /* first: entries are these */
	size_t len;
	uint8_t bytes[];
};

struct blobs {
	struct lru lru;
	uint64_t n_unknown;
};

/* One request being resolved. */
struct resolving {
	struct blobs *blobs;
	uint32_t uid;
	struct quota *payer;
	size_t charged_bytes;
	struct refusal *refusal;
};

static void free_blob(struct lru_entry *entry, void *context)
{
	(void)context;
	free((struct blob *)entry);
}

struct blobs *blobs_new(size_t max_bytes)
{
	struct blobs *blobs = xcalloc(1, sizeof(*blobs));

	lru_init(&blobs->lru, max_bytes, free_blob, NULL);
	return blobs;
}

void blobs_free(struct blobs *blobs)
{
	if (blobs == NULL)
		return;
	lru_deinit(&blobs->lru);
	free(blobs);
}

/* One user's digest is another key than another user's. */
static struct lru_key key_of(uint32_t uid, const uint8_t sha256[LRU_KEY_BYTES])
{
	struct digest digest;
	struct lru_key key;

	digest_start(&digest);
	digest_add(&digest, &uid, sizeof(uid));
	digest_add(&digest, sha256, LRU_KEY_BYTES);
	digest_end(&digest, &key);
	return key;
}

int blobs_put(struct blobs *blobs, uint32_t uid, const Assay__PutBlob *put, struct lru_key *sha256,
	      struct refusal *refusal)
{
	const size_t len = put->content.len;
	struct digest digest;
	struct lru_key key;
	struct blob *blob;

	digest_start(&digest);
	digest_add(&digest, put->content.data, len);
	digest_end(&digest, sha256);
	if (put->sha256.len > 0 &&
	    (put->sha256.len != sizeof(sha256->bytes) ||
	     memcmp(put->sha256.data, sha256->bytes, sizeof(sha256->bytes)) != 0))
		return request_refuse(refusal, ASSAY__ERROR_CODE__INVALID_REQUEST,
				      "put_blob.sha256", "is not the SHA-256 of the content");
	key = key_of(uid, sha256->bytes);
	if (lru_find(&blobs->lru, &key) != NULL)
		return 0;
	blob = xmalloc(sizeof(*blob) + len);
	blob->len = len;
	if (len > 0)
		memcpy(blob->bytes, put->content.data, len);
	if (lru_add(&blobs->lru, &blob->entry, &key, uid, sizeof(*blob) + len) == 0)
		return 0;
	free(blob);
	return request_refuse(refusal, ASSAY__ERROR_CODE__TOO_LARGE, "put_blob.content",
			      "%zu bytes; at most %zu are kept of one", len,
			      blobs->lru.max_bytes / LRU_LARGEST_PART);
}

/* ---- naming instead of sending */

/* Borrowed, and charged; NULL: refused. */
static const struct blob *find_blob(struct resolving *resolving, ProtobufCBinaryData sha256,
				    const char *field)
{
	const struct blob *blob;
	struct lru_key key;

	if (sha256.len != LRU_KEY_BYTES) {
		request_refuse(resolving->refusal, ASSAY__ERROR_CODE__INVALID_REQUEST, field,
			       "a SHA-256 has %d bytes", LRU_KEY_BYTES);
		return NULL;
	}
	key = key_of(resolving->uid, sha256.data);
	blob = (const struct blob *)lru_find(&resolving->blobs->lru, &key);
	if (blob == NULL) {
		resolving->blobs->n_unknown++;
		request_refuse(resolving->refusal, ASSAY__ERROR_CODE__UNKNOWN_BLOB, field,
			       "no content with this SHA-256 is known any more: send it with "
			       "put_blob, and then the request again");
		return NULL;
	}
	if (quota_charge(resolving->payer, blob->len) != 0) {
		request_refuse(resolving->refusal, ASSAY__ERROR_CODE__OVERLOADED, field,
			       "too much work of all clients waits for room for this content");
		resolving->refusal->retry_after_ms = RETRY_AFTER_MS;
		return NULL;
	}
	resolving->charged_bytes += blob->len;
	return blob;
}

static void clear(ProtobufCBinaryData *data)
{
	free(data->data);
	*data = (ProtobufCBinaryData){0};
}

/* One field of bytes, and its companion that names them. */
static int resolve_bytes(struct resolving *resolving, ProtobufCBinaryData *content,
			 ProtobufCBinaryData *sha256, const char *field)
{
	const struct blob *blob;

	if (sha256->len == 0)
		return 0;
	if (content->len > 0)
		return request_refuse(resolving->refusal, ASSAY__ERROR_CODE__INVALID_REQUEST, field,
				      "either the content or its SHA-256, not both");
	blob = find_blob(resolving, *sha256, field);
	if (blob == NULL)
		return REQUEST_REFUSED;
	clear(sha256);
	content->data = xmemdup(blob->bytes, blob->len);
	content->len = blob->len;
	return 0;
}

/* One source text, as `source` or by its digest; `field` is the message that has both. */
static int resolve_source(struct resolving *resolving, ProtobufCBinaryData *source,
			  ProtobufCBinaryData *sha256, const char *field)
{
	char name[96];

	snprintf(name, sizeof(name), "%s.source_sha256", field);
	return resolve_bytes(resolving, source, sha256, name);
}

static int resolve_tests(struct resolving *resolving, const Assay__Evaluate *evaluate)
{
	Assay__SourceTests *source;

	switch (evaluate->tests_case) {
	case ASSAY__EVALUATE__TESTS_CHECK:
		return resolve_source(resolving, &evaluate->check->source,
				      &evaluate->check->source_sha256, "evaluate.check");
	case ASSAY__EVALUATE__TESTS_UNITTEST:
		source = evaluate->unittest;
		return resolve_source(resolving, &source->source, &source->source_sha256,
				      "evaluate.unittest");
	case ASSAY__EVALUATE__TESTS_PYTEST:
		source = evaluate->pytest;
		return resolve_source(resolving, &source->source, &source->source_sha256,
				      "evaluate.pytest");
	case ASSAY__EVALUATE__TESTS_PROGRAM:
		source = evaluate->program;
		return resolve_source(resolving, &source->source, &source->source_sha256,
				      "evaluate.program");
	default:
		return 0;
	}
}

static int resolve_suite(struct resolving *resolving, const Assay__Suite *suite, size_t index)
{
	char field[64];

	snprintf(field, sizeof(field), "evaluate.suites[%zu]", index);
	switch (suite->tests_case) {
	case ASSAY__SUITE__TESTS_CHECK:
		return resolve_source(resolving, &suite->check->source,
				      &suite->check->source_sha256, field);
	case ASSAY__SUITE__TESTS_UNITTEST:
	case ASSAY__SUITE__TESTS_PYTEST:
	case ASSAY__SUITE__TESTS_PROGRAM:
		/* the same message, whichever it is */
		return resolve_source(resolving, &suite->unittest->source,
				      &suite->unittest->source_sha256, field);
	default:
		return 0;
	}
}

static int resolve_suites(struct resolving *resolving, const Assay__Evaluate *evaluate)
{
	int outcome = 0;

	for (size_t i = 0; i < evaluate->n_suites && outcome == 0; i++)
		outcome = resolve_suite(resolving, evaluate->suites[i], i);
	return outcome;
}

static int resolve_files(struct resolving *resolving, const Assay__Evaluate *evaluate)
{
	int outcome = 0;

	for (size_t i = 0; i < evaluate->n_candidates; i++) {
		const Assay__Candidate *candidate = evaluate->candidates[i];

		for (size_t k = 0; k < candidate->n_files && outcome == 0; k++)
			outcome = resolve_bytes(resolving, &candidate->files[k]->content,
						&candidate->files[k]->content_sha256,
						"evaluate.candidates.files.content_sha256");
	}
	return outcome;
}

static void swap_text(char **ours, char **theirs)
{
	char *kept = *ours;

	if (kept[0] != '\0')
		return;
	*ours = *theirs;
	*theirs = kept;
}

/* What the request does not say itself it takes from the task; the rest goes with that. */
static void take_task(Assay__Evaluate *evaluate, Assay__Evaluate *task)
{
	const ProtobufCBinaryData prompt = evaluate->prompt;

	if (evaluate->tests_case == ASSAY__EVALUATE__TESTS__NOT_SET && evaluate->n_suites == 0) {
		evaluate->tests_case = task->tests_case;
		evaluate->check = task->check; /* all members of the union are pointers */
		task->tests_case = ASSAY__EVALUATE__TESTS__NOT_SET;
		task->check = NULL;
		evaluate->suites = task->suites;
		evaluate->n_suites = task->n_suites;
		task->suites = NULL;
		task->n_suites = 0;
	}
	if (prompt.len == 0) {
		evaluate->prompt = task->prompt;
		task->prompt = prompt;
	}
	swap_text(&evaluate->language, &task->language);
	swap_text(&evaluate->entry_point, &task->entry_point);
	swap_text(&evaluate->module, &task->module);
}

static int resolve_task(struct resolving *resolving, Assay__Evaluate *evaluate)
{
	static const char field[] = "evaluate.task_sha256";
	const struct blob *blob;
	Assay__Evaluate *task;

	if (evaluate->task_sha256.len == 0)
		return 0;
	blob = find_blob(resolving, evaluate->task_sha256, field);
	if (blob == NULL)
		return REQUEST_REFUSED;
	if (codec_unpack_task(blob->bytes, blob->len, codec_budget_bytes(blob->len), &task) != 0)
		return request_refuse(resolving->refusal, ASSAY__ERROR_CODE__INVALID_REQUEST, field,
				      "what it names is not a serialized Evaluate");
	clear(&evaluate->task_sha256);
	take_task(evaluate, task);
	codec_free_task(task);
	return 0;
}

int blobs_resolve(struct blobs *blobs, uint32_t uid, Assay__Evaluate *evaluate, struct quota *payer,
		  size_t *charged_bytes, struct refusal *refusal)
{
	struct resolving resolving = {
		.blobs = blobs, .uid = uid, .payer = payer, .refusal = refusal};
	int outcome = resolve_task(&resolving, evaluate);

	if (outcome == 0)
		outcome = resolve_tests(&resolving, evaluate);
	if (outcome == 0)
		outcome = resolve_suites(&resolving, evaluate);
	if (outcome == 0)
		outcome = resolve_files(&resolving, evaluate);
	if (outcome != 0)
		quota_refund(payer, resolving.charged_bytes);
	else
		*charged_bytes = resolving.charged_bytes;
	return outcome;
}

void blobs_count(const struct blobs *blobs, struct metrics *metrics)
{
	metrics->counters[METRIC_blobs] = blobs->lru.n_entries;
	metrics->counters[METRIC_blob_bytes] = blobs->lru.used_bytes;
	metrics->counters[METRIC_blobs_unknown] = blobs->n_unknown;
}
