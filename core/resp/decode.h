// The arguments of a command that was encoded here, read back.
#pragma once

#include <string_view>
#include <vector>

#include "base/args.h"

namespace rediscluster {

class DecodedArgs {
 public:
  // The bytes outlive it. Throws bad_alloc.
  explicit DecodedArgs(std::string_view encoded);

  Args view() const noexcept { return {data_.size(), data_.data(), lengths_.data()}; }

 private:
  std::vector<const char*> data_;
  std::vector<std::size_t> lengths_;
};

}  // namespace rediscluster
