/*
 * The progress bar of `assay suite` and `assay eval`: label, bar, done of total, rate, share that
 * passed, time left. Part of the command line `assay`.
 *
 * It writes to standard error and only if that is a terminal, so data on standard output and logs
 * stay clean. The rate is that of the last seconds (an exponential average over about five),
 * because a start with cold cells would otherwise spoil the time left for minutes. The line is
 * composed to fit the terminal's present width: parts are left out from the least useful on, never
 * wrapped, since a wrapped line cannot be redrawn in place.
 */
#include "client/suite/progress.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_SECONDS 0.1
#define AVERAGE_SECONDS 5.0
#define BAR_MAX 30
#define BAR_MIN 8

struct progress {
	char *label;
	uint64_t total;
	bool is_terminal;
	bool has_color;
	bool is_drawn;
	double drawn;
	uint64_t done_drawn;
	double rate; /* a second; 0: not known yet */
};

static double now_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct progress *progress_new(const char *label, uint64_t total)
{
	struct progress *progress = calloc(1, sizeof(*progress));
	if (!progress)
		return NULL;
	progress->label = strdup(label);
	if (!progress->label) {
		free(progress);
		return NULL;
	}
	const char *terminal = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");
	progress->total = total;
	progress->is_terminal =
		isatty(STDERR_FILENO) && !(terminal && strcmp(terminal, "dumb") == 0);
	progress->has_color = !(no_color && *no_color);
	progress->drawn = now_seconds();
	return progress;
}

static int terminal_width(void)
{
	struct winsize size = {0};
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

static void format_duration(char *text, size_t size, double seconds)
{
	unsigned long whole = (unsigned long)(seconds + 0.5);
	if (whole >= 3600)
		snprintf(text, size, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
	else
		snprintf(text, size, "%lu:%02lu", whole / 60, whole % 60);
}

static void update_rate(struct progress *progress, double now, uint64_t done)
{
	double elapsed = now - progress->drawn;
	if (elapsed <= 0 || done < progress->done_drawn)
		return;
	double rate = (double)(done - progress->done_drawn) / elapsed;
	if (progress->rate > 0) {
		double weight = 1 - exp(-elapsed / AVERAGE_SECONDS);
		progress->rate += weight * (rate - progress->rate);
	} else {
		progress->rate = rate;
	}
}

/* Cells of a bar of `width` columns, as UTF-8 block characters of an eighth's resolution. */
static void format_bar(char *text, size_t size, int width, double share)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	int steps = (int)(share * width * 8 + 0.5);
	size_t len = 0;
	for (int column = 0; column < width && len + 4 < size; column++) {
		const char *cell = "·";
		if (column < steps / 8)
			cell = "█";
		else if (column == steps / 8 && steps % 8)
			cell = eighths[steps % 8];
		size_t cell_len = strlen(cell);
		memcpy(text + len, cell, cell_len);
		len += cell_len;
	}
	text[len] = '\0';
}

/* The parts behind the bar, the most useful first; each is left out if it does not fit. */
static int format_numbers(const struct progress *progress, uint64_t done, uint64_t passed, int room,
			  char *text, size_t size)
{
	char parts[4][64] = {"", "", "", ""};
	if (progress->total)
		snprintf(parts[0], sizeof(parts[0]), " %llu/%llu", (unsigned long long)done,
			 (unsigned long long)progress->total);
	else
		snprintf(parts[0], sizeof(parts[0]), " %llu", (unsigned long long)done);
	if (done)
		snprintf(parts[1], sizeof(parts[1]), "  %.1f%% passed",
			 100.0 * (double)passed / (double)done);
	if (progress->rate > 0)
		snprintf(parts[2], sizeof(parts[2]), "  %.*f/s", progress->rate < 10 ? 1 : 0,
			 progress->rate);
	if (progress->rate > 0 && progress->total > done) {
		char left[32];
		format_duration(left, sizeof(left),
				(double)(progress->total - done) / progress->rate);
		snprintf(parts[3], sizeof(parts[3]), "  %s left", left);
	}
	int width = 0;
	text[0] = '\0';
	for (int part = 0; part < 4; part++) {
		int part_width = (int)strlen(parts[part]);
		if (width + part_width > room)
			break;
		size_t len = strlen(text);
		snprintf(text + len, size - len, "%s", parts[part]);
		width += part_width;
	}
	return width;
}

static void draw(struct progress *progress, uint64_t done, uint64_t passed)
{
	char numbers[256], bar[BAR_MAX * 4 + 4] = "";
	int room = terminal_width() - 1;
	int label_width = (int)strlen(progress->label);
	if (label_width > room / 2)
		label_width = room / 2;
	room -= label_width;
	int numbers_width = format_numbers(progress, done, passed, room, numbers, sizeof(numbers));
	room -= numbers_width + 1;
	if (progress->total && room >= BAR_MIN)
		format_bar(bar, sizeof(bar), room < BAR_MAX ? room : BAR_MAX,
			   fmin(1.0, (double)done / (double)progress->total));
	const char *on = progress->has_color ? "\033[32m" : "";
	const char *off = progress->has_color ? "\033[0m" : "";
	fprintf(stderr, "\r%.*s%s%s%s%s%s\033[K", label_width, progress->label, *bar ? " " : "",
		*bar ? on : "", bar, *bar ? off : "", numbers);
	fflush(stderr);
	progress->is_drawn = true;
}

void progress_update(struct progress *progress, uint64_t done, uint64_t passed)
{
	if (!progress || !progress->is_terminal)
		return;
	double now = now_seconds();
	if (progress->is_drawn && now - progress->drawn < REDRAW_SECONDS)
		return;
	update_rate(progress, now, done);
	progress->drawn = now;
	progress->done_drawn = done;
	draw(progress, done, passed);
}

void progress_set_total(struct progress *progress, uint64_t total)
{
	if (progress)
		progress->total = total;
}

void progress_clear(struct progress *progress)
{
	if (!progress || !progress->is_drawn)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	progress->is_drawn = false;
}

void progress_free(struct progress *progress)
{
	if (!progress)
		return;
	progress_clear(progress);
	free(progress->label);
	free(progress);
}
