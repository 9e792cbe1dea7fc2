#include "resp/reply_parser.h"

#include <unistd.h>

#include <cstring>
#include <fstream>

#include "unit/resp/parsed.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static std::string text_of(std::string_view bytes) { return shown(*parsed(bytes)); }

static void every_type_is_understood(void**) {
  assert_text(text_of("+OK\r\n"), "+OK");
  assert_text(text_of("+\r\n"), "+");
  assert_text(text_of("$5\r\nhello\r\n"), "$hello");
  assert_text(text_of("$0\r\n\r\n"), "$");
  assert_text(text_of("$-1\r\n"), "nil");
  assert_text(text_of(":0\r\n"), ":0");
  assert_text(text_of(":9223372036854775807\r\n"), ":9223372036854775807");
  assert_text(text_of(":-9223372036854775808\r\n"), ":-9223372036854775808");
  assert_text(text_of("*0\r\n"), "[]");
  assert_text(text_of("*-1\r\n"), "nil");
  assert_text(text_of("*2\r\n:1\r\n$-1\r\n"), "[:1 nil]");
  assert_text(text_of("-ERR no\r\n"), "-ERR no");
}

static void bytes_of_any_value_come_through(void**) {
  const ReplyPtr reply = parsed(std::string_view("$6\r\n\0\r\n$-\xff\r\n", 12));
  assert_int_equal(reply->string().size(), 6);
  assert_memory_equal(reply->text, "\0\r\n$-\xff", 7);  // and one NUL more
}

static void an_error_line_becomes_an_error(void**) {
  const ReplyPtr reply = parsed("-WRONGTYPE Operation against a list\r\n");
  assert_true(reply->is_error());
  assert_failure(*reply->error, Code::kServer, Outcome::kExecuted, "WRONGTYPE Operation against a list");
  assert_string_equal(reply->error->server_code, "WRONGTYPE");
  const ReplyPtr unknown = parsed("-ERR unknown command 'X', with args beginning with: 'secret'\r\n");
  assert_failure(*unknown->error, Code::kServer, Outcome::kRefused, "ERR unknown command 'X'");
  assert_null(std::strstr(unknown->error->message, "secret"));
}

static void an_error_line_ends_at_a_nul_for_everybody(void**) {
  const ReplyPtr reply = parsed(std::string_view("-ASK\0 1 h:7\r\n", 14));
  assert_text(reply->string(), "ASK");
  assert_failure(*reply->error, Code::kServer, Outcome::kRefused, "ASK");
}

static void nested_arrays_keep_their_shape(void**) {
  const ReplyPtr reply = parsed("*3\r\n*2\r\n:1\r\n*1\r\n+a\r\n$1\r\nb\r\n*2\r\n*0\r\n-ERR c\r\n");
  assert_text(shown(*reply), "[[:1 [+a]] $b [[] -ERR c]]");
  assert_int_equal(reply->depth, 0);
  assert_int_equal(reply->elements[0].elements[1].elements[0].depth, 3);
  assert_true(reply->is_root);
  assert_false(reply->elements[0].is_root);
}

static std::string numbers(int count) {
  std::string bytes = "*" + std::to_string(count) + "\r\n";
  for (int i = 0; i < count; ++i) bytes += ":" + std::to_string(i) + "\r\n";
  return bytes;
}

static void arrays_grow_as_far_as_their_elements_come(void**) {
  for (const int count : {1023, 1024, 1025, 2048, 2049, 10000}) {
    const ReplyPtr reply = parsed("*2\r\n" + numbers(count) + "+after\r\n");
    assert_int_equal(reply->elements[0].length, count);
    for (int i = 0; i < count; ++i) assert_int_equal(reply->elements[0].elements[i].integer, i);
    assert_text(reply->elements[1].string(), "after");
  }
}

static void arrays_inside_one_that_grows_stay_whole(void**) {
  std::string bytes = "*3000\r\n";
  for (int i = 0; i < 3000; ++i) bytes += "*2\r\n:" + std::to_string(i) + "\r\n$1\r\nx\r\n";
  const ReplyPtr reply = parsed(bytes);
  for (int i = 0; i < 3000; ++i) {
    const Reply& element = reply->elements[i];
    assert_int_equal(element.elements[0].integer, i);
    assert_text(element.elements[1].string(), "x");
  }
}

// One of each kind, one after another.
static constexpr std::string_view kStream =
    "+OK\r\n$5\r\nhello\r\n:-12\r\n$-1\r\n*-1\r\n*0\r\n-ERR no such thing\r\n"
    "*4\r\n*2\r\n$0\r\n\r\n:1\r\n$-1\r\n-WRONGTYPE x\r\n*1\r\n*1\r\n+deep\r\n$3\r\n\r\n\r\r\n";
static const char* const kStreamShown =
    "+OK $hello :-12 nil nil [] -ERR no such thing [[$ :1] nil -WRONGTYPE x [[+deep]]] $\r\n\r ";

static void take_all(ReplyParser& parser, ArenaPtr& arena, std::string& all) {
  while (parser.has_bytes()) {
    const Parsed result = parser.next({&arena, nullptr});
    assert_enum(result == Parsed::kFailed, false);
    if (result == Parsed::kIncomplete) return;
    all += shown(arena->root()) + " ";
  }
}

static void replies_may_come_byte_by_byte(void**) {
  ReplyParser parser;
  ArenaPtr arena;
  std::string all;
  for (const char byte : kStream) {
    parser.feed(&byte, 1);
    take_all(parser, arena, all);
  }
  assert_text(all, kStreamShown);
  assert_false(parser.has_bytes());
}

static void replies_may_be_split_anywhere(void**) {
  for (std::size_t first = 0; first <= kStream.size(); ++first) {
    for (std::size_t second = first; second <= kStream.size(); ++second) {
      ReplyParser parser;
      ArenaPtr arena;
      std::string all;
      for (const auto part :
           {kStream.substr(0, first), kStream.substr(first, second - first), kStream.substr(second)}) {
        parser.feed(part.data(), part.size());
        take_all(parser, arena, all);
      }
      if (all != kStreamShown) fail_msg("split at %zu and %zu: %s", first, second, all.c_str());
    }
  }
}

static void replies_nobody_waits_for_are_read_past(void**) {
  for (std::size_t split = 0; split <= kStream.size(); ++split) {
    ReplyParser parser;
    const std::string bytes = std::string(kStream) + numbers(3000) + "+mine\r\n";
    parser.feed(bytes.data(), split);
    int dropped = 0;
    while (parser.next({}) == Parsed::kReply) ++dropped;
    parser.feed(bytes.data() + split, bytes.size() - split);
    while (dropped < 10) {
      assert_enum(parser.next({}), Parsed::kReply);
      ++dropped;
    }
    ArenaPtr arena;
    assert_enum(parser.next({&arena, nullptr}), Parsed::kReply);
    assert_text(arena->root().string(), "mine");
  }
}

static void a_reply_goes_on_where_it_began_though_its_caller_has_left(void**) {
  ReplyParser parser;
  ArenaPtr arena;
  parser.feed("*2\r\n$1\r\na\r\n", 11);
  assert_enum(parser.next({&arena, nullptr}), Parsed::kIncomplete);
  parser.feed("$1\r\nb\r\n+next\r\n", 14);
  assert_enum(parser.next({}), Parsed::kReply);  // as a connection does for a tombstone
  assert_text(shown(arena->root()), "[$a $b]");
  ArenaPtr next;
  assert_enum(parser.next({&next, nullptr}), Parsed::kReply);
  assert_text(shown(next->root()), "+next");
}

static void replies_of_a_batch_become_elements_of_one_array(void**) {
  ReplyParser parser;
  ArenaPtr arena(Arena::create(0));
  assert_true(arena->make_array(arena->root(), 5));
  const std::string bytes = "+OK\r\n*2\r\n:1\r\n*1\r\n$1\r\nx\r\n-ERR no\r\n$-1\r\n" + numbers(1500);
  std::size_t at = 0;
  for (std::size_t i = 0; i < 5;) {
    const Parsed result = parser.next({&arena, &arena->root().elements[i]});
    assert_true(result != Parsed::kFailed);
    if (result == Parsed::kReply) {
      ++i;
    } else {
      parser.feed(&bytes[at++], 1);
    }
  }
  const Reply& root = arena->root();
  assert_int_equal(root.length, 5);
  assert_text(shown(root.elements[1]), "[:1 [$x]]");
  assert_text(shown(root.elements[2]), "-ERR no");
  assert_text(shown(root.elements[3]), "nil");
  assert_int_equal(root.elements[4].length, 1500);
  assert_int_equal(root.elements[4].elements[1499].integer, 1499);
  assert_false(root.elements[0].is_root);
}

static std::size_t address_space_kb() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  file >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

static void a_claimed_length_costs_no_memory(void**) {
  const std::size_t before = address_space_kb();
  for (const char* bytes :
       {"*2147483647\r\n", "*2147483647\r\n*2147483647\r\n*2147483647\r\n*2147483647\r\n:1\r\n",
        "*1000000000\r\n:1\r\n:2\r\n", "$536870911\r\nx"}) {
    ReplyParser parser;
    ArenaPtr arena;
    parser.feed(bytes, std::string_view(bytes).size());
    if (parser.next({&arena, nullptr}) != Parsed::kIncomplete)
      fail_msg("%s: the rest was not awaited", bytes);
    assert_in_range(address_space_kb(), 0, before + 100 * 1024);
  }
}

static void a_reply_that_was_not_finished_can_be_freed(void**) {
  ReplyParser parser;
  ArenaPtr arena;
  parser.feed("*3\r\n$1\r\na\r\n*2\r\n:1\r\n", 19);
  assert_enum(parser.next({&arena, nullptr}), Parsed::kIncomplete);
  arena.reset();
}

static std::string nested(int depth) {
  std::string bytes;
  for (int i = 0; i < depth; ++i) bytes += "*1\r\n";
  return bytes + ":1\r\n";
}

// A reply, then "+next", in pieces of that size. Whether the reply was refused; the other always comes.
static bool refuses(std::string_view bytes, std::size_t piece, const char*& why,
                    Protocol protocol = Protocol::kResp2, bool is_dropped = false) {
  ReplyParser parser(protocol);
  ArenaPtr arena;
  const Destination destination = is_dropped ? Destination() : Destination{&arena, nullptr};
  const std::string all = std::string(bytes) + "+next\r\n";
  Parsed first = Parsed::kIncomplete;
  for (std::size_t at = 0; at < all.size(); at += piece) {
    const auto part = std::string_view(all).substr(at, piece);
    parser.feed(part.data(), part.size());
    while (parser.has_bytes()) {
      const Parsed result = parser.next(destination);
      if (result == Parsed::kFailed) fail_msg("not RESP: %s", parser.failure().c_str());
      if (result == Parsed::kIncomplete) break;
      if (first == Parsed::kIncomplete) {
        first = result;
        why = result == Parsed::kRefused ? parser.refused() : "";
        assert_false(parser.out_of_memory());
        continue;
      }
      assert_enum(result, Parsed::kReply);
      if (!is_dropped) assert_text(shown(arena->root()), "+next");
      assert_int_equal(at + part.size() >= all.size(), 1);
      assert_false(parser.has_bytes());
      return first == Parsed::kRefused;
    }
  }
  fail_msg("the next reply was lost");
  return false;
}

static void nesting_is_kept_to_its_limit_and_read_past_beyond(void**) {
  const char* why = "";
  for (int depth = 1; depth < 300; ++depth) {
    const bool refused = refuses(nested(depth), ReplyParser::kFeed, why);
    if (refused != (depth > ReplyParser::kMaxDepth)) fail_msg("%d", depth);
    if (refused) assert_text(why, "arrays in arrays more than 256 deep");
  }
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
    assert_false(refuses(nested(ReplyParser::kMaxDepth), piece, why));
    assert_true(refuses(nested(ReplyParser::kMaxDepth + 1), piece, why));
  }
  assert_true(refuses(nested(1000000), ReplyParser::kFeed, why));
}

// Also where there is more beside it and around it.
static void what_is_around_a_reply_past_a_limit_is_read_past_too(void**) {
  const char* why = "";
  const std::string deep = nested(300);
  const std::string line(2 * ReplyParser::kMaxLine, 'x');
  for (const std::string& bytes :
       {"*3\r\n:1\r\n" + deep + "$1\r\na\r\n", "*2\r\n*2\r\n" + deep + "*0\r\n*-1\r\n",
        "*2\r\n*1\r\n" + deep + "*2\r\n" + deep + "-ERR x\r\n", "+" + line + "\r\n", "-ERR " + line + "\r\n",
        "*3\r\n:1\r\n+" + line + "\r\n$3\r\n\r\n*\r\n", "*1\r\n*1\r\n-" + line + "\r\n"}) {
    for (const std::size_t piece : {std::size_t{7}, std::size_t{1024}, ReplyParser::kFeed}) {
      for (const bool is_dropped : {false, true}) {
        assert_true(refuses(bytes, piece, why, Protocol::kResp2, is_dropped));
        assert_text(why, bytes.find("xxx") == std::string::npos ? "arrays in arrays more than 256 deep"
                                                                : "a line of more than 1 MiB");
      }
    }
  }
}

static void a_reply_in_a_batch_that_is_refused_is_only_that_element(void**) {
  ReplyParser parser;
  ArenaPtr arena(Arena::create(0));
  assert_true(arena->make_array(arena->root(), 3));
  const std::string bytes = "+a\r\n" + nested(300) + ":3\r\n";
  Parsed results[3] = {};
  std::size_t at = 0;
  for (std::size_t i = 0; i < 3;) {
    const Parsed result = parser.next({&arena, &arena->root().elements[i]});
    if (result == Parsed::kIncomplete) {
      parser.feed(&bytes[at++], 1);
    } else {
      results[i++] = result;
    }
  }
  assert_enum(results[0], Parsed::kReply);
  assert_enum(results[1], Parsed::kRefused);
  assert_enum(results[2], Parsed::kReply);
  assert_int_equal(arena->root().elements[2].integer, 3);
}

static void who_was_refused_is_told_before_all_of_it_has_come(void**) {
  for (const std::string begin :
       {"$4294967297\r\nabc", "*2147483648\r\n:1\r\n", "*1\r\n$9223372036854775807\r\n",
        "*9223372036854775807\r\n", "*4294967296\r\n*2147483648\r\n"}) {
    ReplyParser parser;
    ArenaPtr arena;
    parser.feed(begin.data(), begin.size());
    assert_enum(parser.next({&arena, nullptr}), Parsed::kRefused);
    assert_true(parser.passing_over());
    assert_non_null(parser.refused());
    arena.reset();
    ArenaPtr next;
    assert_enum(parser.next({&next, nullptr}), Parsed::kIncomplete);
    assert_null(next.get());
  }
}

// A header is judged when its line has ended, and a line by all of its bytes.
static void however_a_reply_is_cut_it_means_the_same(void**) {
  const auto line = [](char type, std::size_t size) { return type + std::string(size - 3, 'x') + "\r\n"; };
  const struct {
    std::string bytes;
    Parsed result;
  } cases[] = {
      {"$4294967297", Parsed::kIncomplete},
      {"$4294967297\r", Parsed::kIncomplete},
      {"*1\r\n*2147483648", Parsed::kIncomplete},
      {"$09990000000000000000000", Parsed::kFailed},
      {"$0999000000000000000000", Parsed::kIncomplete},
      {"$4294967297\r\n", Parsed::kRefused},
      {"*1\r\n*2147483648\r\n", Parsed::kRefused},
      {"$4294967297-\r\n", Parsed::kFailed},
      {"*2147483648\n", Parsed::kFailed},
      {"*99999999999999999999\r\n", Parsed::kFailed},
      {"$9223372036854775808\r\n", Parsed::kFailed},
      {line('-', ReplyParser::kMaxLine), Parsed::kReply},
      {line('-', ReplyParser::kMaxLine + 1), Parsed::kRefused},
      {"*1\r\n" + line('+', ReplyParser::kMaxLine), Parsed::kReply},
      {"*1\r\n" + line('+', ReplyParser::kMaxLine + 1), Parsed::kRefused},
  };
  for (const auto& it : cases) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1000}, ReplyParser::kFeed}) {
      ReplyParser parser;
      ArenaPtr arena;
      Parsed result = Parsed::kIncomplete;
      for (std::size_t at = 0; at < it.bytes.size() && result == Parsed::kIncomplete; at += piece) {
        parser.feed(&it.bytes[at], std::min(piece, it.bytes.size() - at));
        result = parser.next({&arena, nullptr});
      }
      if (result != it.result) {
        fail_msg("%.30s in pieces of %zu: %d, not %d", it.bytes.c_str(), piece, static_cast<int>(result),
                 static_cast<int>(it.result));
      }
    }
  }
}

static void garbage_is_refused(void**) {
  for (const std::string bytes : {"HTTP/1.1 400 Bad Request\r\n",
                                  "garbage\r\n",
                                  "\r\n",
                                  ":12x\r\n",
                                  ":\r\n",
                                  "$x\r\n",
                                  "$-2\r\n",
                                  "*-2\r\n",
                                  "$1\r\nab\r\n",
                                  "*1\r\n$1\r\nabc",
                                  "$1\r\na\rx",
                                  "$1\r\na\n\n",
                                  "*x\r\n",
                                  "*1\r\n!\r\n",
                                  "*99999999999999999999\r\n",
                                  "$99999999999999999999\r\n",
                                  "$-5\r\n",
                                  "*-5\r\n",
                                  "$-0\r\n",
                                  "$+1\r\n",
                                  "$99999999999999999999999999999999",
                                  "$5x",
                                  "$ 5\r\n",
                                  "*1\n",
                                  "%1\r\n+a\r\n:1\r\n",
                                  "_\r\n",
                                  "\x16\x03\x01 TLS"}) {
    ReplyParser parser;
    ArenaPtr arena;
    parser.feed(bytes.data(), bytes.size());
    if (parser.next({&arena, nullptr}) != Parsed::kFailed) fail_msg("\"%s\" was not refused", bytes.c_str());
    assert_false(parser.failure().empty());
    assert_false(parser.out_of_memory());
    assert_enum(parser.next({&arena, nullptr}), Parsed::kFailed);  // and nothing after it is trusted
  }
}

static void a_string_in_parts_ends_where_it_should(void**) {
  for (const bool dropped : {false, true}) {
    for (const char* end : {"x\n", "\rx", "\n\n", "ab"}) {
      ReplyParser parser;
      ArenaPtr arena;
      const Destination destination = dropped ? Destination() : Destination{&arena, nullptr};
      parser.feed("$3\r\nab", 6);
      assert_enum(parser.next(destination), Parsed::kIncomplete);
      parser.feed("c", 1);
      assert_enum(parser.next(destination), Parsed::kIncomplete);
      parser.feed(end, 1);
      Parsed result = parser.next(destination);
      if (result == Parsed::kIncomplete) {
        parser.feed(end + 1, 1);
        result = parser.next(destination);
      }
      assert_enum(result, Parsed::kFailed);
      assert_text(parser.failure(), "a string that does not end where it should");
    }
  }
}

static void what_is_within_the_limits_is_awaited(void**) {
  for (const char* bytes : {"$4294967296\r\n", "$4294967296\r\nabc", "$4294967296\r", "$4294967296", "$42",
                            "$-", "$", "*2147483647\r\n", "*2147483647"}) {
    ReplyParser parser;
    ArenaPtr arena;
    parser.feed(bytes, std::strlen(bytes));
    if (parser.next({&arena, nullptr}) != Parsed::kIncomplete) fail_msg("\"%s\" was refused", bytes);
  }
}

static void a_line_without_end_is_refused(void**) {
  const std::string part(ReplyParser::kFeed, 'x');
  for (const char* begin : {"+", "-ERR ", ":1"}) {
    ReplyParser parser;
    ArenaPtr arena;
    parser.feed(begin, std::strlen(begin));
    assert_enum(parser.next({&arena, nullptr}), Parsed::kIncomplete);
    Parsed result = Parsed::kIncomplete;
    std::size_t fed = 0;
    for (; fed < 2 * ReplyParser::kMaxLine && result == Parsed::kIncomplete; fed += part.size()) {
      parser.feed(part.data(), part.size());
      result = parser.next({&arena, nullptr});
    }
    assert_enum(result, Parsed::kRefused);
    assert_in_range(fed, ReplyParser::kMaxLine, ReplyParser::kMaxLine + 3 * part.size());
    assert_text(parser.refused(), "a line of more than 1 MiB");
    parser.feed(part.data(), part.size());
    assert_enum(parser.next({&arena, nullptr}), Parsed::kIncomplete);
    parser.feed("\r\n+next\r\n", 9);
    assert_enum(parser.next({&arena, nullptr}), Parsed::kReply);
    assert_text(shown(arena->root()), "+next");
  }
}

// The reader's buffer is given back after a large reply: whatever has come of the next one must not be lost.
static void replies_after_a_large_one_come_through(void**) {
  const std::string large = "$140000\r\n" + std::string(140000, 'x') + "\r\n";
  for (std::size_t split = 0; split <= kStream.size(); ++split) {
    ReplyParser parser;
    ArenaPtr arena;
    std::string all;
    for (int round = 0; round < 2; ++round) {
      const std::string first = large + std::string(kStream.substr(0, split));
      parser.feed(first.data(), first.size());
      assert_enum(parser.next({&arena, nullptr}), Parsed::kReply);
      assert_int_equal(arena->root().length, 140000);
      all.clear();
      take_all(parser, arena, all);
      const auto rest = kStream.substr(split);
      parser.feed(rest.data(), rest.size());
      take_all(parser, arena, all);
      assert_text(all, kStreamShown);
    }
  }
}

static void a_large_reply_may_be_cut_between_its_elements(void**) {
  const std::string element = "$140000\r\n" + std::string(140000, 'x') + "\r\n";
  const std::string bytes = "*3\r\n" + element + ":12\r\n" + element + "+next\r\n";
  const std::size_t first_ends = 4 + element.size();
  for (std::size_t split = first_ends - 3; split < first_ends + 12; ++split) {
    ReplyParser parser;
    ArenaPtr arena;
    parser.feed(bytes.data(), split);
    assert_enum(parser.next({&arena, nullptr}), Parsed::kIncomplete);
    parser.feed(bytes.data() + split, bytes.size() - split);
    assert_enum(parser.next({&arena, nullptr}), Parsed::kReply);
    assert_int_equal(arena->root().length, 3);
    assert_int_equal(arena->root().elements[1].integer, 12);
    assert_int_equal(arena->root().elements[2].length, 140000);
    assert_enum(parser.next({&arena, nullptr}), Parsed::kReply);
    assert_text(shown(arena->root()), "+next");
  }
}

static void random_bytes_do_no_harm(void**) {
  static constexpr std::string_view kPool[] = {"*", "$",  ":", "+", "-",  "\r\n", "1",
                                               "2", "-1", "0", "x", "\r", "9999"};
  std::uint32_t state = 1;
  const auto random = [&] { return (state = state * 1664525U + 1013904223U) >> 16; };
  for (int round = 0; round < 30000; ++round) {
    ReplyParser parser;
    ArenaPtr arena;
    ArenaPtr batch(Arena::create(0));
    assert_true(batch->make_array(batch->root(), 1));
    for (int i = 0; i < 12; ++i) {
      std::string bytes;
      for (std::uint32_t n = random() % 6; n > 0; --n) bytes += kPool[random() % std::size(kPool)];
      parser.feed(bytes.data(), bytes.size());
      Destination destination{&arena, nullptr};
      if (round % 3 == 1) destination = {};
      if (round % 3 == 2) destination = {&batch, &batch->root().elements[0]};
      while (parser.has_bytes() && parser.next(destination) == Parsed::kReply) {
      }
    }
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_type_is_understood),
      cmocka_unit_test(bytes_of_any_value_come_through),
      cmocka_unit_test(an_error_line_becomes_an_error),
      cmocka_unit_test(an_error_line_ends_at_a_nul_for_everybody),
      cmocka_unit_test(nested_arrays_keep_their_shape),
      cmocka_unit_test(arrays_grow_as_far_as_their_elements_come),
      cmocka_unit_test(arrays_inside_one_that_grows_stay_whole),
      cmocka_unit_test(replies_may_come_byte_by_byte),
      cmocka_unit_test(replies_may_be_split_anywhere),
      cmocka_unit_test(replies_nobody_waits_for_are_read_past),
      cmocka_unit_test(a_reply_goes_on_where_it_began_though_its_caller_has_left),
      cmocka_unit_test(replies_of_a_batch_become_elements_of_one_array),
      cmocka_unit_test(a_claimed_length_costs_no_memory),
      cmocka_unit_test(a_reply_that_was_not_finished_can_be_freed),
      cmocka_unit_test(nesting_is_kept_to_its_limit_and_read_past_beyond),
      cmocka_unit_test(what_is_around_a_reply_past_a_limit_is_read_past_too),
      cmocka_unit_test(a_reply_in_a_batch_that_is_refused_is_only_that_element),
      cmocka_unit_test(who_was_refused_is_told_before_all_of_it_has_come),
      cmocka_unit_test(however_a_reply_is_cut_it_means_the_same),
      cmocka_unit_test(garbage_is_refused),
      cmocka_unit_test(a_string_in_parts_ends_where_it_should),
      cmocka_unit_test(what_is_within_the_limits_is_awaited),
      cmocka_unit_test(a_line_without_end_is_refused),
      cmocka_unit_test(replies_after_a_large_one_come_through),
      cmocka_unit_test(a_large_reply_may_be_cut_between_its_elements),
      cmocka_unit_test(random_bytes_do_no_harm),
  };
  return cmocka_run_group_tests_name("reply_parser", tests, nullptr, nullptr);
}
