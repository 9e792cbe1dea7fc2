#include "connection/session_setup.h"

#include <array>

#include "base/text.h"
#include "resp/encode.h"
#include "resp/server_answer.h"
#include "sync/random.h"

namespace rediscluster {
namespace {

constexpr std::string_view kLibraryVersion = REDISCLUSTER_VERSION;
constexpr std::size_t kMaxWords = 8;
constexpr std::string_view kTlsAdvice =
    "check that a Redis node listens there, and whether the port is for TLS (rc_options_set_tls)";

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

// Says who asks, to those who look at what their servers are asked.
std::string random_word() {
  std::string word = "rediscluster-";
  std::uint64_t bits = random_bits();
  for (int i = 0; i < 16; ++i, bits >>= 4) word += "0123456789abcdef"[bits & 15];
  return word;
}

// The protocol that the answer to HELLO names; 0: none.
std::int64_t protocol_of(const Reply& reply) {
  for (std::size_t i = 0; i + 1 < reply.length; i += 2) {
    if (reply.elements[i].string() == "proto") return reply.elements[i + 1].integer;
  }
  return 0;
}

}  // namespace

SessionSetup::SessionSetup(const Address& node, const ConnectionSettings& settings,
                           const Credentials& credentials, std::shared_ptr<const Members> members)
    : node_(node),
      credentials_(credentials),
      members_(std::move(members)),
      parser_(settings.protocol == 3 ? Protocol::kResp3 : Protocol::kResp2) {
  bytes_.text().reserve(room_for(settings, credentials));
  const std::string_view password = credentials.password.view();
  const std::string_view user = credentials.username;
  const bool nobody = user.empty() && password.empty();  // a user may have no password
  if (settings.protocol == 3) {
    if (nobody) {
      ask(SetupStep::kHello, {"HELLO", "3"});
    } else {
      ask(SetupStep::kHello, {"HELLO", "3", "AUTH", user.empty() ? "default" : user, password});
    }
  } else if (!user.empty()) {
    ask(SetupStep::kAuth, {"AUTH", user, password});
  } else if (!nobody) {
    ask(SetupStep::kAuth, {"AUTH", password});
  }
  if (settings.database != 0) ask(SetupStep::kDatabase, {"SELECT", text(settings.database)});
  if (settings.read_only) ask(SetupStep::kReadOnly, {"READONLY"});
  if (!settings.name.empty()) ask(SetupStep::kOptional, {"CLIENT", "SETNAME", settings.name});
  if (!settings.library.empty()) {
    ask(SetupStep::kOptional, {"CLIENT", "SETINFO", "LIB-NAME", settings.library});
    ask(SetupStep::kOptional, {"CLIENT", "SETINFO", "LIB-VER", kLibraryVersion});
  }
  const Member* const member = members_ == nullptr ? nullptr : members_->at(node);
  if (member != nullptr && !member->id.empty()) ask(SetupStep::kId, {"CLUSTER", "MYID"});
  proof_ = random_word();
  ask(SetupStep::kPing, {"PING", proof_});
}

void SessionSetup::ask(SetupStep what, std::initializer_list<std::string_view> words) {
  std::array<const char*, kMaxWords> data{};
  std::array<std::size_t, kMaxWords> lengths{};
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

Status SessionSetup::no_redis(std::string_view what) const {
  return make_error(Code::kProtocol, Outcome::kNotSent, text(to_string(node_), " ", what, ": ", kTlsAdvice));
}

Status SessionSetup::take(const char* data, std::size_t size) {
  if (!begun() && *data != '-') return no_redis("spoke before it was asked");
  parser_.feed(data, size);
  while (!done() && parser_.has_bytes()) {
    const Parsed parsed = parser_.next({&reply_, nullptr});
    if (parsed == Parsed::kIncomplete) return {};
    if (parsed == Parsed::kPush) continue;
    if (parsed == Parsed::kFailed || parsed == Parsed::kRefused) {
      if (parser_.out_of_memory()) return no_memory_error();
      return no_redis(text("answered the handshake with something that is not RESP (",
                           parsed == Parsed::kFailed ? parser_.failure() : parser_.refused(), ")"));
    }
    if (suspected_ != nullptr) return std::move(suspected_);  // it has not hung up
    if (auto status = check(asked_[answered_], reply_->root()); !status.ok()) return status;
    if (suspected_ == nullptr) ++answered_;
  }
  if (done() && parser_.has_bytes()) return no_redis("answered more than it was asked in the handshake");
  return {};
}

ErrorPtr SessionSetup::is_a_stranger(std::string_view what) const {
  return make_error(Code::kConnect, Outcome::kNotSent,
                    text("at ", to_string(node_), " there is another node now (", what,
                         "): nothing is sent to it until a node of the cluster tells of it"));
}

// The address may have gone to a node of another cluster, which would take what is meant for this one. One
// that does not tell its id is believed; and one of the same cluster redirects what is not its own. Who may
// not ask for it may ask for the layout at least, as every user of a cluster has to.
Status SessionSetup::check_id(const Reply& reply) {
  constexpr std::size_t kIdSize = 40;
  const auto id = reply.string();
  if (reply.is_error() && error_word(id) == "NOPERM") {
    ask(SetupStep::kView, {"CLUSTER", "SLOTS"});
    return {};
  }
  const bool told = !reply.is_error() && id.size() == kIdSize &&
                    id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!told || members_->has(id)) return {};
  return is_a_stranger(text("its id is ", id, ", not ", members_->at(node_)->id));
}

Status SessionSetup::check(SetupStep what, const Reply& reply) {
  if (what == SetupStep::kId) return check_id(reply);
  if (what == SetupStep::kView) {
    const bool strange = reply.type == ReplyType::kArray && reply.length > 0 && !names_any(reply, *members_);
    return strange ? Status(is_a_stranger("it knows no node of the cluster")) : Status();
  }
  if (reply.is_error()) return check_refusal(what, reply.string());
  last_words_.clear();
  if (what == SetupStep::kPing || what == SetupStep::kUnknownCommand) return check_proof(what, reply);
  if (what == SetupStep::kHello) return check_hello(reply);
  if (reply.type == ReplyType::kStatus && reply.string() == "OK") return {};
  return no_redis("answered the handshake with something that no Redis node answers");
}

Status SessionSetup::check_hello(const Reply& reply) const {
  if (reply.type != ReplyType::kMap && reply.type != ReplyType::kArray)
    return no_redis("answered HELLO with something that no Redis node answers");
  const std::int64_t protocol = protocol_of(reply);
  if (protocol == 3 || (protocol == 0 && reply.type == ReplyType::kMap)) return {};
  return make_error(Code::kUnsupported, Outcome::kNotSent,
                    text(to_string(node_), " does not speak RESP3: it answered HELLO 3 with protocol ",
                         protocol, ": rc_options_set_protocol 2 suits it"));
}

Status SessionSetup::check_refusal(SetupStep what, std::string_view said) {
  last_words_ = without_password(said);
  const std::string_view line = last_words_;
  if (!begun()) return hung_up();
  if (what == SetupStep::kOptional && !turns_away(line)) return {};
  if (what == SetupStep::kUnknownCommand && line.find(proof_) != std::string_view::npos) return {};
  if (what == SetupStep::kPing) {
    // It may have another name there, or the user may not run it, or the node is loading, busy with a script
    // or a replica without its primary. An unknown command is answered before any of that is looked at.
    // Who has not logged in, and would have to, is told so in answer to his command.
    if (error_word(line) != "DENIED" && line.find("max number of clients") == std::string_view::npos) {
      if (unsent().empty()) {
        bytes_.wipe();
        sent_ = 0;
      }
      proof_ = random_word();
      ask(SetupStep::kUnknownCommand, {proof_});
      return {};
    }
  }
  auto refused = refusal(what, line, node_);
  if (is_about(what, line)) return refused;
  suspected_ = std::move(refused);
  return {};
}

Status SessionSetup::check_proof(SetupStep what, const Reply& reply) {
  if (what == SetupStep::kPing && reply.type == ReplyType::kString && reply.string() == proof_) return {};
  return no_redis(
      "answered PING with something that was not asked for, so that replies cannot be told apart");
}

ErrorPtr SessionSetup::hung_up() const {
  if (last_words_.empty()) return nullptr;
  return make_error(
      Code::kConnect, Outcome::kNotSent,
      text("cannot connect to ", to_string(node_), ": it closes the connection, saying: ", last_words_),
      error_word(last_words_));
}

// A peer may say what it was told.
std::string SessionSetup::without_password(std::string_view line) const {
  const std::string_view password = credentials_.password.view();
  std::string shown;
  for (auto at = line.find(password); !password.empty() && at != std::string_view::npos;
       at = line.find(password)) {
    append_text(shown, text(line.substr(0, at), "***"));
    line.remove_prefix(at + password.size());
  }
  append_text(shown, line);
  return shown;
}

}  // namespace rediscluster
