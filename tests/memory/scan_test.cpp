// G11: a scan, when memory runs out: the n-th allocation fails, for every n. A page that fails is not lost.
#include "memory/cluster_trial.hpp"

#include <set>

#include "unit/cmocka.hpp"  // last

namespace {

using Scan = std::unique_ptr<rc_scan, FreedBy<rc_scan_free>>;

constexpr int kKeys = 60;

void set_keys() {
  const Options options = options_to_come_in(3);
  const Handle handle = open_with(options);
  Error error;
  for (int i = 0; i < kKeys; ++i) {
    command(handle.get(), {"SET", "scanned:" + std::to_string(i), "v"}, error);
    command(handle.get(), {"SET", "{scanned}" + std::to_string(i), "v"}, error);
  }
}

void add_page(const Reply& page, std::set<std::string>& keys) {
  for (std::size_t i = 0; i < rc_reply_length(page.get()); ++i)
    keys.insert(text_of(rc_reply_element(page.get(), i)));
}

void run(const char* name, const char* pattern, const char* type, bool half_way) {
  Complaints complaints;
  Scan scan;
  std::set<std::string> keys;
  Reply page;
  std::string cursor;
  const auto prepare = [&](Call& call) {
    keys.clear();
    scan.reset(rc_scan_new(call.handle.get(), nullptr));
    rc_scan_set_match(scan.get(), pattern, strlen(pattern), nullptr);
    rc_scan_set_count(scan.get(), 5, nullptr);
    if (type != nullptr) rc_scan_set_type(scan.get(), type, nullptr);
    if (half_way) add_page(Reply(rc_scan_next(scan.get(), nullptr)), keys);
    cursor = rc_scan_cursor(scan.get());
  };
  const auto next = [&](Call& call) {
    rc_error* error = nullptr;
    page.reset(rc_scan_next(scan.get(), &error));
    call.error.reset(error);
    call.code = rc_error_code(error);
  };
  const auto check = [&](Call&, const std::string& where, Complaints& all) {
    add_page(page, keys);
    page.reset();
    rc_error* error = nullptr;
    while (const Reply more{rc_scan_next(scan.get(), &error)}) add_page(more, keys);
    if (error != nullptr) all.add(where + ": " + rc_error_message(error));
    rc_error_free(error);
    if (keys.size() != kKeys) all.add(where + ": " + std::to_string(keys.size()) + " keys");
    if (rc_scan_doubtful_count(scan.get()) != 0) all.add(where + ": a slot is doubtful");
    scan.reset();
  };
  ClusterTrial().run(name, prepare, next, check, complaints);
  assert_true(complaints.none());
}

void a_first_page(void**) { run("first page", "scanned:*", nullptr, false); }
void a_page(void**) { run("page", "scanned:*", nullptr, true); }
void a_slot(void**) { run("slot", "{scanned}*", "string", false); }

// Made, set and freed.
void a_beginning(void**) {
  Complaints complaints;
  const auto begin = [&](Call& call) {
    rc_error* error = nullptr;
    const Scan scan(rc_scan_new(call.handle.get(), &error));
    if (error == nullptr) rc_scan_set_match(scan.get(), "a pattern of more than a few bytes*", 35, &error);
    if (error == nullptr) rc_scan_set_type(scan.get(), "a-type-of-more-than-a-few-bytes", &error);
    if (error == nullptr) rc_scan_set_cursor(scan.get(), rc_scan_cursor(scan.get()), &error);
    call.error.reset(error);
    call.code = rc_error_code(error);
  };
  ClusterTrial().run(
      "begin", [](Call&) {}, begin, [](Call&, const std::string&, Complaints&) {}, complaints);
  assert_true(complaints.none());
}

int start_with_keys(void** state) {
  if (start_with_password(state) != 0) return -1;
  set_keys();
  return 0;
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_beginning),
      cmocka_unit_test(a_first_page),
      cmocka_unit_test(a_page),
      cmocka_unit_test(a_slot),
  };
  return cmocka_run_group_tests_name("memory: scan", tests, start_with_keys, stop);
}
