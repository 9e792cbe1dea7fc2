#include "resp_frames.h"

#include <algorithm>
#include <cstdlib>

namespace test_support {

size_t RespFrames::take(std::string_view data) {
  if (at_border()) parts_ = 1;
  size_t taken = 0;
  while (taken < data.size() && (parts_ > 0 || bulk_left_ > 0)) {
    if (bulk_left_ > 0) {
      const size_t now = std::min(bulk_left_, data.size() - taken);
      bulk_left_ -= now;
      taken += now;
      continue;
    }
    const size_t end = data.find('\n', taken);
    const size_t next = end == std::string_view::npos ? data.size() : end + 1;
    line_.append(data.substr(taken, next - taken));
    taken = next;
    if (end == std::string_view::npos) break;
    header(line_);
    line_.clear();
  }
  return taken;
}

void RespFrames::header(const std::string& line) {
  --parts_;
  const long long count = strtoll(line.c_str() + 1, nullptr, 10);
  if (line[0] == '*' && count > 0) parts_ += count;
  if (line[0] == '$' && count >= 0) bulk_left_ = static_cast<size_t>(count) + 2;
}

}  // namespace test_support
