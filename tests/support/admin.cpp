#include "admin.h"

#include <poll.h>
#include <signal.h>

#include <cstdio>

namespace test_support {
namespace {

constexpr timeval kConnectTimeout{1, 0};
constexpr timeval kReplyTimeout{5, 0};

// hiredis writes without MSG_NOSIGNAL, and the test's signal handlers are not ours to change.
class NoSigpipe {
 public:
  NoSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoSigpipe() {
    const timespec none{0, 0};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &none);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_, before_;
  bool was_pending_;
};

// Between two commands nothing may arrive but the end of the connection.
bool stale(const redisContext& context) {
  pollfd readable{context.fd, POLLIN, 0};
  return context.err != 0 || poll(&readable, 1, 0) != 0;
}

}  // namespace

bool ok(const Reply& reply) { return reply && reply->type != REDIS_REPLY_ERROR; }

static std::string text(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_ARRAY: {
      std::string lines;
      for (size_t i = 0; i < reply.elements; ++i) lines += text(*reply.element[i]) + "\n";
      return lines;
    }
    case REDIS_REPLY_ERROR:
      return "-" + std::string(reply.str, static_cast<size_t>(reply.len));
    case REDIS_REPLY_NIL:
      return "";
    default:
      return std::string(reply.str, static_cast<size_t>(reply.len));
  }
}

std::string text(const Reply& reply) { return reply ? text(*reply) : "-no reply"; }

void complain(const char* format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  fprintf(stderr, "test_support: %s\n", line);
}

bool AdminConnection::connect() {
  if (context_ && !stale(*context_)) return true;
  context_.reset(port_ == 0 ? redisConnectUnixWithTimeout(host_.c_str(), kConnectTimeout)
                            : redisConnectWithTimeout(host_.c_str(), port_, kConnectTimeout));
  if (!context_ || context_->err != 0) {
    context_.reset();
    return false;
  }
  redisSetTimeout(context_.get(), kReplyTimeout);
  if (password_.empty()) return true;
  const Reply reply(static_cast<redisReply*>(redisCommand(context_.get(), "AUTH %s", password_.c_str())));
  if (ok(reply)) return true;
  context_.reset();
  return false;
}

template <typename Send>
Reply AdminConnection::exchange(Send send) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const NoSigpipe guard;
  if (!connect()) return nullptr;
  Reply reply(static_cast<redisReply*>(send(context_.get())));
  if (!reply) context_.reset();
  return reply;
}

Reply AdminConnection::commandv(const char* format, va_list arguments) {
  return exchange([&](redisContext* context) { return redisvCommand(context, format, arguments); });
}

Reply AdminConnection::command(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  Reply reply = commandv(format, arguments);
  va_end(arguments);
  return reply;
}

Reply AdminConnection::command(const std::vector<std::string>& words) {
  std::vector<const char*> argv;
  std::vector<size_t> lengths;
  for (const std::string& word : words) {
    argv.push_back(word.data());
    lengths.push_back(word.size());
  }
  return exchange([&](redisContext* context) {
    return redisCommandArgv(context, static_cast<int>(argv.size()), argv.data(), lengths.data());
  });
}

void AdminConnection::disconnect() {
  const std::lock_guard<std::mutex> lock(mutex_);
  context_.reset();
}

}  // namespace test_support
