// What is expected of an operation, held against what the C API gave.
#pragma once

#include <rediscluster/rediscluster.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "../support/freed_by.h"
#include "words.h"

namespace contract {

using Reply = std::unique_ptr<rc_reply, FreedBy<rc_reply_free>>;
using Error = std::unique_ptr<rc_error, FreedBy<rc_error_free>>;
using Commands = std::unique_ptr<rc_commands, FreedBy<rc_commands_free>>;
using Options = std::unique_ptr<rc_options, FreedBy<rc_options_free>>;
using CallOptions = std::unique_ptr<rc_call_options, FreedBy<rc_call_options_free>>;
using Info = std::unique_ptr<rc_info, FreedBy<rc_info_free>>;
using Explanation = std::unique_ptr<rc_explanation, FreedBy<rc_explanation_free>>;
using Scan = std::unique_ptr<rc_scan, FreedBy<rc_scan_free>>;
using Cancel = std::unique_ptr<rc_cancel, FreedBy<rc_cancel_free>>;

// A scenario that fails.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What an operation came to.
struct Outcome {
  Reply reply;
  Error error;                        // NULL: it succeeded
  std::optional<std::int64_t> count;  // instead of a reply, as the two below
  std::optional<std::string> text;
  std::optional<std::vector<std::string>> texts;
  bool raised = false;  // the callback asked for it
};

// Throws Failure. No words: it must have succeeded.
void check(const Words& expected, const Outcome& outcome);

}  // namespace contract
