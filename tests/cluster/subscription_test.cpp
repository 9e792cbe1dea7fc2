// G15: subscriptions tell the truth, on real clusters.
#include "suite.hpp"

#include "expect.hpp"  // last

namespace {

using Subscription = std::unique_ptr<rc_subscription, FreedBy<rc_subscription_free>>;
using Event = std::unique_ptr<rc_event, FreedBy<rc_event_free>>;

constexpr int kTimeoutMs = 30000;

Subscription subscribe(const Handle& handle, int kind, const std::string& name) {
  Subscription subscription(rc_subscription_new(handle.get(), nullptr, 0, nullptr));
  assert_non_null(subscription.get());
  assert_int_equal(rc_subscription_add(subscription.get(), kind, name.data(), name.size(), nullptr), RC_OK);
  assert_int_equal(rc_subscription_settle(subscription.get(), kTimeoutMs, nullptr), RC_OK);
  return subscription;
}

Event next(const Subscription& subscription, int timeout_ms = kTimeoutMs) {
  return Event(rc_subscription_next(subscription.get(), timeout_ms, nullptr));
}

std::string payload_of(const Event& event) {
  std::size_t length = 0;
  const char* text = rc_event_payload(event.get(), &length);
  return text == nullptr ? std::string() : std::string(text, length);
}

void expect_type(const Event& event, int type) {
  assert_non_null(event.get());
  assert_int_equal(rc_event_type(event.get()), type);
}

int publish(const Handle& handle, const char* command, const std::string& name, int number) {
  const std::string text = std::to_string(number);
  const char* const argv[] = {command, name.c_str(), text.c_str()};
  const std::size_t lengths[] = {std::string(command).size(), name.size(), text.size()};
  return Reply(rc_command(handle.get(), 3, argv, lengths, nullptr)) == nullptr ? 0 : 1;
}

void each_kind_is_delivered(void**) {
  const Handle handle = open_handle(cluster, kTimeoutMs);
  const std::string names[] = {"news", "ne*", "news"};
  const char* const commands[] = {"PUBLISH", "PUBLISH", "SPUBLISH"};
  for (const int kind : {RC_CHANNEL, RC_PATTERN, RC_SHARD_CHANNEL}) {
    const Subscription subscription = subscribe(handle, kind, names[kind]);
    expect_type(next(subscription), RC_EVENT_SUBSCRIBED);
    assert_int_equal(publish(handle, commands[kind], "news", kind), 1);
    const Event event = next(subscription);
    expect_type(event, RC_EVENT_MESSAGE);
    assert_int_equal(rc_event_kind(event.get()), kind);
    assert_string_equal(rc_event_channel(event.get(), nullptr), "news");
    assert_string_equal(payload_of(event).c_str(), std::to_string(kind).c_str());
    assert_int_equal(
        rc_subscription_remove(subscription.get(), kind, names[kind].data(), names[kind].size(), nullptr), RC_OK);
    expect_type(next(subscription), RC_EVENT_UNSUBSCRIBED);
    assert_null(next(subscription, 0).get());
  }
}

void a_moving_slot_costs_no_message_unannounced(void**) {
  const Handle handle = open_handle(cluster, kTimeoutMs);
  const std::string name = "{moving}channel";
  const Subscription subscription = subscribe(handle, RC_SHARD_CHANNEL, name);
  std::atomic<bool> over{false};
  std::thread publisher([&] {
    for (int i = 0; !over.load(); ++i) publish(handle, "SPUBLISH", name, i);
  });
  std::thread mover([&] {
    const int slot = slot_of(name);
    const int from = test_cluster_primary_of(cluster, slot);
    for (int i = 0; i < 6; ++i) test_cluster_move_slot(cluster, slot, i % 2 == 0 ? (from + 1) % 3 : from);
    over = true;
  });
  int last = -1;
  bool gap = true;
  int gaps = 0;
  int messages = 0;
  for (;;) {
    const Event event = next(subscription, over.load() ? 300 : 50);
    if (event == nullptr && over.load()) break;
    if (event == nullptr) continue;
    if (rc_event_type(event.get()) == RC_EVENT_GAP) {
      gap = true;
      ++gaps;
    }
    if (rc_event_type(event.get()) != RC_EVENT_MESSAGE) continue;
    const int number = std::stoi(payload_of(event));
    assert_true(number > last);
    if (number != last + 1) assert_true(gap);
    gap = false;
    last = number;
    ++messages;
  }
  publisher.join();
  mover.join();
  assert_true(messages > 0);
  assert_true(gaps > 0);
}

void a_killed_primary_is_a_gap_and_then_it_goes_on(void**) {
  const Handle handle = open_handle(cluster, kTimeoutMs);
  const std::string name = "{failover}channel";
  const Subscription subscription = subscribe(handle, RC_SHARD_CHANNEL, name);
  expect_type(next(subscription), RC_EVENT_SUBSCRIBED);
  test_node_kill(cluster, test_cluster_primary_of(cluster, slot_of(name)));
  const Event gap = next(subscription);
  expect_type(gap, RC_EVENT_GAP);
  assert_int_equal(rc_event_gap_reason(gap.get()), RC_GAP_FAILOVER);
  expect_type(next(subscription), RC_EVENT_SUBSCRIBED);
  assert_int_equal(publish(handle, "SPUBLISH", name, 7), 1);
  expect_type(next(subscription), RC_EVENT_MESSAGE);
}

void a_closed_handle_ends_with_one_event(void**) {
  const Handle handle = open_handle(cluster, kTimeoutMs);
  const Subscription subscription = subscribe(handle, RC_CHANNEL, "");
  std::thread closer([&] { rc_cluster_close(handle.get()); });
  expect_type(next(subscription), RC_EVENT_SUBSCRIBED);
  expect_type(next(subscription, -1), RC_EVENT_CLOSED);
  closer.join();
  assert_null(next(subscription, -1).get());
  assert_int_equal(rc_subscription_settle(subscription.get(), -1, nullptr), RC_ERR_CLOSED);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_kind_is_delivered),
      cmocka_unit_test(a_closed_handle_ends_with_one_event),
      cmocka_unit_test(a_moving_slot_costs_no_message_unannounced),
      cmocka_unit_test(a_killed_primary_is_a_gap_and_then_it_goes_on),
  };
  return cmocka_run_group_tests(tests, start, stop);
}
