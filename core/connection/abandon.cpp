// Callers who leave a connection without a reply.
#include <poll.h>

#include "base/text.h"
#include "connection/connection.h"

namespace rediscluster {

// What was not handed to the socket is taken back; what was leaves a tombstone.
void Connection::abandon(RequestPtr& request) {
  if (take_back(*request)) {
    budget_.give_back(request->size);
    refuse(*request,
           make_error(Code::kTimeout, Outcome::kNotSent,
                      text("it could not be sent to ", to_string(address_), " in time", pending_step())));
    return;
  }
  RequestPtr remains = request->received_so_far();
  remains->sent = request->size;
  remains->failure =
      make_error(Code::kTimeout, Outcome::kUnknown, text("no answer from ", to_string(address_), " in time"));
  if (!request->become_tombstone()) return;  // it has just been finished
  // NOLINTNEXTLINE(bugprone-unused-return-value): the connection frees it when its reply has come
  request.release();
  request = std::move(remains);
  judge_silence();
}

bool Connection::take_back(Request& request) noexcept {
  const MutexLock lock(mutex_);
  if (request.done() || !unsent_.holds(request)) return false;
  unsent_.take_back(request);
  request.queued = false;  // its caller's alone again, should anything fail from here on
  submitted_.store(submitted_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  return true;
}

bool Connection::withdraw(Request& request) noexcept {
  if (!take_back(request)) return false;
  budget_.give_back(request.size);
  return true;
}

Connection::LastLook Connection::last_look(const Request& request, bool just_read,
                                           Duration recently) noexcept {
  const MutexLock lock(mutex_);
  if (!connected() || unsent_.holds(request)) return LastLook::kUseless;
  if (!led_.exchange(true, std::memory_order_relaxed)) return LastLook::kLeads;
  const bool others_look = may_be_read() || (just_read && Clock::now() - last_received_at() < recently);
  return others_look ? LastLook::kOthersLook : LastLook::kUseless;
}

// With mutex_ the socket stays as it is.
bool Connection::may_be_read() const noexcept {
  pollfd socket{socket_.fd(), POLLIN, 0};
  return connected() && poll(&socket, 1, 0) == 1;
}

// After a caller has left in vain. When nothing has come for too long, what is new goes over another
// connection. What is under way over this one keeps its time: the connection ends with the last of it.
void Connection::judge_silence() {
  bool known = false;
  {
    const MutexLock lock(mutex_);
    if (!connected()) return;
    known = silent();
    const TimePoint since = std::max(last_received_at(), oldest_in_flight_since_);
    // Nine tenths: a call's time began a little before its request was queued.
    if (!known && (Clock::now() - since < settings_.response_timeout / 10 * 9 || may_be_read())) return;
  }
  if (!known) {
    const std::string why = text("the connection to ", to_string(address_),
                                 " is silent although replies are due: another is opened");
    if (owner_ != nullptr && !owner_->replace(*this)) return;
    redirect_unsent(why);
  }
  // It ends if nobody waits for its replies any more. Whoever leads looks when it leaves.
  if (try_lead()) leave();
}

// Lets nobody send over the connection any more. Who waits to do so is to go elsewhere.
void Connection::redirect_unsent(std::string_view why) noexcept {
  RequestQueue redirected;
  {
    const MutexLock lock(mutex_);
    if (!connected() || silent()) return;
    set_state(ConnectionState::kSilent);
    redirected = unsent_.drop();
    std::uint64_t count = 0;
    for (const Request* at = redirected.front(); at != nullptr; at = at->next) ++count;
    submitted_.store(submitted_.load(std::memory_order_relaxed) - count, std::memory_order_relaxed);
  }
  while (Request* request = redirected.pop()) {
    budget_.give_back(request->size);
    request->failure = make_error(Code::kIo, Outcome::kNotSent, why);
    request->end();
  }
}

}  // namespace rediscluster
