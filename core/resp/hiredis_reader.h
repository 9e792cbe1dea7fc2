// hiredis' redisReader, under the names that it has inside of this library where it was taken in
// (cmake/Hiredis.cmake). For what implements core/resp/ only: the tests have a hiredis of their own.
#pragma once

#ifdef REDISCLUSTER_HIREDIS_INSIDE
#define redisReaderCreateWithFunctions rediscluster_redisReaderCreateWithFunctions
#define redisReaderFree rediscluster_redisReaderFree
#define redisReaderFeed rediscluster_redisReaderFeed
#define redisReaderGetReply rediscluster_redisReaderGetReply
#endif

#include <hiredis/hiredis.h>
