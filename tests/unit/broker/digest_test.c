/* broker/digest: the published example, and that borders between texts count. */
#include "broker/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct lru_key of_texts(const char *first, const char *second)
{
	struct digest digest;
	struct lru_key key;

	digest_start(&digest);
	digest_add_text(&digest, first, strlen(first));
	digest_add_text(&digest, second, strlen(second));
	digest_end(&digest, &key);
	return key;
}

/* FIPS 180-2, appendix B.1. */
static void test_the_published_example(void **state)
{
	static const uint8_t expected[] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
		0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
		0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
	};
	struct digest digest;
	struct lru_key key;

	(void)state;
	digest_start(&digest);
	digest_add(&digest, "ab", 2);
	digest_add(&digest, "c", 1);
	digest_end(&digest, &key);
	assert_memory_equal(key.bytes, expected, sizeof(expected));
}

static void test_borders_count(void **state)
{
	const struct lru_key whole = of_texts("ab", "c"), moved = of_texts("a", "bc"),
			     again = of_texts("ab", "c");

	(void)state;
	assert_memory_equal(&whole, &again, sizeof(whole));
	assert_memory_not_equal(&whole, &moved, sizeof(whole));
}

int main(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_the_published_example),
		cmocka_unit_test(test_borders_count),
	};

	return cmocka_run_group_tests(list, NULL, NULL);
}
