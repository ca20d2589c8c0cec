/*
 * From an Evaluate message to a batch, or one for each of its suites, or a typed refusal. Nobody
 * validates later; nobody before. Broker only.
 */
#pragma once

#include "assay.pb-c.h"
#include "broker/broker.h"
#include "core/compare.h"
#include "core/job.h"

#define REQUEST_ID_MAX 256 /* bytes of the name of a task, a candidate, a suite */

/* Why a request cannot be taken. Text is ready for the client. */
struct refusal {
	Assay__ErrorCode code;
	char message[256];
	char field[96];
	uint32_t retry_after_ms;
};

enum request_outcome { REQUEST_REFUSED = 1 };

/* Fills *refusal, `format` as printf; returns REQUEST_REFUSED. */
int request_refuse(struct refusal *refusal, Assay__ErrorCode code, const char *field,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Borrowed from the message. */
struct slice request_slice(ProtobufCBinaryData data);

/* The tolerances of the tests in `field` ("evaluate.stdio"); both 0: the defaults. */
int request_tolerance(struct tolerance *tolerance, double absolute, double relative,
		      const char *field, struct refusal *refusal);

/*
 * 0: *first is the caller's, and with it the batches of the other suites, task and jobs filled,
 * owner and flow not yet; it owns `message`. REQUEST_REFUSED: *refusal is filled and `message` is
 * still the caller's.
 */
int request_take(struct broker *broker, Assay__ClientMessage *message, struct batch **first,
		 struct refusal *refusal);
