/*
 * One task of `assay loop rank`: its matrix, from the assertions to the groups. Part of `assay
 * loop`.
 */
#pragma once

#include <jansson.h>

#include "client/loops/engine.h"
#include "client/loops/rank_groups.h"
#include "client/loops/rank_input.h"

struct ranking;

enum ranking_outcome { RANKING_DONE = 1 };

/* Borrows the material. `is_real`: the candidates are judged by the task's own tests, too. NULL
 * when memory is short. */
struct ranking *ranking_new(const struct rank_material *material, enum rank_score score,
			    bool is_real);
void ranking_free(struct ranking *ranking);

/* As the functions of an engine_loop; they end the task themselves if it has a problem. */

/* RANKING_DONE: there is nothing (more) to be judged; else as begin() and take_verdict(). */
int ranking_begin(struct engine *engine, struct ranking *ranking);
int ranking_go_on(struct engine *engine, struct ranking *ranking);
void ranking_take_result(struct ranking *ranking, const assay_result *result);
json_t *ranking_to_json(const struct engine_task *task);
