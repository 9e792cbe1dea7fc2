#include "subscribe/subscriber_connection.h"

#include <poll.h>

#include <algorithm>
#include <new>

#include "base/args.h"
#include "base/text.h"
#include "nodes/node.h"
#include "resp/encode.h"

namespace rediscluster {
namespace {

constexpr std::size_t kOutAhead = std::size_t{64} * 1024;  // bytes that are encoded and not sent
constexpr int kReadsInARow = 16;                           // then the other connections have their turn

std::string_view verb_of(const ExpectedAnswer& command) noexcept {
  static constexpr std::string_view kSubscribe[] = {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"};
  static constexpr std::string_view kUnsubscribe[] = {"UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"};
  if (command.verb == SubscriberVerb::kPing) return "PING";
  const auto kind = static_cast<std::size_t>(command.name->kind);
  return command.verb == SubscriberVerb::kSubscribe ? kSubscribe[kind] : kUnsubscribe[kind];
}

}  // namespace

SubscriberConnection::SubscriberConnection(Reconciler& reconciler, SubscriberLink& link,
                                           const ConnectionSettings& settings, Counters& counters)
    : reconciler_(reconciler), link_(link), settings_(settings), counters_(counters) {}

short SubscriberConnection::events() const noexcept {
  if (connector_ != nullptr) return connector_->events();
  short events = 0;
  if (!paused()) events |= POLLIN;
  if (out_at_ < out_.size()) events |= POLLOUT;
  return events;
}

TimePoint SubscriberConnection::wakes_at() const noexcept {
  if (connector_ != nullptr) return connector_->wakes_at();
  if (down()) return TimePoint::max();
  if (paused()) return TimePoint::max();  // the silence is ours
  if (unread_ || (parser_ != nullptr && parser_->has_bytes())) return TimePoint::min();
  return pinged_at_.value_or(last_heard_) + ping_after;
}

ErrorPtr SubscriberConnection::lost(Code code, std::string_view why) const {
  return make_error(code, Outcome::kUnknown,
                    text("the connection for subscriptions to ", link_.node.name(), why));
}

void SubscriberConnection::drop(TimePoint now) noexcept {
  const bool was_open = link_.open;
  close();
  if (was_open) {
    reconciler_.on_lost(link_, alive_at_, now);
  } else {
    reconciler_.on_connect_failed(link_, now);
  }
}

void SubscriberConnection::close() noexcept {
  connector_.reset();
  socket_.close();
  parser_.reset();
  params_.reset();
  reply_.reset();
  in_.reset();
  out_ = {};
  out_at_ = 0;
  unread_ = false;
  pinged_at_.reset();
  link_.open = false;
}

ErrorPtr SubscriberConnection::advance(TimePoint now, bool readable) noexcept {
  ErrorPtr error;
  try {
    if (!link_.open) error = advance_connector(now);
    if (error == nullptr && link_.open) error = advance_open(now, readable);
  } catch (const std::bad_alloc&) {
    error = no_memory_error(Outcome::kUnknown);
  }
  if (error != nullptr) drop(now);
  return error;
}

ErrorPtr SubscriberConnection::advance_connector(TimePoint now) {
  if (connector_ == nullptr) {
    if (!may_open() || (settings_.connect_hooks != nullptr && params_ == nullptr)) return nullptr;
    if (params_ != nullptr && params_->refused != nullptr) return std::move(params_->refused);
    connector_ = std::make_unique<Connector>(link_.node.address(), settings_, now, params_.get());
  }
  switch (connector_->advance(now)) {
    case Connector::State::kPending:
      return nullptr;
    case Connector::State::kFailed:
      return connector_->take_error();
    case Connector::State::kConnected:
      break;
  }
  start_using_socket(now);
  return nullptr;
}

void SubscriberConnection::start_using_socket(TimePoint now) {
  parser_ =
      std::make_unique<ReplyParser>(settings_.protocol == 3 ? Protocol::kResp3 : Protocol::kResp2, true);
  in_.reset(new char[ReplyParser::kFeed]);
  socket_ = connector_->take_socket();
  connector_.reset();
  params_.reset();
  last_heard_ = caught_up_at_ = alive_at_ = now;
  pinged_at_.reset();
  count(counters_.connects);
  if (settings_.log != nullptr)
    settings_.log->add(LogLevel::kInfo, text("connected to ", link_.node.name(), ", for subscriptions"));
  reconciler_.on_open(link_, now);
}

ErrorPtr SubscriberConnection::advance_open(TimePoint now, bool readable) {
  if (ErrorPtr error = send_more()) return error;
  if (readable || unread_ || parser_->has_bytes()) {
    if (ErrorPtr error = receive(now)) return error;
    if (ErrorPtr error = send_more()) return error;
  }
  return look_for_silence(now);
}

// ---- sending ----

void SubscriberConnection::encode_more() {
  while (link_.sent < link_.expected.size() && out_.size() - out_at_ < kOutAhead) {
    const ExpectedAnswer& command = link_.expected[link_.sent];
    const std::string token =
        command.verb == SubscriberVerb::kPing ? ping_text(command.token) : std::string();
    const std::string_view verb = verb_of(command);
    const std::string_view what = command.verb == SubscriberVerb::kPing ? token : command.name->text;
    const char* const data[] = {verb.data(), what.data()};
    const std::size_t lengths[] = {verb.size(), what.size()};
    const Args args(2, data, lengths);
    const std::size_t at = out_.size();
    out_.resize(at + encoded_size(args));
    encode(args, out_.data() + at);
    ++link_.sent;
  }
}

ErrorPtr SubscriberConnection::send_more() {
  for (;;) {
    if (out_at_ == out_.size()) {
      out_.clear();
      out_at_ = 0;
    }
    encode_more();
    if (out_at_ == out_.size()) return nullptr;
    const Transfer sent = socket_.send(out_.data() + out_at_, out_.size() - out_at_);
    if (sent.would_block) return nullptr;
    if (sent.failure != 0 || sent.closed) {
      // What has come before that is read first.
      return lost(Code::kIo, text(" was lost: ", socket_.reason(sent.failure)));
    }
    out_at_ += sent.bytes;
  }
}

// ---- receiving ----

ErrorPtr SubscriberConnection::receive(TimePoint now) {
  unread_ = false;
  for (int i = 0; i < kReadsInARow; ++i) {
    if (ErrorPtr error = parse(now)) return error;
    if (parser_->has_bytes()) return nullptr;  // paused
    if (paused()) {
      unread_ = true;
      return nullptr;
    }
    const Transfer received = socket_.receive(in_.get(), ReplyParser::kFeed);
    if (received.would_block) {
      caught_up_at_ = now;
      return nullptr;
    }
    if (received.failure != 0) {
      return socket_.out_of_memory() ? no_memory_error(Outcome::kUnknown)
                                     : lost(Code::kIo, text(" was lost: ", socket_.reason(received.failure)));
    }
    if (received.closed || received.bytes == 0) return lost(Code::kIo, " was closed by the node");
    alive_at_ = caught_up_at_;
    last_heard_ = now;
    pinged_at_.reset();
    parser_->feed(in_.get(), received.bytes);
  }
  unread_ = true;
  return parse(now);
}

ErrorPtr SubscriberConnection::parse(TimePoint now) {
  while (parser_->has_bytes() && !paused()) {
    switch (parser_->next({&reply_, nullptr})) {
      case Parsed::kIncomplete:
        return nullptr;
      case Parsed::kPush:
        continue;
      case Parsed::kReply:
        break;
      case Parsed::kRefused:
        if (parser_->out_of_memory()) return no_memory_error(Outcome::kUnknown);
        return lost(Code::kProtocol, text(" is given up: it sent a message with ", parser_->refused()));
      case Parsed::kFailed:
        if (parser_->out_of_memory()) return no_memory_error(Outcome::kUnknown);
        return lost(Code::kProtocol,
                    text(" is given up: it sent something that is not RESP (", parser_->failure(), ")"));
    }
    const Said said = understand(reply_->root());
    const auto verdict = reconciler_.on_said(link_, said, now);
    if (verdict != Reconciler::Verdict::kGoOn) {
      const std::string line = said.error == nullptr ? std::string() : text(": ", said.error->message);
      return verdict == Reconciler::Verdict::kLoggedOut
                 ? lost(Code::kAuth,
                        text(" is made again, since the node does not know the user any more", line))
                 : lost(Code::kProtocol,
                        text(" is given up: the node said something that nobody had asked for", line));
    }
    reply_.reset();
  }
  return nullptr;
}

// A node that dies without a word is found by its silence: it is asked, and has as long again to answer.
ErrorPtr SubscriberConnection::look_for_silence(TimePoint now) {
  if (paused()) return nullptr;
  if (pinged_at_) {
    if (now < *pinged_at_ + ping_after) return nullptr;
    return lost(Code::kIo, " is given up: the node has not answered a PING");
  }
  if (now < last_heard_ + ping_after) return nullptr;
  reconciler_.ping(link_);
  pinged_at_ = now;
  return send_more();
}

}  // namespace rediscluster
