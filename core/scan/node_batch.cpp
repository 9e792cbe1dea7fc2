#include "scan/node_batch.h"

#include <cstring>
#include <vector>

#include "drive/leader.h"
#include "resp/encode.h"
#include "resp/server_answer.h"

namespace rediscluster {
namespace {

// How long the node may say nothing before it is found out whether another has taken its place.
constexpr Duration kPatience = milliseconds(250);

// The user is not allowed to say MULTI, or the server has another name for it.
bool runs_without(const Reply& multi) noexcept {
  const auto word = multi.is_error() ? error_word(multi.string()) : std::string_view();
  return word == "NOPERM" || word == "ERR";
}

}  // namespace

void NodeBatch::add(const std::string_view* words, std::size_t count) {
  std::vector<const char*> data;
  std::vector<std::size_t> lengths;
  for (std::size_t i = 0; i < count; ++i) {
    data.push_back(words[i].data());
    lengths.push_back(words[i].size());
  }
  const Args args(count, data.data(), lengths.data());
  const std::size_t before = bytes_.size();
  bytes_.resize(before + encoded_size(args));
  encode(args, bytes_.data() + before);
  ++count_;
}

NodeBatch::Answer NodeBatch::send(const Context& context, ConnectionLease& lease, bool pinned,
                                  Deadline deadline, const std::function<bool()>& still_wanted) {
  add({"EXEC"});
  RequestPtr request = new_batch(count_);
  request->pinned = pinned;
  TimePoint now = Clock::now();
  auto turn = lease->submit(*request, bytes_.size(), now, deadline,
                            [&](char* to) { std::memcpy(to, bytes_.data(), bytes_.size()); });
  while (!wait_until(*lease, *request, turn, deadline.sooner(now + kPatience))) {
    turn = {};
    now = Clock::now();
    if (deadline.passed(now) || context.stop.stopped()) break;
    // Ends with the wait of whoever asks for the map, or at once where it is known.
    (void)context.topology.wait(context.topology.request_refresh(), deadline.sooner(now + kPatience));
    now = Clock::now();
    if (!request->done() && !still_wanted()) {
      lease->reconnect();  // the reply that is due is nobody's
      return {.kind = Answer::kUnwanted};
    }
  }
  if (!request->done()) finish(*lease, request, {}, deadline);
  return read(std::move(request), *lease);
}

NodeBatch::Answer NodeBatch::read(RequestPtr request, Connection& connection) const {
  Answer answer;
  if (request->failure != nullptr) {
    answer.failure = std::move(request->failure);
    return answer;
  }
  Reply* const replies = request->arena->root().elements;
  const Reply& multi = replies[0];
  const std::size_t commands = count_ - 2;
  const Reply& exec = replies[count_ - 1];
  answer.request = std::move(request);
  answer.kind = Answer::kResults;
  const bool executed = multi.is_status("OK") && exec.is_aggregate() && exec.length == commands;
  answer.results = executed ? exec.elements : replies + 1;
  for (std::size_t i = 0; i < commands; ++i) {
    if (!answer.results[i].is_error()) continue;
    answer.kind = Answer::kError;
    answer.error = answer.results[i].error;
    answer.command = static_cast<int>(i);
    break;
  }
  if (executed || runs_without(multi)) return answer;
  connection.reconnect();  // who knows whether it is in a transaction still
  answer.kind = Answer::kError;
  const Reply& told = multi.is_error() ? multi : exec;
  if (answer.error != nullptr && !multi.is_error())
    return answer;  // EXEC says only that something was refused
  answer.command = -1;
  answer.error = told.is_error() ? told.error : nullptr;
  if (answer.error != nullptr) return answer;
  answer.kind = Answer::kFailed;
  answer.failure = make_error(Code::kProtocol, Outcome::kRefused, "the answer to EXEC makes no sense");
  return answer;
}

}  // namespace rediscluster
