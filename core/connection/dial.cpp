#include "connection/dial.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <system_error>

#include "base/text.h"
#include "resp/encode.h"
#include "resp/server_answer.h"

namespace rediscluster {
namespace {

// What RFC 8305 recommends: nearly every connection is made in less.
constexpr Duration kTryNextAfter = milliseconds(250);

void append_command(std::string& out, std::initializer_list<std::string_view> words) {
  const char* data[4];
  std::size_t lengths[4];
  std::size_t count = 0;
  for (const auto word : words) {
    data[count] = word.data();
    lengths[count++] = word.size();
  }
  const Args args(count, data, lengths);
  const auto at = out.size();
  out.resize(at + encoded_size(args));
  encode(args, out.data() + at);
}

std::string reason(int failure) { return std::generic_category().message(failure); }

}  // namespace

Dial::Dial(const Address& address, const ConnectionSettings& settings, TimePoint now, Proof proof)
    : address_(address), settings_(settings), gives_up_at_(now + settings.connect_timeout), proof_(proof) {}

int Dial::fd() const noexcept {
  if (phase_ == Phase::kLookup && lookup_ != nullptr) return lookup_->fd();
  if (phase_ != Phase::kConnecting) return socket_.fd();
  return any_connecting_ ? any_connecting_.get() : connecting_.front().fd();
}

short Dial::events() const noexcept {
  if (phase_ == Phase::kLookup) return POLLIN;
  if (phase_ == Phase::kConnecting) return any_connecting_ ? POLLIN : POLLOUT;
  return static_cast<short>(handshake_sent_ < handshake_.size() ? POLLIN | POLLOUT : POLLIN);
}

TimePoint Dial::wakes_at() const noexcept {
  const bool more = phase_ == Phase::kConnecting && next_endpoint_ < endpoints_.size();
  return more ? std::min(next_at_, gives_up_at_) : gives_up_at_;
}

Dial::State Dial::fail(ErrorPtr error) noexcept {
  error_ = std::move(error);
  return State::kFailed;
}

Dial::State Dial::fail_at(std::string_view what) {
  return fail(make_error(Code::kConnect, Outcome::kNotSent,
                         text("cannot connect to ", to_string(address_), ": ", what)));
}

Dial::State Dial::advance(TimePoint now) {
  if (now >= gives_up_at_) {
    const auto ms = std::chrono::duration_cast<milliseconds>(settings_.connect_timeout).count();
    return fail_at(text(phase_ == Phase::kLookup ? "its name was not resolved within "
                        : phase_ == Phase::kHandshake
                            ? "it accepted, but did not answer the handshake within "
                            : "no answer within ",
                        ms, " ms: check that the node runs and is reachable"));
  }
  if (phase_ == Phase::kLookup) {
    if (lookup_ == nullptr) {
      auto started = NameLookup::start(address_);
      if (!started.ok()) return fail(started.take_error());
      lookup_ = started.take();
    }
    if (!lookup_->done()) return State::kPending;
    auto found = lookup_->take();
    if (!found.ok()) return fail(found.take_error());
    endpoints_ = found.take();
    if (endpoints_.size() > 1) {
      any_connecting_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
      if (!any_connecting_) return fail_to_connect(errno);
    }
    phase_ = Phase::kConnecting;
  }
  if (phase_ == Phase::kConnecting) {
    const State state = advance_connects(now);
    if (state != State::kConnected) return state;
    begin_handshake();
  }
  return phase_ == Phase::kHandshake ? advance_handshake() : State::kConnected;
}

Dial::State Dial::fail_to_connect(int failure) {
  const bool no_descriptor = failure == EMFILE || failure == ENFILE;
  return fail_at(text(reason(failure), no_descriptor ? ": raise the limit of open files"
                                                     : ": check that the node runs and listens there"));
}

Dial::State Dial::advance_connects(TimePoint now) {
  if (connecting_.empty() || now >= next_at_) begin_connect(now);
  for (std::size_t i = 0; i < connecting_.size();) {  // on the same machine it is done already
    pollfd ready{connecting_[i].fd(), POLLOUT, 0};
    if (::poll(&ready, 1, 0) == 0) {
      ++i;
      continue;
    }
    Socket socket = std::move(connecting_[i]);
    connecting_.erase(connecting_.begin() + static_cast<std::ptrdiff_t>(i));
    const int failure = socket.take_failure();
    if (failure == 0) {
      socket_ = std::move(socket);
      connecting_.clear();
      any_connecting_.reset();
      return State::kConnected;
    }
    last_failure_ = failure;
    if (connecting_.empty()) begin_connect(now);
  }
  return connecting_.empty() ? fail_to_connect(last_failure_) : State::kPending;
}

void Dial::begin_connect(TimePoint now) {
  while (next_endpoint_ < endpoints_.size()) {
    int failure = 0;
    Socket socket = Socket::connect(endpoints_[next_endpoint_++], failure);
    epoll_event event{EPOLLOUT, {}};
    if (socket && any_connecting_ &&
        epoll_ctl(any_connecting_.get(), EPOLL_CTL_ADD, socket.fd(), &event) != 0)
      failure = errno;
    if (failure == 0) {
      connecting_.push_back(std::move(socket));
      next_at_ = now + kTryNextAfter;
      return;
    }
    last_failure_ = failure;
  }
}

void Dial::begin_handshake() {
  phase_ = Phase::kHandshake;
  if (!settings_.password.empty()) {
    if (settings_.username.empty()) {
      append_command(handshake_, {"AUTH", settings_.password});
    } else {
      append_command(handshake_, {"AUTH", settings_.username, settings_.password});
    }
    auth_due_ = true;
    ++replies_due_;
  }
  if (!settings_.name.empty()) {
    append_command(handshake_, {"CLIENT", "SETNAME", settings_.name});
    ++replies_due_;
  }
  if (proof_ == Proof::kAnswers && replies_due_ == 0) {
    append_command(handshake_, {"PING"});
    ++replies_due_;
  }
  if (replies_due_ != 0) parser_ = std::make_unique<ReplyParser>();
}

Dial::State Dial::advance_handshake() {
  while (handshake_sent_ < handshake_.size()) {
    const auto sent = socket_.send(handshake_.data() + handshake_sent_, handshake_.size() - handshake_sent_);
    if (sent.would_block) break;
    if (sent.failure != 0) return fail_at(reason(sent.failure));
    handshake_sent_ += sent.bytes;
  }
  while (replies_due_ > 0) {
    char bytes[4096];
    const auto received = socket_.receive(bytes, sizeof bytes);
    if (received.would_block) return State::kPending;
    if (received.failure != 0) return fail_at(reason(received.failure));
    if (received.closed) return fail_at("it closed the connection during the handshake");
    parser_->feed(bytes, received.bytes);
    while (replies_due_ > 0 && parser_->has_bytes()) {
      const Parsed parsed = parser_->next({&reply_, nullptr});
      if (parsed == Parsed::kIncomplete) break;
      if (parsed == Parsed::kFailed) {
        if (parser_->out_of_memory()) return fail(no_memory_error());
        return fail(
            make_error(Code::kProtocol, Outcome::kNotSent,
                       text(to_string(address_), " answered the handshake with something that is not RESP (",
                            parser_->failure(), "): check that a Redis node listens there")));
      }
      auto checked = check_handshake_reply(reply_->root());
      if (!checked.ok()) return fail(checked.take());
      --replies_due_;
    }
  }
  std::fill(handshake_.begin(), handshake_.end(), '\0');  // it held the password
  phase_ = Phase::kConnected;
  return State::kConnected;
}

Status Dial::check_handshake_reply(const Reply& reply) {
  const bool is_auth = std::exchange(auth_due_, false);
  if (!reply.is_error() || !is_auth) return {};  // without its name set a connection serves as well
  const auto line = reply.string();
  const auto word = error_word(line);
  if (asks_to_wait(classify(line)) || line.find("max number of clients") != std::string_view::npos) {
    return make_error(Code::kConnect, Outcome::kNotSent, text(to_string(address_), ": ", line), word);
  }
  return make_error(Code::kAuth, Outcome::kNotSent,
                    text(to_string(address_), " refused the password: ", line,
                         ": check the user name and the password in the options"),
                    word);
}

}  // namespace rediscluster
