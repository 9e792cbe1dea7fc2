// Where the commands or the replies in a stream of RESP2 begin and end.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace test_support {

class RespFrames {
 public:
  // How many bytes at the front of `data` belong to the frame under way, or to the next one.
  size_t take(std::string_view data);

  // Whether the next byte begins a frame.
  bool at_border() const { return parts_ == 0 && bulk_left_ == 0 && line_.empty(); }

 private:
  void header(const std::string& line);

  std::string line_;      // of a header that has not ended
  long long parts_ = 0;   // headers that are still to come
  size_t bulk_left_ = 0;  // of a bulk string, with its line end
};

}  // namespace test_support
