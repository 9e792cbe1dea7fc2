// How long it takes to see every key: rc_scan, against redis-cli --scan at each node, as a user has it today.
//   bench_with_cluster bench_scan [KEYS [COUNT]]
// redis-cli asks with COUNT 10; a loop over hiredis asks with the COUNT of rc_scan, 1000.
#include <hiredis/hiredis.h>
#include <rediscluster/rediscluster.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

[[noreturn]] void die(const char* what, rc_error* error) {
  std::fprintf(stderr, "bench_scan: %s: %s\n", what, rc_error_message(error));
  std::exit(1);
}

std::vector<std::string> split(const char* list) {
  std::vector<std::string> parts;
  for (const char* at = list; *at != '\0';) {
    const std::size_t length = std::strcspn(at, ",");
    parts.emplace_back(at, length);
    at += length + (at[length] == ',' ? 1 : 0);
  }
  return parts;
}

void write_keys(rc_cluster* cluster, long count) {
  rc_error* error = nullptr;
  rc_commands* commands = rc_commands_new();
  for (long at = 0; at < count; at += 10000) {
    for (long i = at; i < at + 10000 && i < count; ++i) {
      const std::string key = "key:" + std::to_string(i);
      const char* const words[] = {"SET", key.c_str(), "v"};
      if (rc_commands_add(commands, 3, words, nullptr, &error) != RC_OK) die("add", error);
    }
    rc_reply* reply = rc_pipeline(cluster, commands, &error);
    if (reply == nullptr) die("pipeline", error);
    rc_reply_free(reply);
    rc_commands_clear(commands);
  }
  rc_commands_free(commands);
}

long scan(rc_cluster* cluster, int count) {
  rc_error* error = nullptr;
  rc_scan* it = rc_scan_new(cluster, &error);
  if (it == nullptr || rc_scan_set_count(it, count, &error) != RC_OK) die("scan", error);
  long seen = 0;
  while (rc_reply* page = rc_scan_next(it, &error)) {
    seen += static_cast<long>(rc_reply_length(page));
    rc_reply_free(page);
  }
  if (error != nullptr) die("page", error);
  rc_scan_free(it);
  return seen;
}

// The floor: SCAN at each node, with no proof of anything.
long scan_by_hiredis(const std::vector<std::string>& nodes, int count) {
  long seen = 0;
  for (const std::string& node : nodes) {
    const auto colon = node.rfind(':');
    redisContext* connection =
        redisConnect(node.substr(0, colon).c_str(), std::atoi(node.c_str() + colon + 1));
    std::string cursor = "0";
    do {
      auto* reply =
          static_cast<redisReply*>(redisCommand(connection, "SCAN %s COUNT %d", cursor.c_str(), count));
      if (reply == nullptr || reply->elements != 2) std::exit(1);
      cursor = reply->element[0]->str;
      seen += static_cast<long>(reply->element[1]->elements);
      freeReplyObject(reply);
    } while (cursor != "0");
    redisFree(connection);
  }
  return seen;
}

long scan_by_cli(const std::vector<std::string>& nodes) {
  long seen = 0;
  for (const std::string& node : nodes) {
    const auto colon = node.rfind(':');
    const std::string command =
        "redis-cli -h " + node.substr(0, colon) + " -p " + node.substr(colon + 1) + " --scan";
    std::FILE* out = popen(command.c_str(), "r");
    if (out == nullptr) std::exit(1);
    for (int c; (c = std::getc(out)) != EOF;) seen += c == '\n';
    pclose(out);
  }
  return seen;
}

template <class Work>
double measure(const char* what, long expected, Work&& work) {
  const auto began = Clock::now();
  const long seen = work();
  const double seconds = seconds_since(began);
  std::printf("%-32s %8ld keys %7.2f s %10.0f keys/s\n", what, seen, seconds,
              static_cast<double>(seen) / seconds);
  if (seen != expected) std::exit(1);
  return seconds;
}

}  // namespace

int main(int argc, char** argv) {
  const long keys = argc > 1 ? std::atol(argv[1]) : 1000000;
  const int count = argc > 2 ? std::atoi(argv[2]) : 1000;
  const char* list = std::getenv("BENCH_NODES");
  if (list == nullptr) {
    std::fprintf(stderr, "bench_scan: run it by bench_with_cluster\n");
    return 1;
  }
  const std::vector<std::string> nodes = split(list);
  rc_error* error = nullptr;
  rc_options* options = rc_options_new();
  for (const std::string& node : nodes) rc_options_add_address(options, node.c_str(), nullptr);
  rc_cluster* cluster = rc_cluster_open(options, &error);
  rc_options_free(options);
  if (cluster == nullptr) die("open", error);
  write_keys(cluster, keys);

  double ours = 0;
  double floor = 0;
  double theirs = 0;
  for (int round = 0; round < 3; ++round) {
    ours += measure("rc_scan", keys, [&] { return scan(cluster, count); });
    floor += measure("hiredis, SCAN COUNT", keys, [&] { return scan_by_hiredis(nodes, count); });
    theirs += measure("redis-cli --scan", keys, [&] { return scan_by_cli(nodes); });
  }
  measure("rc_scan, a count of 10", keys, [&] { return scan(cluster, 10); });
  std::printf("rc_scan is %.2f times as fast as redis-cli --scan, %.2f as a bare SCAN with its COUNT\n",
              theirs / ours, floor / ours);
  rc_cluster_free(cluster);
  return 0;
}
