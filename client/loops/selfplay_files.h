/* What self-play hands on: kept problems, and what was said of their solutions. */
#pragma once

/*
 * From all that the output has. `problems_path`: tasks with their candidates, as `assay eval` reads
 * them; `results_path`: results as it writes them; each may be NULL. 0 or -errno, and *path
 * (borrowed) is the file that it is about.
 */
int selfplay_files_write(const char *out_path, const char *problems_path, const char *results_path,
			 const char **path);
