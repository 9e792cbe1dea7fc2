// The leader opens a connection.
#include <algorithm>

#include "base/text.h"
#include "connection/connection.h"

namespace rediscluster {

void Connection::open(TimePoint now) {
  if (!connector_) {
    if (const ErrorPtr refused = peer_failures_.connecting.why_not_yet(now))
      return drop_all(refused->code, refused->message, refused->server_code);
    if (settings_.connect_hooks != nullptr && !adopt_params()) return;
    connecting_since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    connector_.emplace(address_, settings_, now, used_params_.get(), accepts_any_node());
    const MutexLock lock(mutex_);
    if (state() == ConnectionState::kDown) set_state(ConnectionState::kConnecting);
  }
  const Connector::State progress = connector_->advance(now);
  pending_step_.store(progress == Connector::State::kPending ? connector_->pending_step() : nullptr,
                      std::memory_order_relaxed);
  switch (progress) {
    case Connector::State::kPending:
      return;
    case Connector::State::kFailed: {
      const ErrorPtr error = connector_->take_error();
      connector_.reset();
      if (error->code == Code::kConnect) peer_failures_.connecting.note(*error, now);
      return fail_all(error->code, error->message, error->server_code);
    }
    case Connector::State::kConnected:
      return start_using_socket(now);
  }
}

// False: there are none for this connection, or they say that there is to be none.
bool Connection::adopt_params() {
  {
    const MutexLock lock(mutex_);
    if (next_params_ != nullptr) {
      used_params_ = std::move(next_params_);
      has_params_ = true;
    }
  }
  if (used_params_ == nullptr) {  // the last connection ended while commands waited: their callers ask
    fail_all(Code::kIo, text("the connection to ", to_string(address_), " was lost"));
    return false;
  }
  if (used_params_->refused == nullptr) return true;
  const ErrorPtr refused = std::move(used_params_->refused);
  fail_all(refused->code, refused->message);
  return false;
}

void Connection::start_using_socket(TimePoint now) {
  peer_failures_.connecting.forget();
  replies_.open(settings_.protocol);
  socket_ = connector_->take_socket();
  ++openings_;
  socket_.allow_wait(kReadSlice);
  connector_.reset();
  used_params_.reset();
  unread_ = false;
  if (settings_.log != nullptr)
    settings_.log->add(LogLevel::kInfo, text("connected to ", to_string(address_)));
  note_received();  // it has answered the handshake
  count(counters_.connects);
  {
    const MutexLock lock(mutex_);
    if (state() == ConnectionState::kClosed) return;  // meanwhile: that is carried out next
    set_state(ConnectionState::kOpen);
    oldest_in_flight_since_ = std::max(oldest_in_flight_since_, now);
    if (unsent_.empty()) return;
    set_writer_state(WriterState::kWriting);
    writer_.assume();
    out_.take(unsent_, taken_);
  }
  flush();
}

}  // namespace rediscluster
