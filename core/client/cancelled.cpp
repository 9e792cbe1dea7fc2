#include "client/cancelled.h"

#include <new>
#include <unordered_map>

#include "base/text.h"
#include "resp/arena.h"

namespace rediscluster {
namespace {

bool fired(const CallOptions& options) noexcept {
  return options.cancel != nullptr && options.cancel->fired();
}

// What a call ends with when it has no more time to try again.
bool for_want_of_time(const Error& error) noexcept {
  switch (error.code) {
    case Code::kTimeout:
    case Code::kConnect:
    case Code::kIo:
    case Code::kClusterDown:
    case Code::kBusy:
      return true;
    default:
      return false;
  }
}

std::string told(const Error& error) { return text("cancelled: ", error.message); }

}  // namespace

ErrorPtr after_cancel(ErrorPtr failure, const CallOptions& options) {
  if (!fired(options) || !for_want_of_time(*failure)) return failure;
  return make_error(Code::kCancelled, failure->outcome, told(*failure));
}

Status after_cancel(Status status, const CallOptions& options) {
  return status.ok() ? Status() : Status(after_cancel(status.take(), options));
}

Result<ReplyPtr> after_cancel(Result<ReplyPtr> result, const CallOptions& options) {
  if (!fired(options)) return result;
  if (!result.ok()) return after_cancel(result.take_error(), options);
  Reply& root = *result.value();
  std::unordered_map<const Error*, const Error*> told_before;  // a million elements may share a few errors
  for (std::size_t i = 0; root.is_aggregate() && i < root.length; ++i) {
    Reply& element = root.elements[i];
    if (!element.is_error() || !for_want_of_time(*element.error)) continue;
    const Error& error = *element.error;
    const auto [said, fresh] = told_before.try_emplace(&error);
    if (!fresh) {
      element.error = said->second;
      continue;
    }
    if (!Arena::of(&root)->make_error(element, Code::kCancelled, error.outcome, told(error), {}))
      throw std::bad_alloc();
    said->second = element.error;
  }
  return result;
}

}  // namespace rediscluster
