#include "connection/connector.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/text.h"

namespace rediscluster {
namespace {

// What RFC 8305 recommends: nearly every connection is made in less.
constexpr Duration kTryNextAfter = milliseconds(250);

std::string reason(int failure) { return std::generic_category().message(failure); }

}  // namespace

Connector::Connector(const Address& node, const ConnectionSettings& settings, TimePoint now,
                     const ConnectParams* params, bool anybody)
    : node_(node),
      to_(params == nullptr ? node : params->to),
      credentials_(params == nullptr ? settings.credentials : params->credentials),
      settings_(settings),
      gives_up_at_(now + settings.connect_timeout),
      any_node_(anybody) {}

std::string Connector::where() const {
  return to_ == node_ ? to_string(node_) : text(to_string(node_), " by way of ", to_string(to_));
}

int Connector::fd() const noexcept {
  if (phase_ == Phase::kLookup && lookup_ != nullptr) return lookup_->fd();
  if (phase_ != Phase::kConnecting) return socket_.fd();
  return any_connecting_ ? any_connecting_.get() : connecting_.front().fd();
}

short Connector::events() const noexcept {
  if (phase_ == Phase::kLookup) return POLLIN;
  if (phase_ == Phase::kConnecting) return any_connecting_ ? POLLIN : POLLOUT;
  if (phase_ == Phase::kTls) return tls_events_;
  return static_cast<short>(session_setup_->unsent().empty() ? POLLIN : POLLIN | POLLOUT);
}

TimePoint Connector::wakes_at() const noexcept {
  const bool more = phase_ == Phase::kConnecting && next_endpoint_ < endpoints_.size();
  return more ? std::min(next_at_, gives_up_at_) : gives_up_at_;
}

const char* Connector::pending_step() const noexcept {
  switch (phase_) {
    case Phase::kLookup:
      return "its name has not been resolved yet";
    case Phase::kConnecting:
      return "it has not accepted a connection yet";
    case Phase::kTls:
      return "it has accepted, but not answered the TLS handshake yet: is the port one for TLS?";
    default:
      return "it has accepted, but not answered the handshake yet";
  }
}

Connector::State Connector::fail(ErrorPtr error) noexcept {
  error_ = std::move(error);
  return State::kFailed;
}

Connector::State Connector::fail_at(std::string_view what) {
  return fail(make_error(Code::kConnect, Outcome::kNotSent, text("cannot connect to ", where(), ": ", what)));
}

const char* Connector::what_did_not_come() const noexcept {
  switch (phase_) {
    case Phase::kLookup:
      return "its name was not resolved";
    case Phase::kTls:
      return "it accepted, but did not answer the TLS handshake (is the port one for TLS?)";
    case Phase::kSessionSetup:
      return "it accepted, but did not answer the handshake";
    default:
      return "no answer";
  }
}

Connector::State Connector::advance(TimePoint now) {
  if (now >= gives_up_at_) {
    if (ErrorPtr why = session_setup_ == nullptr ? nullptr : session_setup_->fell_silent())
      return fail(std::move(why));
    const auto ms = std::chrono::duration_cast<milliseconds>(settings_.connect_timeout).count();
    return fail_at(
        text(what_did_not_come(), " within ", ms, " ms: check that the node runs and is reachable"));
  }
  if (phase_ == Phase::kLookup) {
    if (lookup_ == nullptr) {
      auto started = NameLookup::start(to_);
      if (!started.ok()) return fail_to_look_up(started.take_error());
      lookup_ = started.take();
    }
    if (!lookup_->done()) return State::kPending;
    auto found = lookup_->take();
    if (!found.ok()) return fail_to_look_up(found.take_error());
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
    session_setup_ = std::make_unique<SessionSetup>(
        node_, settings_, credentials_,
        any_node_ || settings_.membership == nullptr ? nullptr : settings_.membership->get());
    phase_ = settings_.tls == nullptr ? Phase::kSessionSetup : Phase::kTls;
    if (phase_ == Phase::kTls) {
      auto stream = TlsStream::begin(*settings_.tls, socket_.fd(), names());
      if (!stream.ok()) return fail(stream.take_error());
      socket_.encrypt(stream.take());
    }
  }
  if (phase_ == Phase::kTls) {
    const State state = advance_tls();
    if (state != State::kConnected) return state;
    phase_ = Phase::kSessionSetup;
  }
  return phase_ == Phase::kSessionSetup ? advance_session_setup() : State::kConnected;
}

// That the certificate may be made out to: where the connection goes, and all by which the cluster knows the
// node. It may announce its address and have a certificate for its name, or the other way round.
std::vector<std::string> Connector::names() const {
  std::vector<std::string> names{to_.host};
  if (to_ != node_) names.push_back(node_.host);
  const auto members = settings_.membership == nullptr ? nullptr : settings_.membership->get();
  if (const Member* member = members == nullptr ? nullptr : members->at(node_)) {
    if (!member->hostname.empty()) names.push_back(member->hostname);
    if (!member->ip.empty()) names.push_back(member->ip);
  }
  return names;
}

Connector::State Connector::fail_to_look_up(ErrorPtr why) {
  if (to_ == node_) return fail(std::move(why));
  return fail(make_error(why->code, why->outcome, text("cannot connect to ", where(), ": ", why->message)));
}

Connector::State Connector::fail_to_connect(int failure) {
  const bool no_descriptor = failure == EMFILE || failure == ENFILE;
  const std::string_view advice = no_descriptor ? ": raise the limit of open files"
                                  : failure == EADDRNOTAVAIL
                                      ? ": the local ports are used up (or the address is none of this "
                                        "machine's): make fewer connections at "
                                        "a time, or widen net.ipv4.ip_local_port_range"
                                      : ": check that the node runs and listens there";
  return fail_at(text(reason(failure), advice));
}

Connector::State Connector::advance_connects(TimePoint now) {
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

void Connector::begin_connect(TimePoint now) {
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

Connector::State Connector::advance_tls() {
  switch (socket_.tls()->handshake()) {
    case TlsStream::SessionSetup::kDone:
      return State::kConnected;
    case TlsStream::SessionSetup::kReads:
      tls_events_ = POLLIN;
      return State::kPending;
    case TlsStream::SessionSetup::kWrites:
      tls_events_ = POLLOUT;
      return State::kPending;
    case TlsStream::SessionSetup::kFailed:
      break;
  }
  // The peer may not speak TLS, but serve nobody, and have said why.
  if (const std::string line = socket_.tls()->said_in_the_clear(); !line.empty())
    return fail_at(text("it closes the connection, saying, in the clear: ", line));
  const std::string why = socket_.tls()->failure();
  if (why.empty() && !socket_.tls()->out_of_memory())
    return fail_at("it closed the connection during the TLS handshake (is the port one for TLS?)");
  return fail_in_tls(why);
}

Connector::State Connector::fail_in_tls(std::string_view why) {
  if (socket_.tls()->out_of_memory()) return fail(no_memory_error());
  return fail(make_error(Code::kTls, Outcome::kNotSent, text("no TLS with ", where(), ": ", why)));
}

Connector::State Connector::advance_session_setup() {
  // A server that serves nobody says so at once, and no other speaks first: that is looked at before anything
  // is sent.
  bool send = session_setup_->begun();
  int send_failure = 0;  // why may be read yet
  while (!session_setup_->done()) {
    while (send && !session_setup_->unsent().empty() && send_failure == 0) {
      const auto unsent = session_setup_->unsent();
      const auto sent = socket_.send(unsent.data(), unsent.size());
      if (sent.would_block) break;
      send_failure = sent.failure;
      session_setup_->note_sent(sent.bytes);
    }
    char bytes[1024];
    const auto received = socket_.receive(bytes, sizeof bytes);
    if (received.would_block && !send) {
      send = true;
      continue;
    }
    if (received.would_block && send_failure == 0) return State::kPending;
    if (received.bytes == 0) return fail_in_session_setup(received, send_failure);
    if (auto status = session_setup_->take(bytes, received.bytes); !status.ok()) return fail(status.take());
    send = true;
  }
  session_setup_.reset();
  phase_ = Phase::kConnected;
  char byte = 0;
  const auto more = socket_.peek(&byte);
  if (more.bytes > 0)
    return fail(make_error(Code::kProtocol, Outcome::kNotSent,
                           text("cannot connect to ", where(),
                                ": it says more than it was asked: check that a Redis node listens there")));
  if (!more.would_block) return fail_at("it closed the connection after the handshake");
  return State::kConnected;
}

Connector::State Connector::fail_in_session_setup(const Transfer& received, int send_failure) {
  if (ErrorPtr why = session_setup_->hung_up()) return fail(std::move(why));
  if (received.closed) return fail_at(text("it closed the connection during the handshake", hint()));
  return fail_in_transfer(received.would_block ? send_failure : received.failure);
}

// What a server that hangs up at once may want.
std::string_view Connector::hint() const noexcept {
  return settings_.tls == nullptr
             ? ": its port may be one for TLS (rc_options_set_tls)"
             : ": it may ask for a client's certificate (rc_options_set_tls_certificate)";
}

// With TLS 1.3 a server says only now that it does not accept our certificate.
Connector::State Connector::fail_in_transfer(int failure) {
  if (socket_.out_of_memory()) return fail(no_memory_error());
  const std::string why = socket_.tls() == nullptr ? std::string() : socket_.tls()->failure();
  return why.empty() ? fail_at(text(reason(failure), hint())) : fail_in_tls(why);
}

}  // namespace rediscluster
