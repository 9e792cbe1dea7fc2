#include <cstring>

#include "client.h"

namespace bench {
namespace {

struct FreeReply {
  void operator()(rc_reply* reply) const { rc_reply_free(reply); }
};

struct FreeQueue {
  void operator()(rc_queue* queue) const { rc_queue_free(queue); }
};

struct FreeCommands {
  void operator()(rc_commands* commands) const { rc_commands_free(commands); }
};

[[noreturn]] void fail(const char* what, const rc_error* error) {
  die(std::string("rediscluster: ") + what + ": " + rc_error_message(error));
}

class OurClient : public Client {
 public:
  explicit OurClient(rc_cluster* cluster) : cluster_(cluster), commands_(rc_commands_new()) {}

  void get(const Key& key) override {
    const char* argv[] = {"GET", key.name.data()};
    const std::size_t lengths[] = {3, key.name.size()};
    rc_error* error = nullptr;
    const Reply reply(rc_command(cluster_, 2, argv, lengths, &error));
    if (reply == nullptr) fail("GET", error);
    check_value(reply.get(), key);
  }

  void set(const Key& key) override {
    const char* argv[] = {"SET", key.name.data(), key.value.data()};
    const std::size_t lengths[] = {3, key.name.size(), key.value.size()};
    rc_error* error = nullptr;
    const Reply reply(rc_command(cluster_, 3, argv, lengths, &error));
    if (reply == nullptr) fail("SET", error);
    if (rc_reply_type(reply.get()) != RC_REPLY_STATUS ||
        std::strcmp(rc_reply_string(reply.get(), nullptr), "OK") != 0) {
      die("rediscluster: SET did not answer OK");
    }
  }

  void mget(const Key* first, std::size_t count) override {
    argv_.assign(1, "MGET");
    lengths_.assign(1, 4);
    for (const Key* key = first; key != first + count; ++key) {
      argv_.push_back(key->name.data());
      lengths_.push_back(key->name.size());
    }
    rc_error* error = nullptr;
    const Reply reply(rc_command(cluster_, argv_.size(), argv_.data(), lengths_.data(), &error));
    if (reply == nullptr) fail("MGET", error);
    check_values(reply.get(), first, count);
  }

  void get_many(const std::vector<Key>& keys, std::size_t first, std::size_t count) override {
    rc_commands_clear(commands_.get());
    rc_error* error = nullptr;
    for (std::size_t i = 0, at = first; i < count; ++i, ++at) {
      const Key& key = keys[at == keys.size() ? at = 0 : at];
      const char* argv[] = {"GET", key.name.data()};
      const std::size_t lengths[] = {3, key.name.size()};
      if (rc_commands_add(commands_.get(), 2, argv, lengths, &error) != RC_OK) fail("add", error);
    }
    const Reply reply(rc_pipeline(cluster_, commands_.get(), &error));
    if (reply == nullptr) fail("pipeline", error);
    if (rc_reply_length(reply.get()) != count) die("rediscluster: a pipeline's replies are not all there");
    for (std::size_t i = 0, at = first; i < count; ++i, ++at) {
      const Key& key = keys[at == keys.size() ? at = 0 : at];
      check_value(rc_reply_element(reply.get(), i), key);
    }
  }

  // By a completion queue: what is taken is submitted anew, and sent with the next flush.
  void get_under_way(const std::vector<Key>& keys, std::size_t count, std::size_t under_way) override {
    rc_error* error = nullptr;
    if (queue_ == nullptr) {
      rc_queue_options* options = rc_queue_options_new();
      rc_queue_options_set_gather(options, 1, nullptr);
      queue_.reset(rc_queue_new(cluster_, options, &error));
      rc_queue_options_free(options);
      if (queue_ == nullptr) fail("queue", error);
    }
    std::size_t submitted = 0;
    for (std::size_t taken = 0; taken < count;) {
      for (; submitted < count && submitted - taken < under_way; ++submitted) {
        const std::size_t at = submitted % keys.size();
        const char* argv[] = {"GET", keys[at].name.data()};
        const std::size_t lengths[] = {3, keys[at].name.size()};
        if (rc_submit(queue_.get(), nullptr, at, 2, argv, lengths, &error) == 0) fail("submit", error);
      }
      rc_completions* some = rc_queue_next(queue_.get(), under_way, -1, &error);
      if (some == nullptr) fail("next", error);
      const std::size_t size = rc_completions_count(some);
      for (std::size_t i = 0; i < size; ++i) {
        if (rc_completions_reply(some, i) == nullptr) fail("GET", rc_completions_error(some, i));
        check_value(rc_completions_reply(some, i), keys[rc_completions_tag(some, i)]);
      }
      rc_completions_free(some);
      taken += size;
    }
  }

 private:
  using Reply = std::unique_ptr<rc_reply, FreeReply>;

  static void check_value(const rc_reply* reply, const Key& key) {
    std::size_t length = 0;
    const char* value = rc_reply_string(reply, &length);
    if (rc_reply_type(reply) != RC_REPLY_STRING || length != key.value.size() ||
        std::memcmp(value, key.value.data(), length) != 0) {
      die("rediscluster: a wrong reply");
    }
  }

  static void check_values(const rc_reply* reply, const Key* first, std::size_t count) {
    if (rc_reply_length(reply) != count) die("rediscluster: a wrong number of values");
    for (std::size_t i = 0; i < count; ++i) check_value(rc_reply_element(reply, i), first[i]);
  }

  rc_cluster* cluster_;
  std::unique_ptr<rc_commands, FreeCommands> commands_;
  std::unique_ptr<rc_queue, FreeQueue> queue_;
  std::vector<const char*> argv_;
  std::vector<std::size_t> lengths_;
};

class OurSide : public Side {
 public:
  explicit OurSide(const std::vector<Endpoint>& nodes) : nodes_(nodes), cluster_(open_cluster(nodes)) {}

  std::unique_ptr<Client> caller() override { return std::make_unique<OurClient>(cluster_.get()); }

  void open_once(const Key& key) override { OurClient(open_cluster(nodes_).get()).get(key); }

 private:
  std::vector<Endpoint> nodes_;
  Cluster cluster_;
};

}  // namespace

Cluster open_cluster(const std::vector<Endpoint>& nodes) {
  const std::unique_ptr<rc_options, void (*)(rc_options*)> options(rc_options_new(), rc_options_free);
  rc_error* error = nullptr;
  for (const Endpoint& node : nodes) {
    if (rc_options_add_node(options.get(), node.host.c_str(), node.port, &error) != RC_OK)
      fail("options", error);
  }
  Cluster cluster(rc_cluster_open(options.get(), &error));
  if (cluster == nullptr) fail("open", error);
  return cluster;
}

std::unique_ptr<Side> ours(const std::vector<Endpoint>& nodes) { return std::make_unique<OurSide>(nodes); }

std::unique_ptr<Client> caller_of(rc_cluster* cluster) { return std::make_unique<OurClient>(cluster); }

std::unique_ptr<Side> side_named(const std::string& name, const std::vector<Endpoint>& nodes) {
  if (name == "ours") return ours(nodes);
  if (name == "hiredis") return hiredis(nodes);
  die("there are ours and hiredis, not " + name);
}

}  // namespace bench
