/*
 * Free places between what lives: filled before the fork, so that what a run allocates comes to lie
 * together.
 */
#pragma once

/*
 * Takes every free place below the end of the heap, and of each small size what is left of the
 * interpreter's pools. They are never given back. Before the process serves, any number of times.
 */
void gaps_fill(void);
