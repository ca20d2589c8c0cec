/*
 * What is asked of an answer instead of equality, by the comparator evalplus. Plain data.
 */
#pragma once

enum value_oracle {
	VALUE_ORACLE_NONE,
	VALUE_ORACLE_SET,      /* it has the elements of the expected value */
	VALUE_ORACLE_NOT_NONE, /* the expected value is a bool: whether it is anything but None */
	VALUE_ORACLE_ANY,      /* nothing */
	VALUE_ORACLE_ROOT,     /* the expected value is the list of a polynomial's coefficients */
	VALUE_ORACLE_SEVERAL, /* the expected value is a tuple: the reference's, and others that are
			       * right, too */
	VALUE_ORACLES,
};
