/* What STaR trains on: the kept texts of its output. Part of `assay loop star`. */
#pragma once

/* Writes {"prompt", "completion", "task", "hinted"} of each line of `out_path` that is kept. 0 or
 * -errno. */
int training_file_write(const char *train_path, const char *out_path);
