/*
 * Logging to stderr: one line a message, never with bytes of a client or candidate left unescaped.
 * Under systemd (JOURNAL_STREAM set) lines start with a priority as sd-daemon(3) describes.
 */
#pragma once

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* `program` is borrowed for the life of the process. Call once, before the first message. */
void log_open(const char *program, enum log_level level);

/* Control bytes and bytes above 0x7e in the finished text are written as \xNN. errno is kept. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
