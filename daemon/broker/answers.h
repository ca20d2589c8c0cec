/*
 * Judging kind answer: a text is compared in the broker, no cell has anything of it. Broker only.
 */
#pragma once

#include "broker/broker.h"
#include "core/job.h"

/* Answers every job of a batch whose tests are of this kind, and so ends it. */
void answers_judge(struct broker *broker, struct batch *batch);
