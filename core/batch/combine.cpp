#include "batch/combine.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "sync/random.h"

namespace rediscluster {
namespace {

bool is_number(const Reply& reply) noexcept {
  return reply.type == ReplyType::kInteger || reply.type == ReplyType::kBool;
}

bool is_text(const Reply& reply) noexcept {
  return reply.type == ReplyType::kString || reply.type == ReplyType::kVerbatim ||
         reply.type == ReplyType::kStatus;
}

class Combination {
 public:
  Combination(Fold fold, const Combined& parts, Arena& arena, Reply& made, std::size_t max_elements)
      : fold_(fold), parts_(parts), arena_(arena), made_(made), max_elements_(max_elements) {}

  Status make() {
    switch (fold_) {
      case Fold::kFirst:
      case Fold::kOneSucceeded:
      case Fold::kByNode:
        made_ = first();
        return {};
      case Fold::kByKey:
        return by_key();
      case Fold::kJoin:
      case Fold::kUnion:
        return join();
      case Fold::kSum:
      case Fold::kMin:
      case Fold::kMax:
      case Fold::kAnd:
      case Fold::kOr:
        return numbers();
      case Fold::kSumByName:
        return sum_by_name();
      case Fold::kWeighed:
        return weighed();
    }
    return {};
  }

 private:
  const Reply& first() const noexcept { return *parts_.replies.front(); }
  const Reply& reply(std::size_t i) const noexcept { return *parts_.replies[i]; }
  std::size_t size() const noexcept { return parts_.replies.size(); }

  template <class... Words>
  Status unlike(std::size_t i, const Words&... words) const {
    return make_error(Code::kProtocol, Outcome::kExecuted,
                      text(parts_.nodes[i], " answered with ", words...));
  }
  Status too_many(std::size_t count) const {
    return make_error(
        Code::kUnsupported, Outcome::kExecuted,
        text("the nodes answered with ", count, " elements together, and one reply has at most ",
             max_elements_, ": ask for less, or scan (rc_scan_new)"));
  }
  Reply* make_array(std::size_t count) {
    if (!arena_.make_array(made_, count)) throw std::bad_alloc();
    return made_.elements;
  }

  Status by_key() {
    for (std::size_t i = 0; i < size(); ++i) {
      if (!reply(i).is_aggregate() || reply(i).length != parts_.places[i].size()) {
        return unlike(i, reply(i).is_aggregate() ? reply(i).length : 1, " elements for ",
                      parts_.places[i].size(), " keys");
      }
    }
    Reply* const all = make_array(parts_.count);
    for (std::size_t i = 0; i < size(); ++i) {
      const Reply* from = reply(i).elements;
      for (const std::uint32_t place : parts_.places[i]) all[place] = *from++;
    }
    return {};
  }

  Status join() {
    const auto all = [this](auto&& is) {
      return std::all_of(parts_.replies.begin(), parts_.replies.end(), is);
    };
    if (all([](const Reply* each) { return each->is_aggregate(); })) return join_arrays();
    if (all([](const Reply* each) { return each->type == ReplyType::kNil; })) {
      made_ = first();
      return {};
    }
    if (all([](const Reply* each) { return is_text(*each); })) return join_texts();
    if (size() > max_elements_) return too_many(size());
    Reply* to = make_array(size());
    for (const Reply* each : parts_.replies) *to++ = *each;
    return {};
  }

  Status join_arrays() {
    std::size_t count = 0;
    for (const Reply* each : parts_.replies) count += each->length;
    if (count > max_elements_) return too_many(count);
    Reply* to = make_array(count);
    made_.type = first().type;
    std::unordered_set<std::string_view> there;
    for (const Reply* each : parts_.replies) {
      for (std::size_t i = 0; i < each->length; ++i) {
        const Reply& element = each->elements[i];
        if (fold_ == Fold::kUnion && is_text(element) && !there.insert(element.string()).second) continue;
        *to++ = element;
      }
    }
    made_.length = static_cast<std::size_t>(to - made_.elements);
    return {};
  }

  Status join_texts() {
    const auto same = [this](const Reply* each) { return each->string() == first().string(); };
    if (first().type == ReplyType::kStatus &&
        std::all_of(parts_.replies.begin(), parts_.replies.end(), same)) {
      made_ = first();
      return {};
    }
    std::size_t length = 0;
    for (const Reply* each : parts_.replies) length += each->length;
    auto* to = static_cast<char*>(arena_.allocate(length + 1));
    if (to == nullptr) throw std::bad_alloc();
    made_.type = first().type;
    made_.text = to;
    made_.length = length;
    for (const Reply* each : parts_.replies) {
      std::memcpy(to, each->text, each->length);
      to += each->length;
    }
    *to = '\0';
    return {};
  }

  Status numbers() {
    if (is_number(first())) {
      made_ = first();
      for (std::size_t i = 0; i < size(); ++i) {
        if (auto status = add(i, reply(i), made_); !status.ok()) return status;
      }
      return {};
    }
    if (!first().is_aggregate()) return unlike(0, "what is neither an integer nor an array");
    const std::size_t length = first().length;
    for (std::size_t i = 1; i < size(); ++i) {
      if (!reply(i).is_aggregate()) return unlike(i, "no array, and ", parts_.nodes[0], " with one");
      if (reply(i).length != length) {
        return unlike(i, reply(i).length, " elements, and ", parts_.nodes[0], " with ", length,
                      ": they cannot be combined");
      }
    }
    Reply* const to = make_array(length);
    for (std::size_t k = 0; k < length; ++k) {
      to[k] = first().elements[k];
      for (std::size_t i = 0; i < size(); ++i) {
        if (auto status = add(i, reply(i).elements[k], to[k]); !status.ok()) return status;
      }
    }
    return {};
  }

  // Of the i-th node; the sum begins with that of the first.
  Status add(std::size_t i, const Reply& number, Reply& sum) const {
    if (!is_number(number)) return unlike(i, "what is not an integer");
    const std::int64_t value = number.integer;
    switch (fold_) {
      case Fold::kMin:
        sum.integer = std::min(sum.integer, value);
        return {};
      case Fold::kMax:
        sum.integer = std::max(sum.integer, value);
        return {};
      case Fold::kAnd:
        sum.integer = i == 0 ? value != 0 : sum.integer != 0 && value != 0;
        return {};
      case Fold::kOr:
        sum.integer = i == 0 ? value != 0 : sum.integer != 0 || value != 0;
        return {};
      default:
        break;
    }
    if (i == 0) return {};
    if (!__builtin_add_overflow(sum.integer, value, &sum.integer)) return {};
    return make_error(Code::kProtocol, Outcome::kExecuted,
                      text("the sum of what the nodes answered is no 64-bit integer, at the latest with ",
                           parts_.nodes[i]));
  }

  Status sum_by_name() {
    std::unordered_map<std::string_view, std::size_t> places;
    std::size_t most = 0;
    for (const Reply* each : parts_.replies) most += each->is_aggregate() ? each->length : 0;
    if (most > max_elements_) return too_many(most);
    Reply* const all = make_array(most);
    made_.type = first().is_aggregate() ? first().type : ReplyType::kArray;
    std::size_t count = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      if (!reply(i).is_aggregate() || reply(i).length % 2 != 0)
        return unlike(i, "no list of names and numbers");
      for (std::size_t k = 0; k < reply(i).length; k += 2) {
        const Reply& name = reply(i).elements[k];
        const Reply& number = reply(i).elements[k + 1];
        if (!is_text(name) || !is_number(number)) return unlike(i, "no list of names and numbers");
        std::size_t place = k;  // all tell of the same names in the same order, and of some perhaps twice
        if (i == 0 || k >= count || all[k].string() != name.string()) {
          const auto [known, fresh] = places.try_emplace(name.string(), count);
          place = known->second;
          if (fresh || i == 0) {
            all[count] = name;
            all[count + 1] = number;
            count += 2;
            continue;
          }
        }
        std::int64_t& sum = all[place + 1].integer;
        if (__builtin_add_overflow(sum, number.integer, &sum))
          return unlike(i, "a number with which the sum is no 64-bit integer");
      }
    }
    made_.length = count;
    return {};
  }

  // Of pairs: how many there are, and one of them.
  Status weighed() {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i + 1 < size(); i += 2) {
      if (reply(i).type != ReplyType::kInteger || reply(i).integer < 0) return unlike(i, "no number of keys");
      if (reply(i + 1).type != ReplyType::kNil) sum += weight(i);
    }
    made_ = reply(1);
    if (sum == 0) return {};
    std::uint64_t left = (std::uint64_t{random_below(UINT32_MAX)} << 32 | random_below(UINT32_MAX)) % sum;
    for (std::size_t i = 0; i + 1 < size(); i += 2) {
      if (reply(i + 1).type == ReplyType::kNil) continue;
      made_ = reply(i + 1);
      if (left < weight(i)) break;
      left -= weight(i);
    }
    return {};
  }
  // A key was there, whatever the number said a moment before.
  std::uint64_t weight(std::size_t i) const noexcept {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
    return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(reply(i).integer), 1, kMost);
  }

  const Fold fold_;
  const Combined& parts_;
  Arena& arena_;
  Reply& made_;
  const std::size_t max_elements_;
};

}  // namespace

Status combine(Fold fold, const Combined& parts, Arena& arena, Reply& made, std::size_t max_elements) {
  return Combination(fold, parts, arena, made, max_elements).make();
}

}  // namespace rediscluster
