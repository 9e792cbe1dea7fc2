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

class HiredisClient : public Client {
 public:
  explicit HiredisClient(const Workload& workload) {
    const timeval patience{5, 0};
    for (const Endpoint& node : workload.nodes) {
      contexts_.emplace_back(redisConnectWithTimeout(node.host.c_str(), node.port, patience));
      if (contexts_.back() == nullptr || contexts_.back()->err != 0) die("hiredis cannot connect");
      redisSetTimeout(contexts_.back().get(), patience);
    }
  }

  void get(const Key& key) override {
    const char* argv[] = {"GET", key.name.data()};
    const std::size_t lengths[] = {3, key.name.size()};
    check_value(Reply(static_cast<redisReply*>(redisCommandArgv(context(key), 2, argv, lengths))), key);
  }

  void set(const Key& key) override {
    const char* argv[] = {"SET", key.name.data(), key.value.data()};
    const std::size_t lengths[] = {3, key.name.size(), key.value.size()};
    const Reply reply(static_cast<redisReply*>(redisCommandArgv(context(key), 3, argv, lengths)));
    if (reply == nullptr || reply->type != REDIS_REPLY_STATUS || std::strcmp(reply->str, "OK") != 0) {
      die("hiredis: SET failed");
    }
  }

  void get_many(const Key* first, std::size_t count) override {
    for (const Key* key = first; key != first + count; ++key) {
      const char* argv[] = {"GET", key->name.data()};
      const std::size_t lengths[] = {3, key->name.size()};
      if (redisAppendCommandArgv(context(*key), 2, argv, lengths) != REDIS_OK) die("hiredis: cannot append");
    }
    for (const auto& context : contexts_) {  // to all nodes before anything is read from one
      for (int done = 0; done == 0;) {
        if (redisBufferWrite(context.get(), &done) != REDIS_OK) die("hiredis: cannot write");
      }
    }
    for (const Key* key = first; key != first + count; ++key) {
      void* reply = nullptr;
      if (redisGetReply(context(*key), &reply) != REDIS_OK) die("hiredis: no reply");
      check_value(Reply(static_cast<redisReply*>(reply)), *key);
    }
  }

 private:
  using Reply = std::unique_ptr<redisReply, FreeReply>;

  redisContext* context(const Key& key) const { return contexts_[key.node].get(); }

  static void check_value(const Reply& reply, const Key& key) {
    if (reply == nullptr || reply->type != REDIS_REPLY_STRING ||
        static_cast<std::size_t>(reply->len) != key.value.size() ||
        std::memcmp(reply->str, key.value.data(), key.value.size()) != 0) {
      die("hiredis: a wrong reply");
    }
  }

  std::vector<std::unique_ptr<redisContext, FreeContext>> contexts_;
};

}  // namespace

std::unique_ptr<Client> connect_hiredis(const Workload& workload) {
  return std::make_unique<HiredisClient>(workload);
}

}  // namespace bench
