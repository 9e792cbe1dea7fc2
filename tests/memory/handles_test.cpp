// G11: what makes and describes a handle, when memory runs out: the n-th allocation fails, for every n.
#include "memory/cluster_trial.hpp"

#include "unit/cmocka.hpp"  // last

namespace {

Options options_for_all() {
  Options options = options_to_come_in(3);
  rc_options_set_name(options.get(), "a-name-that-does-not-fit-into-a-short-string", nullptr);
  return options;
}

void an_open(void**) {
  Complaints complaints;
  Options options;
  Handle handle;
  Error error;
  Probe trial;
  trial.prepare = [&] { options = options_for_all(); };
  trial.call = [&] {
    rc_error* failure = nullptr;
    handle.reset(rc_cluster_open(options.get(), &failure));
    error.reset(failure);
  };
  trial.finish = [&](const std::string& where, Complaints& all) {
    if (handle == nullptr && !is_no_memory(error.get())) all.add(where + ": " + told(error.get()));
    if (handle == nullptr && rc_cluster_find("a-name-that-does-not-fit-into-a-short-string") != nullptr)
      all.add(where + ": it failed, but can be found by its name");
    if (handle == nullptr) handle.reset(rc_cluster_open(options.get(), nullptr));
    Error failure;
    if (command(handle.get(), {"SET", "a", "v"}, failure) == nullptr)
      all.add(where + ": SET: " + told(failure.get()));
    handle.reset();
    error.reset();
    options.reset();
  };
  for_every_allocation("open", trial, complaints);
  assert_true(complaints.none());
}

void a_close_and_a_free(void**) {
  Complaints complaints;
  Options options;
  Handle handle;
  Probe trial;
  trial.prepare = [&] {
    options = options_for_all();
    handle.reset(rc_cluster_open(options.get(), nullptr));
    Error failure;
    for (const char* key : {"a", "b", "c"}) command(handle.get(), {"GET", key}, failure);
    command(handle.get(), {"BLPOP", "list", "0.001"}, failure);
  };
  trial.call = [&] {
    rc_cluster_close(handle.get());
    handle.reset();
  };
  trial.finish = [&](const std::string&, Complaints&) { options.reset(); };
  trial.allocates = false;  // there is nobody to tell of no memory
  for_every_allocation("close", trial, complaints);
  assert_true(complaints.none());
}

void a_refresh(void**) {
  Complaints complaints;
  const auto refresh = [](Call& call) {
    rc_error* error = nullptr;
    call.code = rc_cluster_refresh(call.handle.get(), &error);
    call.error.reset(error);
  };
  const auto check = [](Call& call, const std::string& where, Complaints& all) {
    if (rc_error_code(call.error.get()) != call.code) all.add(where + ": another code than the error's");
    const int code = rc_cluster_refresh(call.handle.get(), nullptr);
    if (code != RC_OK) all.add(where + ": the next refresh: " + rc_error_name(code));
  };
  ClusterTrial().run(
      "refresh", [](Call&) {}, refresh, check, complaints);
  assert_true(complaints.none());
}

void an_info(void**) {
  Complaints complaints;
  rc_info* info = nullptr;
  const auto ask = [&](Call& call) {
    rc_error* error = nullptr;
    info = rc_cluster_info(call.handle.get(), &error);
    call.error.reset(error);
  };
  const auto check = [&](Call& call, const std::string& where, Complaints& all) {
    if ((info == nullptr) != (call.error != nullptr)) all.add(where + ": neither an info nor an error");
    if (info != nullptr && rc_info_node_count(info) != 3) all.add(where + ": a wrong info");
    rc_info_free(info);
  };
  ClusterTrial().run(
      "info", [](Call&) {}, ask, check, complaints);
  assert_true(complaints.none());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_open),
      cmocka_unit_test(a_close_and_a_free),
      cmocka_unit_test(a_refresh),
      cmocka_unit_test(an_info),
  };
  return cmocka_run_group_tests_name("memory.handles", tests, start_with_password, stop);
}
