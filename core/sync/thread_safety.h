// Which lock or role a member needs and a function takes, as clang's -Wthread-safety understands it: the
// preset "clang" proves it. Nothing for other compilers.
#pragma once

#if defined(__clang__)
#define REDISCLUSTER_ANNOTATION(x) __attribute__((x))
#else
#define REDISCLUSTER_ANNOTATION(x)
#endif

#define CAPABILITY(kind) REDISCLUSTER_ANNOTATION(capability(kind))
#define SCOPED_CAPABILITY REDISCLUSTER_ANNOTATION(scoped_lockable)
#define GUARDED_BY(lock) REDISCLUSTER_ANNOTATION(guarded_by(lock))
#define REQUIRES(...) REDISCLUSTER_ANNOTATION(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) REDISCLUSTER_ANNOTATION(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) REDISCLUSTER_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) REDISCLUSTER_ANNOTATION(release_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) REDISCLUSTER_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define ASSERT_CAPABILITY(lock) REDISCLUSTER_ANNOTATION(assert_capability(lock))
#define RETURN_CAPABILITY(lock) REDISCLUSTER_ANNOTATION(lock_returned(lock))
