/*
 * The listener of the filter (seccomp_unotify(2)), served by pid 1 of a cell.
 *
 * Why pid 1: it is there anyway, a candidate can do nothing to it, and the work is done within the
 * cell, so that a flood of such calls costs the run's own time and nobody else's. pid 1 is held by
 * the same filter and must never make a call that is reported: nobody would answer.
 *
 * The answer is always an error, never "continue", so nothing that a candidate changes after the
 * check matters; arguments are not looked at. A caller that is killed while it waits has not been
 * answered and is not counted.
 */
#include "inside/notify.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>

static void count(struct notify_counts *counts, uint32_t number)
{
	uint32_t i = 0;

	while (i < counts->n_calls && counts->calls[i].number != number)
		i++;
	if (i == CELL_REFUSALS_MAX) {
		counts->others += counts->others != UINT32_MAX;
		return;
	}
	if (i == counts->n_calls)
		counts->calls[counts->n_calls++] = (struct cell_refusal){.number = number};
	counts->calls[i].count += counts->calls[i].count != UINT32_MAX;
}

int notify_answer(int listener, struct notify_counts *counts)
{
	struct seccomp_notif call = {0};
	struct seccomp_notif_resp answer = {.error = -EPERM};

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return errno == ENOENT || errno == EINTR ? 0 : -errno; /* it was killed */
	answer.id = call.id;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0)
		return errno == ENOENT || errno == EINTR ? 0 : -errno; /* killed, or will repeat */
	count(counts, (uint32_t)call.data.nr);
	return 0;
}

void notify_report(const struct notify_counts *counts, struct cell_report *report)
{
	for (uint32_t i = 0; i < counts->n_calls; i++)
		report->refusals[i] = counts->calls[i];
	report->n_refusals = counts->n_calls;
	report->other_refusals = counts->others;
}
