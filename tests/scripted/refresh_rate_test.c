// G6: refreshes are cheap, whatever happens: few, and one at a time.
#include <pthread.h>
#include <stdatomic.h>

#include "scripted/scenario.h"

#define THREADS 16

typedef struct crowd {
  rc_cluster* cluster;
  atomic_int stop;
  atomic_int calls;
  atomic_int failures;
  pthread_t threads[THREADS];
} crowd;

static void* get_until_stopped(void* context) {
  crowd* self = context;
  while (!self->stop) {
    rc_reply* reply = run(self->cluster, "GET foo", 0, NULL);
    if (reply == NULL) self->failures++;
    self->calls++;
    rc_reply_free(reply);
  }
  return NULL;
}

static void start(crowd* self, rc_cluster* cluster) {
  self->cluster = cluster;
  self->stop = self->calls = self->failures = 0;
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&self->threads[i], NULL, get_until_stopped, self), 0);
  }
}

static void stop(crowd* self) {
  self->stop = 1;
  for (int i = 0; i < THREADS; i++) pthread_join(self->threads[i], NULL);
}

// What was counted at some moment between `before` and `after`.
typedef struct sample {
  long long before;
  long long after;
  int count;
} sample;

#define MOST_SAMPLES 2000

static int sample_refreshes(rc_cluster* cluster, int for_ms, sample* samples) {
  const long long end = test_now_ms() + for_ms;
  int count = 0;
  while (count < MOST_SAMPLES && test_now_ms() < end) {
    samples[count].before = test_now_ms();
    samples[count].count = counter(cluster, "refreshes");
    samples[count].after = test_now_ms();
    count++;
    test_nap();
  }
  return count;
}

// The most refreshes that surely lay within so short a time.
static int most_within(const sample* samples, int count, int ms) {
  int most = 0;
  for (int i = 0; i < count; i++) {
    for (int j = i; j < count && samples[j].after - samples[i].before < ms; j++) {
      if (samples[j].count - samples[i].count > most) most = samples[j].count - samples[i].count;
    }
  }
  return most;
}

static int asked_for_the_map(const scripted_net* net) {
  return scripted_net_count(net, "a", "CLUSTER SLOTS") + scripted_net_count(net, "b", "CLUSTER SLOTS");
}

static void a_crowd_that_is_moved_asks_at_most_twice_in_100_ms_and_10_times_a_second(void** state) {
  (void)state;
  // The nodes never agree: each view leads the crowd back to a, which sends it to b.
  scripted_net* net = scripted_net_start("a", ALL_AT_A "ALWAYS EXPECT GET foo " MOVED_TO_B, "b",
                                         ALL_AT_A "ALWAYS EXPECT GET foo -> BULK v\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 30000);
  static sample samples[MOST_SAMPLES];
  crowd all;
  start(&all, cluster);
  const int count = sample_refreshes(cluster, 2200, samples);
  stop(&all);
  assert_int_equal(all.failures, 0);
  assert_true(all.calls > THREADS);
  assert_in_range(most_within(samples, count, 100), 1, 2);
  assert_in_range(most_within(samples, count, 1000), 3, 10);
  // The counter tells the truth; the last ones may not have arrived.
  assert_in_range(asked_for_the_map(net), counter(cluster, "refreshes") - 2, counter(cluster, "refreshes"));
  finish(cluster, net);
}

static void one_refresh_is_under_way_at_a_time(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start("a",
                                         OPENED_WITH_ALL_AT_A
                                         "ALWAYS EXPECT CLUSTER SLOTS ->\n"
                                         "ALWAYS EXPECT GET foo " MOVED_TO_B,
                                         "b",
                                         "ALWAYS EXPECT CLUSTER SLOTS ->\n"
                                         "ALWAYS EXPECT GET foo -> BULK v\n",
                                         NULL);
  rc_cluster* cluster = open_at(net, "a", 30000);
  const long long begin = test_now_ms();
  crowd all;
  start(&all, cluster);
  // A node that is silent for a quarter of a second may be frozen: then another is asked beside it.
  int most = 0;
  for (;;) {
    const int count = counter(cluster, "refreshes");
    if (test_now_ms() - begin >= 240) break;
    most = count;
  }
  const int asked_at_all = TEST_WAIT(counter(cluster, "refreshes") >= 2, 10000);
  stop(&all);
  assert_int_equal(all.failures, 0);
  assert_true(most <= 2);  // that of the open, and one
  assert_true(asked_at_all);
  finish(cluster, net);
}

static void refreshes_that_callers_ask_for_are_throttled_too(void** state) {
  (void)state;
  scripted_net* net = scripted_net_start(
      "a", OPENED_WITH_ALL_AT_A "ALWAYS EXPECT CLUSTER SLOTS -> SLEEP 20 ; SLOTS 0-16383 a\n", NULL);
  rc_cluster* cluster = open_at(net, "a", 60000);
  const long long begin = test_now_ms();
  for (int i = 0; i < 12; i++) assert_int_equal(rc_cluster_refresh(cluster, NULL), RC_OK);
  // Ten a second, two of them at once: twelve more take longer than a second.
  assert_true(test_now_ms() - begin >= 1000);
  finish(cluster, net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_crowd_that_is_moved_asks_at_most_twice_in_100_ms_and_10_times_a_second),
      cmocka_unit_test(one_refresh_is_under_way_at_a_time),
      cmocka_unit_test(refreshes_that_callers_ask_for_are_throttled_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
