// A Java object whose methods the library calls: a NativeFunctions, which throws nothing.
#pragma once

#include <jni.h>

#include "errors.h"
#include "functions.h"
#include "packed.h"

typedef jobject Function;

class LanguageFunctions : public Functions {
 public:
  LanguageFunctions() = default;
  ~LanguageFunctions() override {
    for (jobject function : functions_) env()->DeleteGlobalRef(function);
  }
  LanguageFunctions(const LanguageFunctions&) = delete;
  LanguageFunctions& operator=(const LanguageFunctions&) = delete;

  static bool set_up(JavaVM* vm, JNIEnv* env) {
    vm_ = vm;
    jclass type = env->FindClass("io/rediscluster/NativeFunctions");
    if (type == nullptr) return false;
    credentials_ = env->GetMethodID(type, "credentials", "([BI)[B");
    log_ = env->GetMethodID(type, "log", "(I[B)V");
    attempt_ = env->GetMethodID(type, "attempt", "([BI[BJII[BI)V");
    return credentials_ != nullptr && log_ != nullptr && attempt_ != nullptr;
  }

  void keep(Kind kind, Function function) { functions_[kind] = env()->NewGlobalRef(function); }

  bool give_credentials(const char* host, int port, rc_credentials* to, std::string& why) override {
    const Frame frame(env());
    auto* packed = static_cast<jbyteArray>(frame.env->CallObjectMethod(
        functions_[kCredentials], credentials_, java_text(frame.env, host), static_cast<jint>(port)));
    if (frame.env->ExceptionCheck() || packed == nullptr) {
      why = "no memory";
      return false;
    }
    PackedArguments given;
    given.set(frame.env, packed);
    const auto text = [&](std::size_t i) { return std::string(given.data()[i], given.lengths()[i]); };
    if (given.count() == 2) return rc_credentials_set(to, text(0).c_str(), text(1).c_str(), nullptr) == RC_OK;
    why = text(0);
    return false;
  }

  void log(int level, const char* line) override {
    const Frame frame(env());
    frame.env->CallVoidMethod(functions_[kLog], log_, static_cast<jint>(level), java_text(frame.env, line));
  }

  void attempt(const rc_attempt* attempt) override {
    const Frame frame(env());
    frame.env->CallVoidMethod(
        functions_[kAttempt], attempt_, java_text(frame.env, rc_attempt_host(attempt)),
        static_cast<jint>(rc_attempt_port(attempt)), java_text(frame.env, rc_attempt_command(attempt)),
        static_cast<jlong>(rc_attempt_duration_us(attempt)), static_cast<jint>(rc_attempt_number(attempt)),
        static_cast<jint>(rc_attempt_code(attempt)), java_text(frame.env, rc_attempt_server_code(attempt)),
        static_cast<jint>(rc_attempt_outcome(attempt)));
  }

 private:
  // The references that a call makes, and what it throws for want of memory, end with it.
  struct Frame {
    explicit Frame(JNIEnv* of) : env(of) { env->PushLocalFrame(8); }
    ~Frame() {
      env->ExceptionClear();
      env->PopLocalFrame(nullptr);
    }
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

    JNIEnv* const env;
  };

  static JNIEnv* env() {
    void* env = nullptr;
    vm_->GetEnv(&env, JNI_VERSION_1_8);  // all threads that call are Java's
    return static_cast<JNIEnv*>(env);
  }

  inline static JavaVM* vm_ = nullptr;
  inline static jmethodID credentials_ = nullptr;
  inline static jmethodID log_ = nullptr;
  inline static jmethodID attempt_ = nullptr;
  jobject functions_[kKinds] = {};
};
