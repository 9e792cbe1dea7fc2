// The arguments of rc_commandf, written out from its format and values.
#pragma once

#include <cstdarg>
#include <string>
#include <vector>

#include "base/status.h"

namespace rediscluster {

class FormattedCommand {
 public:
  // `values` are those of a va_start by the caller, who ends them. Throws bad_alloc.
  Status write(const char* format, std::va_list* values);

  std::size_t count() const noexcept { return data_.size(); }
  const char* const* data() const noexcept { return data_.data(); }
  const std::size_t* lengths() const noexcept { return lengths_.data(); }

 private:
  friend class FormatWriter;

  std::string bytes_;  // of all arguments, each with a NUL
  std::vector<std::size_t> lengths_;
  std::vector<const char*> data_;
};

}  // namespace rediscluster
