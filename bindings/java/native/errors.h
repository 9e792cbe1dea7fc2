// Errors of the library as Java exceptions.
#pragma once

#include <jni.h>
#include <rediscluster/rediscluster.h>

#include "functions.h"

// An error that a function may set.
struct Failed {
  rc_error* error = nullptr;
  Failed() = default;
  ~Failed() { rc_error_free(error); }
  Failed(const Failed&) = delete;
  Failed& operator=(const Failed&) = delete;
};

// RedisClusterException. Weak: a reference that is not would keep the class's loader, and with it this library, for ever.
// The class is there as long as any code of this library runs.
inline jweak error_class = nullptr;
inline jmethodID error_maker = nullptr;

// False with a Java exception.
inline bool set_up_errors(JNIEnv* env) {
  jclass found = env->FindClass("io/rediscluster/RedisClusterException");
  if (found == nullptr) return false;
  error_class = env->NewWeakGlobalRef(found);
  error_maker = env->GetStaticMethodID(found, "of", "([BZ)Lio/rediscluster/RedisClusterException;");
  return error_class != nullptr && error_maker != nullptr;
}

inline bool is_error(JNIEnv* env, jthrowable thrown) {
  auto* type = static_cast<jclass>(env->NewLocalRef(error_class));
  const bool is = type != nullptr && env->IsInstanceOf(thrown, type);
  env->DeleteLocalRef(type);
  return is;
}

inline jbyteArray java_bytes(JNIEnv* env, const char* bytes, std::size_t length) {
  const auto size = static_cast<jsize>(length);
  jbyteArray array = env->NewByteArray(size);
  if (array != nullptr) env->SetByteArrayRegion(array, 0, size, reinterpret_cast<const jbyte*>(bytes));
  return array;
}

inline jbyteArray java_text(JNIEnv* env, const char* text) {
  return text == nullptr ? nullptr : java_bytes(env, text, strlen(text));
}

inline jbyteArray packed_error(JNIEnv* env, const rc_error* error);

// Throws it, unless it is NULL or something is thrown already. text: the replies of its parts have texts
// instead of bytes.
inline void throw_error(JNIEnv* env, const rc_error* error, bool text) {
  if (error == nullptr || env->ExceptionCheck()) return;
  jbyteArray packed = packed_error(env, error);
  if (packed == nullptr) return;
  auto* type = static_cast<jclass>(env->NewLocalRef(error_class));
  if (type == nullptr) return;
  jobject exception = env->CallStaticObjectMethod(type, error_maker, packed, jboolean(text));
  if (!env->ExceptionCheck()) env->Throw(static_cast<jthrowable>(exception));
}
