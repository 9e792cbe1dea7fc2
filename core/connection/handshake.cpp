#include "connection/handshake.h"

#include <array>

#include "base/text.h"
#include "resp/encode.h"
#include "resp/server_answer.h"

namespace rediscluster {
namespace {

constexpr std::string_view kLibraryVersion = REDISCLUSTER_VERSION;
constexpr std::size_t kMostWords = 8;

std::size_t room_for(const ConnectionSettings& settings, const Credentials& credentials) {
  constexpr std::size_t kAllElse = 512;
  return kAllElse + credentials.username.size() + credentials.password.view().size() + settings.name.size() +
         settings.library.size();
}

// A view has the ids of nodes somewhere.
bool names_any(const Reply& reply, const Members& members) {
  if (reply.type != ReplyType::kArray) return members.has(reply.string());
  for (std::size_t i = 0; i < reply.length; ++i) {
    if (names_any(reply.elements[i], members)) return true;
  }
  return false;
}

}  // namespace

Handshake::Handshake(const Address& node, const ConnectionSettings& settings, const Credentials& credentials,
                     bool must_answer, std::shared_ptr<const Members> members)
    : node_(node),
      members_(std::move(members)),
      parser_(settings.protocol == 3 ? Protocol::kResp3 : Protocol::kResp2) {
  bytes_.text().reserve(room_for(settings, credentials));
  const std::string_view password = credentials.password.view();
  const std::string_view user = credentials.username;
  const bool nobody = user.empty() && password.empty();  // a user may have no password
  if (settings.protocol == 3) {
    const std::string_view somebody = user.empty() ? "default" : user;
    nobody ? ask(Asked::kHello, {"HELLO", "3"})
           : ask(Asked::kHello, {"HELLO", "3", "AUTH", somebody, password});
  } else if (!nobody) {
    user.empty() ? ask(Asked::kAuth, {"AUTH", password}) : ask(Asked::kAuth, {"AUTH", user, password});
  }
  if (settings.read_only) ask(Asked::kReadOnly, {"READONLY"});
  if (!settings.name.empty()) ask(Asked::kOptional, {"CLIENT", "SETNAME", settings.name});
  if (!settings.library.empty()) {
    ask(Asked::kOptional, {"CLIENT", "SETINFO", "LIB-NAME", settings.library});
    ask(Asked::kOptional, {"CLIENT", "SETINFO", "LIB-VER", kLibraryVersion});
  }
  const Member* const member = members_ == nullptr ? nullptr : members_->at(node);
  if (member != nullptr && !member->id.empty()) ask(Asked::kId, {"CLUSTER", "MYID"});
  if (must_answer && asked_.empty()) ask(Asked::kOptional, {"PING"});
}

void Handshake::ask(Asked what, std::initializer_list<std::string_view> words) {
  std::array<const char*, kMostWords> data{};
  std::array<std::size_t, kMostWords> lengths{};
  std::size_t count = 0;
  for (const auto word : words) {
    data[count] = word.data();
    lengths[count++] = word.size();
  }
  const Args args(count, data.data(), lengths.data());
  std::string& out = bytes_.text();
  const auto at = out.size();
  out.resize(at + encoded_size(args));
  encode(args, out.data() + at);
  asked_.push_back(what);
}

Status Handshake::take(const char* data, std::size_t size) {
  parser_.feed(data, size);
  while (!done() && parser_.has_bytes()) {
    const Parsed parsed = parser_.next({&reply_, nullptr});
    if (parsed == Parsed::kIncomplete) return {};
    if (parsed == Parsed::kPush) continue;
    if (parsed == Parsed::kFailed) {
      if (parser_.out_of_memory()) return no_memory_error();
      return make_error(Code::kProtocol, Outcome::kNotSent,
                        text(to_string(node_), " answered the handshake with something that is not RESP (",
                             parser_.failure(),
                             "): check that a Redis node listens there, and whether the port is for TLS "
                             "(rc_options_set_tls)"));
    }
    if (auto status = check(asked_[answered_], reply_->root()); !status.ok()) return status;
    ++answered_;
  }
  return {};
}

ErrorPtr Handshake::is_a_stranger(std::string_view what) const {
  return make_error(Code::kConnect, Outcome::kNotSent,
                    text("at ", to_string(node_), " there is another node now (", what,
                         "): nothing is sent to it until a node of the cluster tells of it"));
}

// The address may have gone to a node of another cluster, which would take what is meant for this one. One
// that does not tell its id is believed; and one of the same cluster redirects what is not its own. Who may
// not ask for it may ask for the layout at least, as every user of a cluster has to.
Status Handshake::check_id(const Reply& reply) {
  constexpr std::size_t kIdSize = 40;
  const auto id = reply.string();
  if (reply.is_error() && error_word(id) == "NOPERM") {
    ask(Asked::kView, {"CLUSTER", "SLOTS"});
    return {};
  }
  const bool told = !reply.is_error() && id.size() == kIdSize &&
                    id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!told || members_->has(id)) return {};
  return is_a_stranger(text("its id is ", id, ", not ", members_->at(node_)->id));
}

Status Handshake::check(Asked what, const Reply& reply) {
  if (what == Asked::kId) return check_id(reply);
  if (what == Asked::kView) {
    const bool strange = reply.type == ReplyType::kArray && reply.length > 0 && !names_any(reply, *members_);
    return strange ? Status(is_a_stranger("it knows no node of the cluster")) : Status();
  }
  if (!reply.is_error() || what == Asked::kOptional) return {};
  const auto line = reply.string();
  const auto word = error_word(line);
  if (asks_to_wait(classify(line)) || line.find("max number of clients") != std::string_view::npos) {
    return make_error(Code::kConnect, Outcome::kNotSent, text(to_string(node_), ": ", line), word);
  }
  if (what == Asked::kReadOnly) {
    return make_error(Code::kAuth, Outcome::kNotSent,
                      text(to_string(node_), " refused READONLY, which reading from replicas needs: ", line,
                           ": allow it to the user (ACL SETUSER ... +readonly)"),
                      word);
  }
  if (what == Asked::kHello &&
      (word == "NOPROTO" || line.find("unknown command") != std::string_view::npos)) {
    return make_error(
        Code::kUnsupported, Outcome::kNotSent,
        text(to_string(node_), " does not speak RESP3: ", line, ": rc_options_set_protocol 2 suits it"),
        word);
  }
  return make_error(
      Code::kAuth, Outcome::kNotSent,
      text(to_string(node_), word == "NOAUTH" ? " asks for a password: " : " refused the password: ", line,
           ": check the user name and the password in the options"),
      word);
}

}  // namespace rediscluster
