/*
 * From preprocessed code to declarations. In the child that compiles; pure but for memory.
 *
 * Of functions there is the prototype, so that their code is where the candidate's object is; what
 * cannot be had from there (templates, inline and static functions, types, variables) comes whole.
 * Macros have been expanded and are gone. Lines that come from files of the system are left out,
 * and the directives that include them are repeated.
 *
 * Left out is what would change the meaning of the tests instead of being named by them: operators
 * and specialisations, unless they are of the candidate's own types; main(); what gets another name
 * in the object (asm labels); and names of ours. Inline functions of C become static ones, so that
 * none is a definition of what a header has declared.
 *
 * It does not parse: it finds where the items of a file begin and end, and looks at a few words.
 * Code that it gets wrong does not compile with the tests, which is told with the compiler's words.
 */
#include "inside/runtimes/native/declarations.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "inside/runtimes/native/tokens.h"

#define TYPES_MAX 256
#define DEPTH_MAX 64

struct scan {
	const char *text; /* the candidate's own lines */
	size_t len;
	size_t at;
	struct token types[TYPES_MAX]; /* names of types that it defines */
	size_t n_types;
	struct declarations *out;
	bool is_c;
	unsigned int n_linkages; /* extern "C" blocks that are open */
	int err;
};

/* One item of a file or namespace, as far as it has been read. */
struct item {
	size_t start;
	size_t end;   /* behind its last token */
	size_t body;  /* of a function: where its { is */
	size_t group; /* the last list in parentheses, without (; 0: none */
	size_t group_end;
	struct token first;
	struct token second;
	struct token name; /* before that list */
	struct token type; /* struct, class, union, enum: its name, not yet known to be defined */
	bool is_main;
	bool is_member; /* A::b(...), or a constructor */
	bool is_operator;
	bool is_assigned;
	bool is_whole; /* static, inline, ...: of no use without its body */
	bool is_inline;
	bool is_static;
	bool is_renamed; /* f() __asm__("g") */
	bool has_arrow;
	bool has_auto;
	bool is_function;
	bool is_block; /* namespace, extern "C": its items follow */
};

static void append(struct scan *scan, const char *bytes, size_t len)
{
	struct declarations *out = scan->out;

	if (out->len + len > out->size) {
		size_t size = 2 * out->size + len;
		char *grown = realloc(out->bytes, size);

		if (grown == NULL) {
			scan->err = -ENOMEM;
			return;
		}
		out->bytes = grown;
		out->size = size;
	}
	memcpy(out->bytes + out->len, bytes, len);
	out->len += len;
}

static void append_range(struct scan *scan, size_t start, size_t end, const char *more)
{
	append(scan, scan->text + start, end - start);
	append(scan, more, strlen(more));
}

static bool is_one_of(const struct token *token, const char *const *words)
{
	for (; *words != NULL; words++)
		if (token_is(token, *words))
			return true;
	return false;
}

/* ---------------------------------------------------------------- the candidate's own lines */

/* # 12 "file" flags: whether the lines behind it are the candidate's. */
static bool is_own_file(const char *line, size_t len)
{
	const char *quote = memchr(line, '"', len);

	return quote != NULL && quote + 1 < line + len && quote[1] != '/' && quote[1] != '<';
}

static bool is_system_include(const char *line, size_t len)
{
	static const char include[] = "#include";

	return len > sizeof(include) && memcmp(line, include, sizeof(include) - 1) == 0 &&
	       memchr(line, '<', len) != NULL;
}

/* Directives go to the output at once; the rest is moved together in `own`, its length returned. */
static size_t keep_own_lines(struct scan *scan, const char *text, size_t len, char *own)
{
	bool is_own = true;
	size_t n = 0;

	for (size_t at = 0; at < len;) {
		const char *line = text + at;
		const char *end = memchr(line, '\n', len - at);
		size_t line_len = end != NULL ? (size_t)(end - line) : len - at;

		at += line_len + 1;
		if (line_len > 2 && line[0] == '#' && line[1] == ' ') {
			is_own = is_own_file(line, line_len);
		} else if (is_own && is_system_include(line, line_len)) {
			append(scan, line, line_len);
			append(scan, "\n", 1);
		} else if (is_own && (line_len == 0 || line[0] != '#')) {
			memcpy(own + n, line, line_len);
			own[n + line_len] = '\n';
			n += line_len + 1;
		}
	}
	return n;
}

/* ---------------------------------------------------------------- one item */

/* Behind the sign that closes what was opened before scan->at. */
static void skip_group(struct scan *scan)
{
	unsigned int depth = 1;

	while (depth > 0) {
		struct token token = token_next(scan->text, scan->len, &scan->at);

		if (token.kind == TOKEN_END)
			return;
		if (token.kind != TOKEN_SIGN)
			continue;
		if (strchr("([{", token.bytes[0]) != NULL)
			depth++;
		else if (strchr(")]}", token.bytes[0]) != NULL)
			depth--;
	}
}

static void take_word(struct item *item, const struct token *token, const struct token *last)
{
	static const char *const kinds[] = {"struct", "class", "union", "enum", NULL};
	static const char *const whole[] = {"static",    "inline",   "constexpr",  "consteval",
					    "constinit", "__inline", "__inline__", NULL};
	static const char *const no_names[] = {"alignas", "__attribute__", "_Alignas", NULL};
	static const char *const inlines[] = {"inline", "__inline", "__inline__", NULL};
	static const char *const renames[] = {"asm", "__asm", "__asm__", NULL};

	item->is_operator |= token_is(token, "operator");
	item->has_auto |= token_is(token, "auto");
	item->is_whole |= is_one_of(token, whole);
	item->is_inline |= is_one_of(token, inlines);
	item->is_static |= token_is(token, "static");
	item->is_renamed |= is_one_of(token, renames);
	if (last->kind == TOKEN_WORD && is_one_of(last, kinds) && !is_one_of(token, kinds) &&
	    !is_one_of(token, no_names))
		item->type = *token;
}

/* struct std::hash<int> is nobody's own. */
static void forget_type(struct item *item, const struct token *sign, const struct token *last)
{
	if ((token_is(sign, "::") || token_is(sign, "<")) && item->type.bytes == last->bytes)
		item->type = (struct token){TOKEN_END, "", 0};
}

/* ( or [ at the item's own level. */
static void take_group(struct scan *scan, struct item *item, const struct token *sign,
		       const struct token *last, const struct token *before_last)
{
	static const char *const no_functions[] = {
		"__attribute__", "alignas", "_Alignas", "decltype", "noexcept", "throw",
		"__declspec",    "asm",     "__asm__",  "typeof",   "requires", NULL};
	size_t start = scan->at;

	skip_group(scan);
	if (sign->bytes[0] != '(' || is_one_of(last, no_functions))
		return;
	if (last->kind != TOKEN_WORD && !item->is_operator)
		return;
	item->group = start;
	item->group_end = scan->at;
	item->name = *last;
	item->is_member |= token_is(before_last, "::");
}

/* extern "C" and nothing else before the brace. */
static bool is_only_linkage(const struct scan *scan, const struct item *item, size_t brace)
{
	size_t at = (size_t)(item->second.bytes - scan->text) + item->second.len;
	struct token next = token_next(scan->text, scan->len, &at);

	return token_is(&item->first, "extern") && next.bytes == scan->text + brace;
}

/* A { at the item's own level. Whether the item ends behind it. */
static bool take_braces(struct scan *scan, struct item *item, size_t brace)
{
	size_t at;
	struct token next;

	if (token_is(&item->first, "namespace") ||
	    (token_is(&item->first, "inline") && token_is(&item->second, "namespace")) ||
	    (item->second.kind == TOKEN_TEXT && is_only_linkage(scan, item, brace))) {
		item->is_block = true;
		return true;
	}
	skip_group(scan);
	if (item->is_assigned || item->group == 0) {
		if (item->type.len > 0 && scan->n_types < TYPES_MAX)
			scan->types[scan->n_types++] = item->type;
		return false;
	}
	if (!item->is_function) {
		item->is_function = true;
		item->body = brace;
	}
	at = scan->at;
	next = token_next(scan->text, scan->len, &at);
	/* Of a constructor: a{1}, b{2} {...} */
	return !item->is_member || !(token_is(&next, ",") || token_is(&next, "{"));
}

/* Reads one item. false: there is none, or what encloses it ends. */
static bool read_item(struct scan *scan, struct item *item)
{
	struct token last = {TOKEN_END, "", 0};
	struct token before_last = last;

	memset(item, 0, sizeof(*item));
	for (unsigned int n = 0;; n++) {
		size_t before = scan->at;
		struct token token = token_next(scan->text, scan->len, &scan->at);

		if (token.kind == TOKEN_END || token_is(&token, "}")) {
			if (n > 0)
				scan->at = before; /* cut off: left out */
			return false;
		}
		if (n == 0)
			item->start = (size_t)(token.bytes - scan->text);
		if (n == 0)
			item->first = token;
		if (n == 1)
			item->second = token;
		item->end = scan->at;
		if (token_is(&token, ";"))
			return true;
		if (token_is(&token, "{")) {
			bool is_over = take_braces(scan, item, item->end - 1);

			item->end = scan->at;
			if (is_over)
				return true;
		} else if (token_is(&token, "(") || token_is(&token, "[")) {
			take_group(scan, item, &token, &last, &before_last);
		} else if (token.kind == TOKEN_WORD) {
			take_word(item, &token, &last);
		}
		forget_type(item, &token, &last);
		item->has_arrow |= token_is(&token, "->");
		item->is_assigned |= token_is(&token, "=") && !item->is_operator;
		item->is_member |= token_is(&token, ":") && item->group > 0;
		before_last = last;
		last = token;
	}
}

/* ---------------------------------------------------------------- what is told of it */

static bool names_own_type(const struct scan *scan, size_t start, size_t end)
{
	while (start < end) {
		struct token token = token_next(scan->text, end, &start);

		for (size_t i = 0; i < scan->n_types && token.kind == TOKEN_WORD; i++)
			if (token.len == scan->types[i].len &&
			    memcmp(token.bytes, scan->types[i].bytes, token.len) == 0)
				return true;
	}
	return false;
}

/* template <> ..., and template without a list: one of something that exists. */
static bool is_specialisation(const struct scan *scan, const struct item *item)
{
	size_t at = item->start;
	struct token token = token_next(scan->text, item->end, &at);

	if (token_is(&token, "extern"))
		token = token_next(scan->text, item->end, &at);
	if (!token_is(&token, "template"))
		return false;
	token = token_next(scan->text, item->end, &at);
	if (!token_is(&token, "<"))
		return true;
	token = token_next(scan->text, item->end, &at);
	return token_is(&token, ">");
}

/* The mark's names, and what the symbols of the tests are changed to. */
static bool has_name_of_ours(const struct scan *scan, const struct item *item)
{
	static const char prefix[] = "assay_";
	size_t at = item->start;

	while (at < item->end) {
		struct token token = token_next(scan->text, item->end, &at);

		if (token.len >= sizeof(prefix) &&
		    memcmp(token.bytes, prefix, sizeof(prefix) - 1) == 0)
			return true;
	}
	return false;
}

static bool is_left_out(const struct scan *scan, const struct item *item)
{
	static const char *const words[] = {"static_assert", "_Static_assert", ";", NULL};

	if (is_one_of(&item->first, words) || item->is_renamed || has_name_of_ours(scan, item))
		return true;
	if (item->is_operator)
		return item->group == 0 || !names_own_type(scan, item->group, item->group_end);
	if (is_specialisation(scan, item))
		return !names_own_type(scan, item->start, item->end);
	return item->group > 0 &&
	       (token_is(&item->name, "main") || (item->is_function && item->is_member));
}

/* Whether a function with its body is a definition for all that is linked, or could be. */
static bool is_shared_inline(const struct scan *scan, const struct item *item)
{
	const bool has_linkage =
		token_is(&item->first, "extern") && item->second.kind == TOKEN_TEXT;

	return item->is_function && item->is_inline && !item->is_static &&
	       (scan->is_c || scan->n_linkages > 0 || has_linkage);
}

static void tell_item(struct scan *scan, const struct item *item, bool is_internal)
{
	bool is_whole = item->is_whole || is_internal || token_is(&item->first, "template") ||
			(item->has_auto && !item->has_arrow);

	if (is_left_out(scan, item))
		return;
	if (is_shared_inline(scan, item)) {
		if (token_is(&item->first, "extern"))
			is_whole = false; /* it is in the candidate's object */
		else
			append(scan, "static ", strlen("static "));
	}
	if (item->is_function && !is_whole)
		append_range(scan, item->start, item->body, ";\n");
	else
		append_range(scan, item->start, item->end, "\n");
}

/* Until the } of what encloses it, or the end of the text. */
static void tell_items(struct scan *scan, bool is_internal, unsigned int depth)
{
	struct item item;

	while (read_item(scan, &item) && scan->err == 0) {
		if (!item.is_block) {
			tell_item(scan, &item, is_internal);
			continue;
		}
		if (depth == 0) {
			skip_group(scan);
			continue;
		}
		append_range(scan, item.start, item.end, "\n");
		scan->n_linkages += item.second.kind == TOKEN_TEXT;
		tell_items(scan, is_internal || token_is(&item.second, "{"), depth - 1);
		scan->n_linkages -= item.second.kind == TOKEN_TEXT;
		append(scan, "}\n", 2);
	}
}

int declarations_find(const char *text, size_t len, bool is_c, struct declarations *declarations)
{
	struct scan scan = {.out = declarations, .is_c = is_c};
	char *own = malloc(len + 1);

	*declarations = (struct declarations){.bytes = NULL};
	if (own == NULL)
		return -ENOMEM;
	scan.len = keep_own_lines(&scan, text, len, own);
	scan.text = own;
	while (scan.at < scan.len && scan.err == 0)
		tell_items(&scan, false, DEPTH_MAX);
	free(own);
	if (scan.err < 0)
		declarations_free(declarations);
	return scan.err;
}

void declarations_free(struct declarations *declarations)
{
	free(declarations->bytes);
	*declarations = (struct declarations){.bytes = NULL};
}
