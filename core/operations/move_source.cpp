#include "operations/move_source.h"

#include <cstring>

#include "base/text.h"
#include "drive/leader.h"
#include "resp/encode.h"
#include "resp/server_answer.h"

namespace rediscluster {

MoveSource::~MoveSource() {
  if (in_transaction_ && !own_.forked()) discard();
}

// Leaves the connection fit for the next one, or closes it, which ends the transaction too.
void MoveSource::discard() noexcept {
  in_transaction_ = false;
  try {
    const RequestPtr request = send("*1\r\n$7\r\nDISCARD\r\n", 1, true);
    if (request->failure != nullptr || !request->arena->root().elements[0].is_status("OK")) own_->reconnect();
  } catch (const std::bad_alloc&) {
    own_->reconnect();
  }
}

RequestPtr MoveSource::send(std::string_view bytes, std::uint32_t count, bool pinned) {
  RequestPtr request = new_batch(count);
  request->pinned = pinned;
  const auto turn = own_->submit(*request, bytes.size(), Clock::now(), deadline_,
                                 [&](char* to) { std::memcpy(to, bytes.data(), bytes.size()); });
  finish(*own_, request, turn, deadline_);
  if (request->failure != nullptr)
    request->failure = with_outcome(std::move(request->failure), Outcome::kNotSent);
  return request;
}

RequestPtr MoveSource::queue(std::string_view commands, std::uint32_t count) {
  if (!in_transaction_) {
    // By itself: where it is refused the commands behind it would be executed.
    RequestPtr multi = send("*1\r\n$5\r\nMULTI\r\n", 1, false);
    if (multi->failure != nullptr) return multi;
    const Reply& reply = multi->arena->root().elements[0];
    in_transaction_ = reply.is_status("OK");
    if (!in_transaction_) {
      own_->reconnect();
      multi->failure =
          make_error(Code::kServer, Outcome::kRefused,
                     text(own_.node().name(), " answered MULTI with ",
                          reply.is_error() ? reply.string() : std::string_view("something that is not OK")));
      return multi;
    }
  }
  return send(commands, count, true);
}

// Of a command that was queued: are its keys there, or does the node look for them at EXEC only? WATCH is
// looked at at once, key by key: of several it might be answered by ASK as soon as one is gone.
MoveSource::Told MoveSource::ask_again(const CommandList& commands, std::size_t i) {
  if (in_transaction_) discard();
  std::string watches;
  std::uint32_t count = 0;
  const bool known = visit_keys(commands, i, [&](std::string_view key) {
    const char* const words[] = {"WATCH", key.data()};
    const std::size_t lengths[] = {5, key.size()};
    const Args args(2, words, lengths);
    const std::size_t before = watches.size();
    watches.resize(before + encoded_size(args));
    encode(args, watches.data() + before);
    ++count;
    return true;
  });
  if (!known || count == 0) return {Told::kStillThere, {}, 0, nullptr};
  watches += "*1\r\n$7\r\nUNWATCH\r\n";
  RequestPtr request = send(watches, count + 1, false);
  if (request->failure != nullptr) return {Told::kFailed, {}, 0, std::move(request->failure)};
  const Reply* const replies = request->arena->root().elements;
  if (!replies[count].is_status("OK")) own_->reconnect();
  for (std::uint32_t at = 0; at < count; ++at) {
    Told told = understand(replies[at]);
    if (told.kind != Told::kSentAway) return told;
  }
  return {};
}

MoveSource::Told MoveSource::understand(const Reply& reply) const {
  if (!reply.is_error()) return {Told::kStillThere, {}, 0, nullptr};
  const std::string_view line = reply.string();
  if (classify(line) != Answer::kAsk) return {Told::kLine, std::string(line), 0, nullptr};
  const Redirect redirect = parse_redirect(line);
  const std::string host(redirect.host.empty() ? std::string_view(own_.node().address().host)
                                               : redirect.host);
  // The node may be known by another spelling of its name, as a seed has it.
  const bool to_target =
      target_ == nullptr || canonical({host, redirect.port}) == canonical(target_->address());
  return {to_target ? Told::kSentAway : Told::kStillThere, {}, 0, nullptr};
}

}  // namespace rediscluster
