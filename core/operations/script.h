// A script that servers keep by its digest, and the words that call it.
#pragma once

#include <string>
#include <vector>

#include "base/args.h"
#include "base/sha1.h"
#include "calls/call_options.h"
#include "resp/reply.h"

namespace rediscluster {

// Does not change once threads share it.
class Script {
 public:
  explicit Script(std::string_view body);  // throws bad_alloc

  std::string_view body() const noexcept { return body_; }
  const char* sha() const noexcept { return sha_.data(); }
  bool says_noscript() const noexcept { return says_noscript_; }
  bool read_only() const noexcept { return read_only_; }
  void set_read_only(bool yes) noexcept { read_only_ = yes; }

 private:
  const std::string body_;
  const std::array<char, kSha1Digits + 1> sha_;
  const bool says_noscript_;  // the word NOSCRIPT is in its body
  bool read_only_ = false;
};

// Borrows all of it. Throws bad_alloc.
class ScriptCall {
 public:
  ScriptCall(const Script& script, const Args& keys, const Args& arguments);

  Args by_sha() noexcept;   // EVALSHA, good until the next of these two
  Args by_body() noexcept;  // EVAL
  // Its own words have NOSCRIPT in them, and could become an error of the script's.
  bool may_say_noscript() const noexcept;
  const Script& script() const noexcept { return script_; }

 private:
  void set(std::size_t i, std::string_view word) noexcept;
  Args view() const noexcept { return {data_.size(), data_.data(), lengths_.data()}; }

  const Script& script_;
  const std::string key_count_;
  std::vector<const char*> data_;
  std::vector<std::size_t> lengths_;
};

// An error of EVALSHA is the server's own NOSCRIPT: it has not run the script, so EVAL is safe whatever that
// does.
//
// A script could say the same. So one that has the word in its body, keys or arguments is never sent by its
// digest (`may_say_noscript`), and of others only the server's exact sentence counts.
bool is_noscript(const Error& error) noexcept;

}  // namespace rediscluster
