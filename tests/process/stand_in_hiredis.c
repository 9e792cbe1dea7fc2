/* Stands for a hiredis of another version that somebody else has brought into the process: the names that
 * hiredis exports, behind which nothing is as the library knows it. None may be called on behalf of the
 * library. */
#include <stdio.h>
#include <stdlib.h>

#define IN_THE_WAY(name) \
  void* name(void);      \
  void* name(void) { return called(#name); }

static void* called(const char* name) {
  fprintf(stderr, "the library called %s of the process's own hiredis\n", name);
  abort();
}

IN_THE_WAY(redisReaderCreate)
IN_THE_WAY(redisReaderCreateWithFunctions)
IN_THE_WAY(redisReaderFree)
IN_THE_WAY(redisReaderFeed)
IN_THE_WAY(redisReaderGetReply)
IN_THE_WAY(freeReplyObject)
IN_THE_WAY(redisFormatCommandArgv)
IN_THE_WAY(sdsnewlen)
IN_THE_WAY(sdsempty)
IN_THE_WAY(sdscatlen)
IN_THE_WAY(sdsfree)
IN_THE_WAY(sdsrange)
IN_THE_WAY(sdsMakeRoomFor)
IN_THE_WAY(sds_malloc)
IN_THE_WAY(sds_realloc)
IN_THE_WAY(sds_free)
IN_THE_WAY(hi_malloc)
IN_THE_WAY(hi_calloc)
IN_THE_WAY(hi_realloc)
IN_THE_WAY(hi_strdup)
IN_THE_WAY(hi_free)

/* So that a program that links this has it, wherever it stands in the link. */
const char* stand_in_hiredis(void);
const char* stand_in_hiredis(void) { return "another hiredis"; }
