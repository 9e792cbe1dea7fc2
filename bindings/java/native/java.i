%module Native

%{
#include "callback.h"
#include "errors.h"
#include "functions_of_java.h"
#include "packed.h"
%}

// Nothing of this is public; Cluster and its like are in front of it. They say when an object is deleted.
%typemap(javaclassmodifiers) SWIGTYPE "class"
%typemap(javafinalize) SWIGTYPE ""
%pragma(java) moduleclassmodifiers="class"
%pragma(java) jniclassclassmodifiers="class"
%pragma(java) jniclasscode=%{
  static {
    Library.load();
  }
%}
%javaconst(1);
%rename(cluster_find) NativeCluster::find;

// Commands and replies cross as one array of bytes each way: see Packer and Unpacker.
%define PACKED(signature)
%typemap(jni) signature "jbyteArray"
%typemap(jtype) signature "byte[]"
%typemap(jstype) signature "byte[]"
%typemap(javain) signature "$javainput"
%typemap(javaout) signature {
    return $jnicall;
  }
%enddef

%typemap(in) (size_t argc, const char* const* argv, const size_t* argv_len) (PackedArguments arguments) {
  arguments.set(jenv, $input);
  $1 = arguments.count();
  $2 = const_cast<$2_ltype>(arguments.data());
  $3 = arguments.lengths();
}
PACKED((size_t argc, const char* const* argv, const size_t* argv_len))
%apply (size_t argc, const char* const* argv, const size_t* argv_len) {
  (size_t key_count, const char* const* keys, const size_t* key_len)
};

%typemap(in) const rc_commands* commands (PackedCommands commands) {
  if (!commands.set(jenv, $input)) return $null;
  $1 = commands.get();
}
PACKED(const rc_commands* commands)

// Texts cross as bytes too: JNI's own UTF-8 has surrogates of its own.
%typemap(jni) const char* UTF8 "jbyteArray"
%typemap(jtype) const char* UTF8 "byte[]"
%typemap(jstype) const char* UTF8 "String"
%typemap(javain) const char* UTF8 "Packer.text($javainput)"
%typemap(in) const char* UTF8 (PackedBytes text) {
  text.set(jenv, $input);
  $1 = const_cast<char*>(text.bytes(0));
}
%typemap(freearg) const char* UTF8 ""
%apply const char* UTF8 {
  const char* url, const char* host, const char* address, const char* from, const char* to, const char* name,
  const char* value, const char* certificate, const char* key
};

%typemap(jni) const rc_call_options* options "jlong"
%typemap(jtype) const rc_call_options* options "long"
%typemap(jstype) const rc_call_options* options "NativeCallOptions"
%typemap(javain) const rc_call_options* options "NativeCallOptions.getCPtr($javainput)"
%typemap(in) const rc_call_options* options {
  auto* given = reinterpret_cast<NativeCallOptions*>($input);
  $1 = given == nullptr ? nullptr : given->get();
}

%typemap(jni) WatchCallback* callback "jobject"
%typemap(jtype) WatchCallback* callback "NativeCallback"
%typemap(jstype) WatchCallback* callback "NativeCallback"
%typemap(javain) WatchCallback* callback "$javainput"
%typemap(in) WatchCallback* callback (JavaCallback callback) {
  callback.set(jenv, $input);
  $1 = &callback;
}
%typemap(argout) WatchCallback* callback {
  if ($1->raised()) callback$argnum.raise();
}

typedef jobject Function;
%typemap(jni) Function "jobject"
%typemap(jtype) Function "NativeFunctions"
%typemap(jstype) Function "NativeFunctions"
%typemap(javain) Function "$javainput"
%typemap(in) Function "$1 = $input;"

%typemap(in, numinputs=0) rc_error** error (Failed failed) { $1 = &failed.error; }
%typemap(argout) rc_error** error { throw_error(jenv, *$1, wants_text(arg1)); }

%typemap(out) rc_reply* {
  $result = packed_reply(jenv, $1);
  rc_reply_free($1);
}
PACKED(rc_reply*)
%typemap(out) rc_info* {
  $result = packed_info(jenv, $1);
  rc_info_free($1);
}
PACKED(rc_info*)
%typemap(out) rc_explanation* {
  $result = packed_explanation(jenv, $1);
  rc_explanation_free($1);
}
PACKED(rc_explanation*)

%include "rediscluster.i"

%{
extern "C" JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* vm, void*) {
  JNIEnv* env = nullptr;
  if (vm->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_8) != JNI_OK) return JNI_ERR;
  const bool done = set_up_errors(env) && JavaCallback::set_up(env) && LanguageFunctions::set_up(vm, env);
  return done ? JNI_VERSION_1_8 : JNI_ERR;
}

// When the class loader was collected.
extern "C" JNIEXPORT void JNICALL JNI_OnUnload(JavaVM* vm, void*) {
  JNIEnv* env = nullptr;
  if (vm->GetEnv(reinterpret_cast<void**>(&env), JNI_VERSION_1_8) == JNI_OK) env->DeleteWeakGlobalRef(error_class);
}
%}
