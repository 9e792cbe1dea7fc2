/* Writes answers: used by the C files of this package only. */
#ifndef REDISCLUSTER_GO_BRIDGE_ANSWER_H
#define REDISCLUSTER_GO_BRIDGE_ANSWER_H

#include "bridge.h"

/* Each frees what it is given and makes it the answer. */
void rcgo_answer_reply(rcgo_answer* answer, rc_reply* reply, rc_error* error); /* NULL reply: the error */
void rcgo_answer_error(rcgo_answer* answer, rc_error* error);                  /* NULL: out of memory */
void rcgo_answer_info(rcgo_answer* answer, rc_info* info);
void rcgo_answer_explanation(rcgo_answer* answer, rc_explanation* explanation,
                             rc_error* error); /* the same */
void rcgo_answer_nothing(rcgo_answer* answer);

#endif
