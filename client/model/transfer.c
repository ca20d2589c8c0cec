/*
 * One question over HTTP. Part of `assay-model`.
 *
 * What a server says is bounded, parsed as JSON, and taken for nothing else: an answer without the
 * text at its place is a failure that is told with the server's own words.
 */
#include "client/model/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BODY_BYTES_MAX (8u << 20)
#define FIRST_PAUSE_MS 500
#define PAUSE_MS_MAX 60000
#define ERROR_BYTES_MAX 300

struct transfer {
	const struct transfer_settings *settings;
	json_int_t id;
	char *body; /* of the request; free() */
	CURL *handle;
	struct curl_slist *headers;
	char *answer; /* what came so far */
	size_t len;
	unsigned int tries;
	char problem[CURL_ERROR_SIZE];
};

/* ---------------------------------------------------------------- the request */

/* For completions: the messages' texts, one below the other. */
static json_t *prompt_of(const json_t *messages)
{
	const json_t *message;
	char *text = NULL;
	size_t len = 0, i;
	FILE *out = open_memstream(&text, &len);
	json_t *prompt = NULL;

	if (out == NULL)
		return NULL;
	json_array_foreach(messages, i, message)
	{
		const json_t *content = json_object_get(message, "content");

		if (json_is_string(content))
			fprintf(out, "%s%s", i > 0 ? "\n\n" : "", json_string_value(content));
	}
	if (fclose(out) == 0)
		prompt = json_stringn(text, len);
	free(text);
	return prompt;
}

static char *make_body(const struct transfer_settings *settings, const json_t *question)
{
	json_t *body = json_copy((json_t *)question);
	char *text = NULL;
	int err = body == NULL ? -1 : 0;

	json_object_del(body, "id");
	json_object_del(body, "task");
	json_object_del(body, "step");
	if (err == 0 && settings->name != NULL && json_object_get(body, "model") == NULL)
		err = json_object_set_new(body, "model", json_string(settings->name));
	if (err == 0 && settings->is_completion) {
		err = json_object_set_new(body, "prompt",
					  prompt_of(json_object_get(question, "messages")));
		json_object_del(body, "messages");
	}
	if (err == 0)
		err = json_object_set_new(body, "stream", json_false());
	if (err == 0)
		text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	return text;
}

static size_t take_bytes(char *bytes, size_t size, size_t n, void *context)
{
	struct transfer *transfer = context;
	size_t len = size * n;
	char *answer;

	if (len > BODY_BYTES_MAX - transfer->len)
		return 0; /* ends the transfer with CURLE_WRITE_ERROR */
	answer = realloc(transfer->answer, transfer->len + len + 1);
	if (answer == NULL)
		return 0;
	memcpy(answer + transfer->len, bytes, len);
	transfer->answer = answer;
	transfer->len += len;
	return len;
}

static int add_header(struct transfer *transfer, const char *header)
{
	struct curl_slist *headers = curl_slist_append(transfer->headers, header);

	if (headers == NULL)
		return -1;
	transfer->headers = headers;
	return 0;
}

static int set_headers(struct transfer *transfer)
{
	const char *key = transfer->settings->key;
	char *authorization = NULL;
	int err = add_header(transfer, "Content-Type: application/json");

	if (err == 0)
		err = add_header(transfer, "Expect:"); /* no waiting before the body is sent */
	if (err == 0 && key != NULL &&
	    asprintf(&authorization, "Authorization: Bearer %s", key) < 0)
		return -1;
	if (err == 0 && key != NULL)
		err = add_header(transfer, authorization);
	free(authorization);
	return err;
}

static void set_options(struct transfer *transfer, const char *url)
{
	CURL *handle = transfer->handle;

	curl_easy_setopt(handle, CURLOPT_URL, url);
	curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(handle, CURLOPT_POSTFIELDS, transfer->body);
	curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(transfer->body));
	curl_easy_setopt(handle, CURLOPT_HTTPHEADER, transfer->headers);
	curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(handle, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(handle, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, transfer->problem);
	curl_easy_setopt(handle, CURLOPT_TIMEOUT, transfer->settings->timeout_s);
	curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
}

struct transfer *transfer_new(const struct transfer_settings *settings, const json_t *question)
{
	struct transfer *transfer = calloc(1, sizeof(*transfer));
	char *url = NULL;

	if (transfer == NULL)
		return NULL;
	transfer->settings = settings;
	transfer->id = json_integer_value(json_object_get(question, "id"));
	transfer->body = make_body(settings, question);
	transfer->handle = curl_easy_init();
	if (transfer->body == NULL || transfer->handle == NULL || set_headers(transfer) < 0 ||
	    asprintf(&url, "%s/%s", settings->url,
		     settings->is_completion ? "completions" : "chat/completions") < 0) {
		transfer_free(transfer);
		return NULL;
	}
	set_options(transfer, url);
	free(url); /* libcurl has its copy */
	return transfer;
}

void transfer_free(struct transfer *transfer)
{
	if (transfer == NULL)
		return;
	curl_easy_cleanup(transfer->handle);
	curl_slist_free_all(transfer->headers);
	free(transfer->body);
	free(transfer->answer);
	free(transfer);
}

CURL *transfer_handle(struct transfer *transfer)
{
	return transfer->handle;
}

/* ---------------------------------------------------------------- the answer */

static json_t *failed(const struct transfer *transfer, const char *problem)
{
	return json_pack("{sIss}", "id", transfer->id, "error", problem);
}

static void copy_usage(const json_t *reply, json_t *answer)
{
	static const char *const counts[] = {"prompt_tokens", "completion_tokens"};
	const json_t *usage = json_object_get(reply, "usage");

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		json_t *count = json_object_get(usage, counts[i]);

		if (json_is_integer(count))
			json_object_set(answer, counts[i], count);
	}
}

static json_t *understand(const struct transfer *transfer)
{
	json_t *reply = json_loadb(transfer->answer != NULL ? transfer->answer : "", transfer->len,
				   JSON_ALLOW_NUL, NULL);
	const json_t *choice = json_array_get(json_object_get(reply, "choices"), 0);
	json_t *text = transfer->settings->is_completion
			       ? json_object_get(choice, "text")
			       : json_object_get(json_object_get(choice, "message"), "content");
	json_t *answer = NULL;

	if (reply == NULL)
		answer = failed(transfer, "the server's answer is no JSON");
	else if (!json_is_string(text))
		answer = failed(transfer, "the server's answer has no text");
	else
		answer = json_pack("{sIsO}", "id", transfer->id, "text", text);
	if (answer != NULL)
		copy_usage(reply, answer);
	json_decref(reply);
	return answer;
}

static json_t *describe(const struct transfer *transfer, CURLcode code, long status)
{
	char problem[ERROR_BYTES_MAX + 64];
	int len = transfer->len < ERROR_BYTES_MAX ? (int)transfer->len : ERROR_BYTES_MAX;

	if (code == CURLE_OK)
		snprintf(problem, sizeof(problem), "the server answered %ld: %.*s", status, len,
			 transfer->answer != NULL ? transfer->answer : "");
	else if (code == CURLE_WRITE_ERROR)
		snprintf(problem, sizeof(problem), "the server's answer is longer than 8 MiB");
	else
		snprintf(problem, sizeof(problem), "%s",
			 transfer->problem[0] != '\0' ? transfer->problem
						      : curl_easy_strerror(code));
	for (char *byte = problem; *byte != '\0'; byte++)
		if ((*byte & 0x80) != 0 || *byte < ' ')
			*byte = ' '; /* what was cut need not be UTF-8 any more */
	return failed(transfer, problem);
}

static bool is_worth_another_try(CURLcode code, long status)
{
	switch (code) {
	case CURLE_OK:
		return status == 408 || status == 409 || status == 425 || status == 429 ||
		       status >= 500;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_GOT_NOTHING:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return true;
	default:
		return false;
	}
}

static int64_t pause_ms(const struct transfer *transfer)
{
	curl_off_t wished_s = 0;
	int64_t pause = FIRST_PAUSE_MS;
	uint8_t random = 0;

	for (unsigned int i = 1; i < transfer->tries && pause < PAUSE_MS_MAX; i++)
		pause *= 2;
	(void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
	pause = pause / 2 + pause * random / 256;
	curl_easy_getinfo(transfer->handle, CURLINFO_RETRY_AFTER, &wished_s);
	if (pause < (int64_t)wished_s * 1000)
		pause = (int64_t)wished_s * 1000;
	return pause < PAUSE_MS_MAX ? pause : PAUSE_MS_MAX;
}

json_t *transfer_end(struct transfer *transfer, CURLcode code, int64_t now_ms, int64_t *again_ms)
{
	long status = 0;

	curl_easy_getinfo(transfer->handle, CURLINFO_RESPONSE_CODE, &status);
	transfer->tries++;
	if (code == CURLE_OK && status == 200)
		return understand(transfer);
	if (transfer->tries > transfer->settings->retries || !is_worth_another_try(code, status))
		return describe(transfer, code, status);
	*again_ms = now_ms + pause_ms(transfer);
	transfer->len = 0;
	return NULL;
}
