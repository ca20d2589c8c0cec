/* A result as a page for a person. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "assay/assay.h"

/* `title` names what was judged. */
void report_print(FILE *out, const assay_result *result, const char *title, bool color);
