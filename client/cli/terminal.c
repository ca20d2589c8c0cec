/*
 * Writing to a person's terminal what candidates, tests and daemons say. Runs in `assay`.
 *
 * Output of candidates is hostile: escape sequences can retitle the window, paste into the shell,
 * or overwrite the verdict above them. Everything goes through terminal_write(), which lets only
 * printable characters, tab and line feed through; the rest is spelled out, so that nothing is
 * hidden either.
 */
#include "client/cli/terminal.h"

#include <stdint.h>

#include "client/cli/characters.h"

static void write_character(FILE *out, const char *bytes, size_t n, uint32_t code_point, int indent)
{
	if (code_point == '\n' && indent >= 0)
		fprintf(out, "\n%*s", indent, "");
	else if (code_point == '\n')
		fputs("\\n", out);
	else if (code_point < 0x80 && character_is_unsafe(code_point))
		fprintf(out, "\\x%02x", (unsigned int)code_point);
	else if (character_is_unsafe(code_point))
		fprintf(out, "\\u{%x}", (unsigned int)code_point);
	else
		fwrite(bytes, 1, n, out);
}

void terminal_write(FILE *out, const char *text, size_t len, int indent)
{
	for (size_t at = 0; at < len;) {
		uint32_t code_point;
		size_t n = character_decode(text + at, len - at, &code_point);

		if (n == 0) {
			fprintf(out, "\\x%02x", (unsigned int)(unsigned char)text[at]);
			at++;
			continue;
		}
		write_character(out, text + at, n, code_point, indent);
		at += n;
	}
}

void terminal_color_start(FILE *out, bool enabled, enum terminal_color color)
{
	static const char *const sequences[] = {
		[TERMINAL_GREEN] = "\033[1;32m",  [TERMINAL_RED] = "\033[1;31m",
		[TERMINAL_YELLOW] = "\033[1;33m", [TERMINAL_BOLD] = "\033[1m",
		[TERMINAL_DIM] = "\033[2m",
	};

	if (enabled)
		fputs(sequences[color], out);
}

void terminal_color_end(FILE *out, bool enabled)
{
	if (enabled)
		fputs("\033[0m", out);
}
