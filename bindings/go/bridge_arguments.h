/* Reads arguments: used by the C files of this package only. */
#ifndef REDISCLUSTER_GO_BRIDGE_ARGUMENTS_H
#define REDISCLUSTER_GO_BRIDGE_ARGUMENTS_H

#include "bridge.h"

/* The arguments of one command after the other, as pointers into the flat buffer. */
typedef struct rcgo_arguments {
  const char** argv;
  size_t* lengths;
  size_t room;
  const char* few_argv[16];
  size_t few_lengths[16];
} rcgo_arguments;

uint32_t rcgo_get_u32(const char** from); /* the number at *from, which is after it then */

void rcgo_arguments_init(rcgo_arguments* to);
void rcgo_arguments_done(rcgo_arguments* to);
/* 0 when out of memory; else *from is after them. */
int rcgo_arguments_read(rcgo_arguments* to, const char** from, size_t count);

/* The terms as the C API has them. *options stays NULL where nothing is different. */
int rcgo_make_options(rcgo_terms terms, rc_call_options** options, rc_error** error);

#endif
