// A Java object as a watch callback.
#pragma once

#include <jni.h>

#include "client.h"
#include "packed.h"

// NativeCallback.call(watch) gives packed commands, or null to abort. What it throws is thrown again by
// raise().
class JavaCallback : public WatchCallback {
 public:
  JavaCallback() = default;
  ~JavaCallback() override { forget(); }

  static bool set_up(JNIEnv* env) {
    jclass type = env->FindClass("io/rediscluster/NativeCallback");
    if (type != nullptr) method_ = env->GetMethodID(type, "call", "(J)[B");
    return method_ != nullptr;
  }

  void set(JNIEnv* env, jobject object) {
    env_ = env;
    object_ = object;
  }

  void raise() { env_->Throw(thrown_); }

 protected:
  Ended call(rc_watch* watch, rc_commands* to_execute) override {
    forget();
    NativeWatch native(watch, false);
    auto* commands = static_cast<jbyteArray>(env_->CallObjectMethod(
        object_, method_, static_cast<jlong>(reinterpret_cast<std::intptr_t>(&native))));
    bool whole = false;
    if (!env_->ExceptionCheck()) {
      if (commands == nullptr) return Ended::kAbort;
      whole = PackedCommands::append(env_, to_execute, commands);
      env_->DeleteLocalRef(commands);
    }
    thrown_ = env_->ExceptionOccurred();
    if (thrown_ == nullptr) return whole ? Ended::kExecute : Ended::kAbort;
    env_->ExceptionClear();
    return is_error(env_, thrown_) ? Ended::kCallFailed : Ended::kRaised;
  }

 private:
  void forget() {
    if (thrown_ != nullptr) env_->DeleteLocalRef(thrown_);
    thrown_ = nullptr;
  }

  inline static jmethodID method_ = nullptr;
  JNIEnv* env_ = nullptr;
  jobject object_ = nullptr;
  jthrowable thrown_ = nullptr;
};
