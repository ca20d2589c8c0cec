/*
 * Logging for assayd, assay-keeper and assay-broker: one write(2) a line, so that lines of the
 * three processes never mix. Hand-written because libsystemd would pull compression and crypto
 * libraries into a privileged process.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
	const char *program;
	enum log_level level;
	bool to_journal;
} log_state = {.program = "assay", .level = LOG_LEVEL_INFO};

static const struct {
	const char *name;
	const char *journal; /* syslog priority, see sd-daemon(3) */
} level_table[] = {
	[LOG_LEVEL_ERROR] = {"error", "<3>"},
	[LOG_LEVEL_WARNING] = {"warning", "<4>"},
	[LOG_LEVEL_INFO] = {"info", "<6>"},
	[LOG_LEVEL_DEBUG] = {"debug", "<7>"},
};

void log_open(const char *program, enum log_level level)
{
	log_state.program = program;
	log_state.level = level;
	log_state.to_journal = getenv("JOURNAL_STREAM") != NULL;
}

static size_t escape(char *to, size_t size, const char *from)
{
	size_t len = 0;

	for (; *from != '\0' && len + 6 < size; from++) {
		unsigned char c = (unsigned char)*from;

		if (c >= 0x20 && c <= 0x7e)
			to[len++] = (char)c;
		else
			len += (size_t)snprintf(to + len, size - len, "\\x%02x", c);
	}
	to[len++] = '\n';
	return len;
}

void log_write(enum log_level level, const char *format, ...)
{
	int saved = errno;
	char text[1024];
	char line[2048];
	size_t len;
	va_list args;

	if (level > log_state.level)
		return;
	len = (size_t)snprintf(line, sizeof(line),
			       "%s%s: %s: ", log_state.to_journal ? level_table[level].journal : "",
			       log_state.program, level_table[level].name);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	len += escape(line + len, sizeof(line) - len, text);
	/* Nowhere is left to report that the log itself cannot be written. */
	if (write(STDERR_FILENO, line, len) < 0)
		errno = saved;
	errno = saved;
}
