#include "base/status.h"

#include <cstdlib>
#include <new>

#include "base/error_parts.h"

namespace rediscluster {
namespace {

constexpr char kNoMemoryText[] = "out of memory: free some and call again";

// What every failing allocation hands out: nothing is left to allocate an error of its own from.
Error no_memory[] = {
    {Code::kNoMemory, Outcome::kNotSent, kNoMemoryText, nullptr, false},
    {Code::kNoMemory, Outcome::kRefused, kNoMemoryText, nullptr, false},
    {Code::kNoMemory, Outcome::kExecuted, kNoMemoryText, nullptr, false},
    {Code::kNoMemory, Outcome::kUnknown, kNoMemoryText, nullptr, false},
};

char* copy_text(char* to, std::string_view text) noexcept {
  text.copy(to, text.size());  // unlike memcpy it takes an empty view of nothing
  to[text.size()] = '\0';
  return to + text.size() + 1;
}

}  // namespace

std::size_t error_size(std::string_view message, std::string_view server_code) noexcept {
  return sizeof(Error) + message.size() + 1 + server_code.size() + 1;
}

Error* place_error(void* memory, Code code, Outcome outcome, std::string_view message,
                   std::string_view server_code) noexcept {
  char* texts = static_cast<char*>(memory) + sizeof(Error);
  auto* error = new (memory) Error{code, outcome, texts, nullptr, false};
  char* rest = copy_text(texts, message);
  if (!server_code.empty()) {
    error->server_code = rest;
    copy_text(rest, server_code);
  }
  return error;
}

ErrorPtr make_error(Code code, Outcome outcome, std::string_view message,
                    std::string_view server_code) noexcept {
  void* memory = std::malloc(error_size(message, server_code));
  if (memory == nullptr) return no_memory_error(outcome);
  Error* error = place_error(memory, code, outcome, message, server_code);
  error->owned = true;
  return ErrorPtr(error);
}

ErrorPtr no_memory_error(Outcome outcome) noexcept { return ErrorPtr(&no_memory[static_cast<int>(outcome)]); }

ErrorPtr with_outcome(ErrorPtr error, Outcome outcome) noexcept {
  if (!error->owned) return no_memory_error(outcome);  // shared by all: not to be written to
  error->outcome = outcome;
  return error;
}

void free_error(Error* error) noexcept {
  if (error == nullptr || !error->owned) return;
  if (error->parts != nullptr) error->parts->release(error->parts->memory);
  std::free(error);
}

const char* code_name(Code code) noexcept {
  switch (code) {
#define CODE(name, ours, number) \
  case Code::ours:               \
    return #name;
#include "base/codes.inc"
  }
  return "RC_ERR_UNKNOWN_CODE";
}

const char* outcome_name(Outcome outcome) noexcept {
  switch (outcome) {
#define OUTCOME(name, ours, number) \
  case Outcome::ours:               \
    return #name;
#include "base/codes.inc"
  }
  return "RC_OUTCOME_UNKNOWN_VALUE";
}

}  // namespace rediscluster
