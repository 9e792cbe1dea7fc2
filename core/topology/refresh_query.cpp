#include "topology/refresh_query.h"

#include "base/text.h"
#include "resp/encode.h"
#include "resp/server_answer.h"

namespace rediscluster {
namespace {

constexpr Duration kGiveUpAfter = std::chrono::seconds(5);

ErrorPtr explain_answer(const Reply& reply, const Node& node) {
  const auto line = reply.string();
  const auto word = error_word(line);
  if (reply.error->code != Code::kServer) {  // it went past a limit
    return make_error(reply.error->code, Outcome::kExecuted,
                      text(node.name(), " answered CLUSTER SLOTS ", line));
  }
  if (word == "NOAUTH" || word == "WRONGPASS") {
    return make_error(
        Code::kAuth, Outcome::kRefused,
        text(node.name(), " asks for a password: ", line, ": set it with rc_options_set_password"), word);
  }
  if (word == "NOPERM") {
    return make_error(Code::kAuth, Outcome::kRefused,
                      text(node.name(), " does not let the user run CLUSTER SLOTS, which tells the layout: ",
                           line, ": allow it (ACL SETUSER ... +cluster|slots)"),
                      word);
  }
  if (line.find("cluster support disabled") != std::string_view::npos) {
    return make_error(Code::kServer, Outcome::kRefused,
                      text(node.name(), " is not in cluster mode (it answered ", line,
                           "): give nodes of a cluster, or set cluster-enabled yes in its configuration"),
                      word);
  }
  const Code code = asks_to_wait(classify(line)) ? Code::kClusterDown : Code::kServer;
  return make_error(code, Outcome::kRefused, text(node.name(), " answered CLUSTER SLOTS with ", line), word);
}

}  // namespace

RefreshQuery::RefreshQuery(Node& node, TimePoint now, std::uint64_t requests)
    : connection_(node),
      request_(new_request()),
      requests_(requests),
      asked_at_(now),
      reused_(connection_->connected()) {
  static constexpr const char* kWords[] = {"CLUSTER", "SLOTS"};
  static constexpr std::size_t kLengths[] = {7, 5};
  const Args args(2, kWords, kLengths);
  connection_->accept_any_node(true);  // what is asked for is who is there
  connection_->submit(
      *request_, encoded_size(args), now, Deadline(now + kGiveUpAfter), [&](char* to) { encode(args, to); },
      false);
  sent_at_ = Clock::now();
}

bool RefreshQuery::overdue(TimePoint now) const noexcept { return now - sent_at_ >= kGiveUpAfter; }

bool RefreshQuery::was_sent() const noexcept {
  return request_->failure == nullptr || request_->failure->outcome != Outcome::kNotSent;
}

bool RefreshQuery::was_logged_out() const noexcept {
  if (request_->failure != nullptr || !reused_) return false;
  const Reply& reply = request_->arena->root();
  return reply.is_error() && classify(reply.string()) == Answer::kLoggedOut;
}

Result<ClusterView> RefreshQuery::take_view() {
  if (request_->failure != nullptr) return std::move(request_->failure);
  const Reply& reply = request_->arena->root();
  if (reply.is_error()) return explain_answer(reply, node());
  return parse_cluster_slots(reply, node().address());
}

}  // namespace rediscluster
