// Scans.
#include "base/text.h"
#include "guard.h"
#include "handles.h"
#include "no_cancel.h"

using namespace rediscluster;

namespace {

// Runs `set`, which returns a Status, on a scan that is there, with a text that is there.
template <class Set>
int set_text_of(rc_scan* scan, const char* name, const char* value, rc_error** error, Set&& set) noexcept {
  return run(Outcome::kNotSent, error, [&]() -> Status {
    if (scan == nullptr) return invalid_argument("scan is NULL");
    if (value == nullptr) return invalid_argument(text(name, " is NULL"));
    return set();
  });
}

}  // namespace

rc_scan* rc_scan_new(rc_cluster* cluster, rc_error** error) {
  const NoCancel guard;
  return make(Outcome::kNotSent, error, [&]() -> Result<std::unique_ptr<rc_scan>> {
    if (cluster == nullptr) return invalid_argument("cluster is NULL");
    auto scan = cluster->cluster->new_scan();
    return std::unique_ptr<rc_scan>(new rc_scan{cluster->cluster, std::move(scan)});
  });
}

int rc_scan_set_match(rc_scan* scan, const char* pattern, size_t len, rc_error** error) {
  return set_text_of(scan, "pattern", pattern, error, [&] {
    return scan->scan->set_pattern({pattern, len});
  });
}

int rc_scan_set_count(rc_scan* scan, int count, rc_error** error) {
  return run(Outcome::kNotSent, error, [&]() -> Status {
    if (scan == nullptr) return invalid_argument("scan is NULL");
    return scan->scan->set_count(count);
  });
}

int rc_scan_set_type(rc_scan* scan, const char* type, rc_error** error) {
  return set_text_of(scan, "type", type, error, [&] { return scan->scan->set_type(type); });
}

int rc_scan_set_cursor(rc_scan* scan, const char* cursor, rc_error** error) {
  const NoCancel guard;
  return set_text_of(scan, "cursor", cursor, error,
                     [&] { return scan->cluster->set_scan_cursor(*scan->scan, cursor); });
}

rc_reply* rc_scan_next(rc_scan* scan, rc_error** error) { return rc_scan_next_with(scan, nullptr, error); }

rc_reply* rc_scan_next_with(rc_scan* scan, const rc_call_options* options, rc_error** error) {
  const NoCancel guard;
  return make(Outcome::kNotSent, error, [&]() -> Result<ReplyPtr> {
    if (scan == nullptr) return invalid_argument("scan is NULL");
    return scan->cluster->scan_next(*scan->scan, options_of(options));
  });
}

const char* rc_scan_cursor(const rc_scan* scan) {
  return scan == nullptr ? nullptr : scan->scan->cursor().c_str();
}

size_t rc_scan_doubtful_count(const rc_scan* scan) {
  return scan == nullptr ? 0 : scan->scan->doubtful().size();
}

int rc_scan_doubtful_slot(const rc_scan* scan, size_t i) {
  return scan != nullptr && i < scan->scan->doubtful().size() ? scan->scan->doubtful()[i] : 0;
}

void rc_scan_free(rc_scan* scan) {
  const NoCancel guard;
  delete scan;
}
