// The writer's part of a connection: sending what is queued.
#include <sched.h>

#include <cassert>
#include <utility>

#include "connection/connection.h"

namespace rediscluster {

// For submit(), whose request is queued. True: the caller leads.
bool Connection::write_as_planned(const Request& request, Roles roles, bool may_lead) noexcept {
  if (roles.plan != WritePlan::kNothing) {
    writer_.assume();
    bool write = true;
    if (roles.plan != WritePlan::kAtOnce) [[unlikely]] {
      if (roles.plan == WritePlan::kAfterLook) {
        leader.assume();
        write = look_before_writing(request);
      } else {
        sched_yield();  // others who are about to send share this send
      }
      if (write) {
        const MutexLock lock(mutex_);
        gather(roles.leads);
      }
    }
    if (write) flush();
  }
  if (!roles.leads || may_lead) [[likely]]
    return roles.leads;
  leader.assume();
  leave();
  return false;
}

// For a leader who is the writer too, when nothing is due. Has the node gone, or sent what nobody asked for?
// As nothing has been sent, what is queued goes over the next connection. False: nobody writes any more.
bool Connection::look_before_writing(const Request& request) noexcept {
  char byte = 0;
  const Transfer seen = socket_.peek(&byte);
  // What has come may be of a reply that went past a limit.
  if (seen.would_block || (seen.bytes > 0 && replies_.passing_over())) return true;
  {
    const MutexLock lock(mutex_);
    set_writer_state(WriterState::kIdle);
    note_disconnected();
  }
  socket_.close();
  if (request.pinned) fail_all(Code::kIo, "the connection was closed by the node");
  return false;
}

// What nobody is due to answer was queued on a connection that may be gone. If it is, it is not written to,
// and its leader will find out.
bool Connection::has_gone() noexcept {
  char byte = 0;
  const Transfer seen = socket_.peek(&byte);
  return !seen.would_block && seen.bytes == 0;
}

void Connection::send_queued() noexcept {
  bool look = false;
  {
    const MutexLock lock(mutex_);
    if (state() != ConnectionState::kOpen || writer_state() != WriterState::kIdle || unsent_.empty()) return;
    set_writer_state(WriterState::kWriting);
    writer_.assume();
    look = std::exchange(look_first_, false);
    if (!look) [[likely]]
      gather(false);
  }
  if (look) [[unlikely]] {
    const bool gone = has_gone();
    const MutexLock lock(mutex_);
    if (gone) {
      set_writer_state(WriterState::kIdle);
      writer_.give_up();
      if (led()) wake();
      return;
    }
    gather(false);
  }
  flush();
}

bool Connection::look_while_idle() noexcept {
  {
    const MutexLock lock(mutex_);
    const bool idle = state() == ConnectionState::kOpen && writer_state() == WriterState::kIdle &&
                      replies_.empty() && taken_.empty() && !replies_.passing_over();
    if (!idle) return false;
    set_writer_state(WriterState::kWriting);
    writer_.assume();
  }
  const bool gone = has_gone();
  bool pinned = false;
  {
    const MutexLock lock(mutex_);
    set_writer_state(WriterState::kIdle);
    writer_.give_up();
    if (gone) {
      note_disconnected();
      pinned = unsent_.any_pinned();
    }
  }
  if (gone) socket_.close();
  if (pinned) fail_all(Code::kIo, "the connection was closed by the node");
  return gone;
}

void Connection::flush() noexcept {
  for (;;) {
    assert(writer_state() == WriterState::kWriting);
    const Transfer sent = socket_.send(out_.data(), out_.size());
    out_.note_sent(sent.bytes);
    const bool stuck = sent.would_block || sent.failure != 0;  // the leader finds out why the socket failed
    if (!stuck && out_.size() != 0) continue;
    const MutexLock lock(mutex_);
    if (stuck) {
      send_failure_.store(sent.failure, std::memory_order_relaxed);
      set_writer_state(sent.failure == 0 ? WriterState::kWaitingForRoom : WriterState::kFailed);
      if (led()) wake();
      break;
    }
    out_.clear();
    if (unsent_.empty() || state() != ConnectionState::kOpen) {
      set_writer_state(WriterState::kIdle);
      // The leader may have found the last reply while this was still writing.
      if (is_ending(state()) && led()) wake();
      break;
    }
    out_.take(unsent_, taken_);
  }
  writer_.give_up();
}

// There is room in the socket again.
void Connection::resume_writing() noexcept {
  {
    const MutexLock lock(mutex_);
    if (!is_stuck(writer_state())) return;
    set_writer_state(WriterState::kWriting);
  }
  writer_.assume();
  flush();
}

}  // namespace rediscluster
