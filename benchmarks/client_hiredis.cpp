#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <cstring>

#include "client.h"

namespace bench {
namespace {

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

using Context = std::unique_ptr<redisContext, FreeContext>;
using Reply = std::unique_ptr<redisReply, FreeReply>;

Context connect(const Endpoint& node) {
  const timeval patience{5, 0};
  Context context(redisConnectWithTimeout(node.host.c_str(), node.port, patience));
  if (context == nullptr || context->err != 0) die("hiredis cannot connect");
  redisSetTimeout(context.get(), patience);
  return context;
}

class HiredisClient : public Client {
 public:
  explicit HiredisClient(const std::vector<Endpoint>& nodes) {
    for (const Endpoint& node : nodes) contexts_.push_back(connect(node));
  }

  void get(const Key& key) override {
    const char* argv[] = {"GET", key.name.data()};
    const std::size_t lengths[] = {3, key.name.size()};
    const Reply reply(static_cast<redisReply*>(redisCommandArgv(context(key), 2, argv, lengths)));
    check_value(reply.get(), key);
  }

  void set(const Key& key) override {
    const char* argv[] = {"SET", key.name.data(), key.value.data()};
    const std::size_t lengths[] = {3, key.name.size(), key.value.size()};
    const Reply reply(static_cast<redisReply*>(redisCommandArgv(context(key), 3, argv, lengths)));
    if (reply == nullptr || reply->type != REDIS_REPLY_STATUS || std::strcmp(reply->str, "OK") != 0) {
      die("hiredis: SET failed");
    }
  }

  void mget(const Key* first, std::size_t count) override {
    argv_.assign(1, "MGET");
    lengths_.assign(1, 4);
    for (const Key* key = first; key != first + count; ++key) {
      argv_.push_back(key->name.data());
      lengths_.push_back(key->name.size());
    }
    const Reply reply(static_cast<redisReply*>(
        redisCommandArgv(context(*first), static_cast<int>(argv_.size()), argv_.data(), lengths_.data())));
    if (reply == nullptr || reply->type != REDIS_REPLY_ARRAY || reply->elements != count) {
      die("hiredis: MGET failed");
    }
    for (std::size_t i = 0; i < count; ++i) check_value(reply->element[i], first[i]);
  }

  void get_many(const std::vector<Key>& keys, std::size_t first, std::size_t count) override {
    for (std::size_t i = 0, at = first; i < count; ++i, ++at) {
      const Key& key = keys[at == keys.size() ? at = 0 : at];
      const char* argv[] = {"GET", key.name.data()};
      const std::size_t lengths[] = {3, key.name.size()};
      if (redisAppendCommandArgv(context(key), 2, argv, lengths) != REDIS_OK) die("hiredis: cannot append");
    }
    for (const auto& context : contexts_) {  // to all nodes before anything is read from one
      for (int done = 0; done == 0;) {
        if (redisBufferWrite(context.get(), &done) != REDIS_OK) die("hiredis: cannot write");
      }
    }
    for (std::size_t i = 0, at = first; i < count; ++i, ++at) {
      const Key& key = keys[at == keys.size() ? at = 0 : at];
      void* reply = nullptr;
      if (redisGetReply(context(key), &reply) != REDIS_OK) die("hiredis: no reply");
      check_value(Reply(static_cast<redisReply*>(reply)).get(), key);
    }
  }

 private:
  redisContext* context(const Key& key) const { return contexts_[key.node].get(); }

  static void check_value(const redisReply* reply, const Key& key) {
    if (reply == nullptr || reply->type != REDIS_REPLY_STRING ||
        static_cast<std::size_t>(reply->len) != key.value.size() ||
        std::memcmp(reply->str, key.value.data(), key.value.size()) != 0) {
      die("hiredis: a wrong reply");
    }
  }

  std::vector<Context> contexts_;
  std::vector<const char*> argv_;
  std::vector<std::size_t> lengths_;
};

class HiredisSide : public Side {
 public:
  explicit HiredisSide(const std::vector<Endpoint>& nodes) : nodes_(nodes) {}

  std::unique_ptr<Client> caller() override { return std::make_unique<HiredisClient>(nodes_); }

  // The least that can be done: asks one node where the slots are, and connects to the owner of the key.
  void open_once(const Key& key) override {
    const auto slot = static_cast<std::size_t>(rc_key_slot(key.name.data(), key.name.size()));
    const std::size_t owner = owners_of_slots(nodes_, nodes_.front()).at(slot);
    HiredisClient({nodes_.at(owner)}).get({key.name, key.value, 0});
  }

 private:
  std::vector<Endpoint> nodes_;
};

}  // namespace

std::unique_ptr<Side> hiredis(const std::vector<Endpoint>& nodes) {
  return std::make_unique<HiredisSide>(nodes);
}

}  // namespace bench
