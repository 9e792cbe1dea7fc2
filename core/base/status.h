// How a call failed, and what became of its command. The numbers are the C API's: see codes.inc.
#pragma once

#include <memory>
#include <string_view>

namespace rediscluster {

enum class Code : int {
#define CODE(name, ours, number) ours = number,
#include "base/codes.inc"
};

enum class Outcome : int {
#define OUTCOME(name, ours, number) ours = number,
#include "base/codes.inc"
};

struct ErrorParts;

}  // namespace rediscluster

// The C API's opaque rc_error is the core's own error: one block of memory that holds its texts too.
struct rc_error {
  rediscluster::Code code;
  rediscluster::Outcome outcome;
  const char* message;
  const char* server_code;  // "WRONGTYPE", or null
  bool owned;               // false: static, or part of a reply's arena
  // Of RC_ERR_PARTIAL: what became of each part. Null for others.
  const rediscluster::ErrorParts* parts = nullptr;

  // The same, empty where there is none.
  std::string_view server_word() const noexcept {
    return server_code == nullptr ? std::string_view() : server_code;
  }
};

namespace rediscluster {

using Error = ::rc_error;

void free_error(Error* error) noexcept;

struct ErrorDeleter {
  void operator()(Error* error) const noexcept { free_error(error); }
};
using ErrorPtr = std::unique_ptr<Error, ErrorDeleter>;

// One allocation; out of memory gives the static error of that outcome instead. Never null.
[[nodiscard]] ErrorPtr make_error(Code code, Outcome outcome, std::string_view message,
                                  std::string_view server_code = {}) noexcept;
[[nodiscard]] ErrorPtr no_memory_error(Outcome outcome = Outcome::kNotSent) noexcept;
// The same failure with another outcome: what became of a question tells nothing of the command behind it.
[[nodiscard]] ErrorPtr with_outcome(ErrorPtr error, Outcome outcome) noexcept;

// Bytes that an Error with these texts takes when it is placed in memory of the caller's.
std::size_t error_size(std::string_view message, std::string_view server_code) noexcept;
Error* place_error(void* memory, Code code, Outcome outcome, std::string_view message,
                   std::string_view server_code) noexcept;

const char* code_name(Code code) noexcept;           // "RC_ERR_TIMEOUT"
const char* outcome_name(Outcome outcome) noexcept;  // "RC_OUTCOME_UNKNOWN"

// Success, or an error.
class [[nodiscard]] Status {
 public:
  Status() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): errors convert on return
  Status(ErrorPtr error) noexcept : error_(std::move(error)) {}

  bool ok() const noexcept { return error_ == nullptr; }
  const Error& error() const noexcept { return *error_; }
  ErrorPtr take() noexcept { return std::move(error_); }

 private:
  ErrorPtr error_;
};

// A value, or an error. T is default-constructible and cheap to move.
template <class T>
class [[nodiscard]] Result {
 public:
  // NOLINTBEGIN(google-explicit-constructor): what a function returns converts
  Result(T value) noexcept : value_(std::move(value)) {}
  Result(ErrorPtr error) noexcept : value_{}, error_(std::move(error)) {}
  Result(Status status) noexcept : value_{}, error_(status.take()) {}
  // NOLINTEND(google-explicit-constructor)

  bool ok() const noexcept { return error_ == nullptr; }
  const Error& error() const noexcept { return *error_; }
  ErrorPtr take_error() noexcept { return std::move(error_); }
  T& value() noexcept { return value_; }
  T take() noexcept { return std::move(value_); }

 private:
  T value_;
  ErrorPtr error_;
};

}  // namespace rediscluster
