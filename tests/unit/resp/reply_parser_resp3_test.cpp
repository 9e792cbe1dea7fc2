// RESP3, whatever hiredis is linked.
#include <clocale>
#include <cmath>
#include <cstring>

#include "resp/reply_parser.h"
#include "unit/resp/parsed.h"

#include "unit/assertions.hpp"  // last

using namespace rediscluster;

static ReplyPtr parsed3(std::string_view bytes) { return parsed(bytes, Protocol::kResp3); }
static std::string text_of(std::string_view bytes) { return shown(*parsed3(bytes)); }

static void every_type_is_understood(void**) {
  assert_text(text_of("_\r\n"), "nil");
  assert_text(text_of("#t\r\n"), "#t");
  assert_text(text_of("#f\r\n"), "#f");
  assert_text(text_of(",1.5\r\n"), ",1.5");
  assert_text(text_of("(-3492890328409238509324850943850943825024385\r\n"),
              "(-3492890328409238509324850943850943825024385");
  assert_text(text_of("%2\r\n+a\r\n:1\r\n$1\r\nb\r\n_\r\n"), "{+a :1 $b nil}");
  assert_text(text_of("~3\r\n:1\r\n#t\r\n,2\r\n"), "~[:1 #t ,2]");
  assert_text(text_of("%0\r\n"), "{}");
  assert_text(text_of("~0\r\n"), "~[]");
  assert_text(text_of("+OK\r\n"), "+OK");  // and RESP2's
  assert_text(text_of("$-1\r\n"), "nil");
  assert_text(text_of("*-1\r\n"), "nil");
  assert_text(text_of("-ERR no\r\n"), "-ERR no");
}

static void a_verbatim_string_is_its_text(void**) {
  assert_text(text_of("=15\r\ntxt:Some string\r\n"), "=Some string");
  assert_text(text_of("=4\r\nmkd:\r\n"), "=");
  const ReplyPtr reply = parsed3("=7\r\ntxt:\r\n!\r\n");
  assert_int_equal(reply->length, 3);
  assert_memory_equal(reply->text, "\r\n!", 4);
}

static void a_bulk_error_is_an_error(void**) {
  for (const char* bytes : {"!21\r\nSYNTAX invalid syntax\r\n", "*1\r\n!21\r\nSYNTAX invalid syntax\r\n"}) {
    const ReplyPtr reply = parsed3(bytes);
    const Reply& error = reply->is_error() ? *reply : reply->elements[0];
    assert_failure(*error.error, Code::kServer, Outcome::kExecuted, "SYNTAX invalid syntax");
    assert_string_equal(error.error->server_code, "SYNTAX");
  }
  assert_text(text_of("*2\r\n!-1\r\n$1\r\na\r\n"), "[nil $a]");  // what follows is no error
}

static void numbers_are_read_the_same_in_every_locale(void**) {
  for (const char* locale : {"C", "de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "ru_RU.UTF-8"}) {
    if (std::setlocale(LC_ALL, locale) == nullptr) continue;
    for (const std::string before : {"", "*1\r\n"}) {
      const auto number = [&](const char* text) {
        const ReplyPtr reply = parsed3(before + "," + text + "\r\n");
        const Reply& node = before.empty() ? *reply : reply->elements[0];
        assert_enum(node.type, ReplyType::kDouble);
        assert_text(node.string(), text);
        return node.number;
      };
      assert_true(number("1.5") == 1.5);
      assert_true(number("-0.25") == -0.25);
      assert_true(number("+3") == 3.0);
      assert_true(number("10") == 10.0);
      assert_true(number("1e3") == 1000.0);
      assert_true(number("1.7976931348623157E+308") == 1.7976931348623157e308);
      assert_true(number("-0") == 0 && std::signbit(number("-0")));
      assert_true(number("inf") == HUGE_VAL);
      assert_true(number("-inf") == -HUGE_VAL);
      assert_true(std::isnan(number("nan")));
      assert_true(std::isnan(number("-nan")));
    }
  }
  std::setlocale(LC_ALL, "C");
}

static void what_is_nested_keeps_its_shape(void**) {
  assert_text(text_of("%2\r\n%1\r\n+k\r\n~1\r\n,1.5\r\n*2\r\n(1\r\n!3\r\nERR\r\n#f\r\n=5\r\ntxt:x\r\n"),
              "{{+k ~[,1.5]} [(1 -ERR] #f =x}");
  assert_text(text_of("*1\r\n>2\r\n+a\r\n:1\r\n"), "[>[+a :1]]");  // not out of band
}

static void attributes_are_read_past(void**) {
  assert_text(text_of("|1\r\n+ttl\r\n:3600\r\n$1\r\na\r\n"), "$a");
  assert_text(text_of("|0\r\n:1\r\n"), ":1");
  assert_text(text_of("*3\r\n:1\r\n|1\r\n+ttl\r\n%1\r\n$1\r\nk\r\n,0.5\r\n:2\r\n:3\r\n"), "[:1 :2 :3]");
  assert_text(text_of("|1\r\n|1\r\n+in\r\n+front\r\n+k\r\n*2\r\n:1\r\n!3\r\n|\r\n\r\n|1\r\n_\r\n#t\r\n_\r\n"),
              "nil");
}

static void what_looks_like_a_type_in_a_string_is_none(void**) {
  for (const std::string text :
       {"\n!", "\n|1\r\n", "\n,x", "\n(", "\r\n$?\r\n", "!", "|", ",1\r\n,2\r\n", "\n*?"}) {
    const std::string bulk = "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
    assert_text(text_of("*2\r\n" + bulk + ",1\r\n"), "[$" + text + " ,1]");
    assert_text(text_of("*2\r\n!" + bulk.substr(1) + ":1\r\n"), "[-" + text + " :1]");
  }
  assert_text(text_of("*3\r\n+?\r\n+!\r\n-?\r\n"), "[+? +! -?]");
}

static void streamed_replies_are_refused(void**) {
  for (const char* bytes : {"$?\r\n;4\r\nHell\r\n;0\r\n", "*?\r\n:1\r\n.\r\n", "%?\r\n", "~?\r\n", ">?\r\n",
                            "|?\r\n", "!?\r\n", "=?\r\n", "*1\r\n$?\r\n", "%1\r\n+a\r\n*?\r\n"}) {
    ReplyParser parser(Protocol::kResp3);
    ArenaPtr arena;
    parser.feed(bytes, std::string_view(bytes).size());
    if (parser.next({&arena, nullptr}) != Parsed::kFailed) fail_msg("%s was not refused", bytes);
    assert_text(parser.failure(), "a streamed reply, which no server is known to send");
    assert_false(parser.out_of_memory());
  }
}

static void garbage_is_refused(void**) {
  for (const std::string bytes : {",\r\n",
                                  ",x\r\n",
                                  ",1.5x\r\n",
                                  ",infinity\r\n",
                                  ",0x10\r\n",
                                  ",--1\r\n",
                                  ", 1\r\n",
                                  ",1e999\r\n",
                                  "(\r\n",
                                  "(1x\r\n",
                                  "(-\r\n",
                                  "#x\r\n",
                                  "#\r\n",
                                  "_x\r\n",
                                  "=3\r\ntxt\r\n",
                                  "=5\r\ntext:\r\n",
                                  "%-2\r\n",
                                  "%x\r\n",
                                  "~x\r\n",
                                  "!x\r\n",
                                  "!-2\r\n",
                                  "|x\r\n",
                                  "|\r\n",
                                  "|-\r\n",
                                  "|1\r\n@",
                                  "|1\r\n+a\r\n$x\r\n",
                                  "|1\n+a\r\n+b\r\n:1\r\n",
                                  ".\r\n",
                                  ";0\r\n",
                                  "*1\r\n,x\r\n",
                                  "*1\r\n(x\r\n"}) {
    for (const bool in_dropped : {false, true}) {
      ReplyParser parser(Protocol::kResp3);
      ArenaPtr arena;
      parser.feed(bytes.data(), bytes.size());
      const Parsed result = parser.next(in_dropped ? Destination() : Destination{&arena, nullptr});
      if (result != Parsed::kFailed) fail_msg("\"%s\" was not refused", bytes.c_str());
      assert_false(parser.failure().empty());
      assert_false(parser.out_of_memory());
      parser.feed("+OK\r\n", 5);
      assert_enum(parser.next({&arena, nullptr}), Parsed::kFailed);  // nothing after it is trusted
    }
  }
}

// One of each kind, one after another, a push among them.
static constexpr std::string_view kStream =
    "_\r\n,-1.25\r\n#t\r\n|1\r\n$3\r\n|\r\n\r\n*1\r\n,1\r\n>2\r\n+message\r\n,2\r\n$5\r\nhello\r\n%1\r\n+"
    "k\r\n|1\r\n+a\r\n!2\r\nxx\r\n"
    "=5\r\ntxt:y\r\n!7\r\nERR a\r\n\r\n~2\r\n(12\r\n*1\r\n!5\r\nERR b\r\n,inf\r\n*1\r\n>1\r\n_\r\n:1\r\n";
static const char* const kStreamShown =
    "nil ,-1.25 #t push $hello {+k =y} -ERR a\r\n ~[(12 [-ERR b]] ,inf [>[nil]] :1 ";

static void take_all(ReplyParser& parser, ArenaPtr& arena, std::string& all) {
  while (parser.has_bytes()) {
    const Parsed result = parser.next({&arena, nullptr});
    assert_enum(result == Parsed::kFailed, false);
    if (result == Parsed::kIncomplete) return;
    all += (result == Parsed::kPush ? "push" : shown(arena->root())) + " ";
  }
}

static void replies_may_come_byte_by_byte(void**) {
  ReplyParser parser(Protocol::kResp3);
  ArenaPtr arena;
  std::string all;
  for (const char byte : kStream) {
    parser.feed(&byte, 1);
    take_all(parser, arena, all);
  }
  assert_text(all, kStreamShown);
}

static void replies_may_be_split_anywhere(void**) {
  for (std::size_t first = 0; first <= kStream.size(); ++first) {
    for (std::size_t second = first; second <= kStream.size(); ++second) {
      ReplyParser parser(Protocol::kResp3);
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

static void a_push_leaves_the_destination_to_the_reply(void**) {
  ReplyParser parser(Protocol::kResp3);
  ArenaPtr arena(Arena::create(0));
  assert_true(arena->make_array(arena->root(), 2));
  const std::string_view bytes =
      ">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n+first\r\n>1\r\n+x\r\n>-1\r\n+second\r\n";
  parser.feed(bytes.data(), bytes.size());
  Reply* const elements = arena->root().elements;
  assert_enum(parser.next({&arena, &elements[0]}), Parsed::kPush);
  assert_text(shown(arena->root()), "[nil nil]");
  assert_enum(parser.next({&arena, &elements[0]}), Parsed::kReply);
  assert_enum(parser.next({&arena, &elements[1]}), Parsed::kPush);
  assert_enum(parser.next({&arena, &elements[1]}), Parsed::kPush);
  assert_enum(parser.next({&arena, &elements[1]}), Parsed::kReply);
  assert_text(shown(arena->root()), "[+first +second]");
}

static void a_push_that_has_begun_may_be_followed_by_a_reply_for_somebody(void**) {
  ReplyParser parser(Protocol::kResp3);
  parser.feed(">2\r\n+a\r\n", 8);
  assert_enum(parser.next({}), Parsed::kIncomplete);  // nobody waits for anything
  parser.feed("+b\r\n+mine\r\n", 11);
  ArenaPtr arena;
  assert_enum(parser.next({&arena, nullptr}), Parsed::kPush);
  assert_null(arena.get());
  assert_enum(parser.next({&arena, nullptr}), Parsed::kReply);
  assert_text(arena->root().string(), "mine");
}

static void what_is_dropped_is_followed_to_the_same_depth(void**) {
  const auto parse = [](int depth, bool is_dropped, const char* around) {
    std::string bytes;
    for (int i = 0; i < depth; ++i) bytes += around;
    bytes += "%0\r\n";
    ReplyParser parser(Protocol::kResp3);
    ArenaPtr arena;
    parser.feed(bytes.data(), bytes.size());
    return parser.next(is_dropped ? Destination() : Destination{&arena, nullptr});
  };
  for (const bool is_dropped : {false, true}) {
    assert_enum(parse(ReplyParser::kMaxDepth - 1, is_dropped, "*1\r\n"), Parsed::kReply);
    assert_enum(parse(ReplyParser::kMaxDepth, is_dropped, "*1\r\n"), Parsed::kRefused);
    assert_enum(parse(ReplyParser::kMaxDepth, is_dropped, "%1\r\n_\r\n"), Parsed::kRefused);
    assert_enum(parse(ReplyParser::kMaxDepth - 1, is_dropped, ">1\r\n"), Parsed::kPush);
    assert_enum(parse(ReplyParser::kMaxDepth, is_dropped, ">1\r\n"), Parsed::kPush);  // nobody's
  }
}

// The count of a map doubles.
static void what_goes_past_a_limit_is_read_past(void**) {
  for (const char* bytes : {"%1073741824\r\n", "!4294967297\r\n", "=4294967297\r\n", "~2147483648\r\n",
                            "%9223372036854775807\r\n+a\r\n", "*1\r\n%4611686018427387904\r\n"}) {
    ReplyParser parser(Protocol::kResp3);
    ArenaPtr arena;
    parser.feed(bytes, std::strlen(bytes));
    assert_enum(parser.next({&arena, nullptr}), Parsed::kRefused);
    assert_enum(parser.next({&arena, nullptr}), Parsed::kIncomplete);
  }
  // And so is a push, whose end only the next reply shows.
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes += i % 2 == 0 ? ">1\r\n" : "|1\r\n+a\r\n%0\r\n%1\r\n_\r\n";
  bytes += "#t\r\n:1\r\n";
  for (const std::size_t piece : {std::size_t{1}, bytes.size()}) {
    ReplyParser parser(Protocol::kResp3);
    ArenaPtr arena;
    std::string all;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      parser.feed(bytes.data() + at, std::min(piece, bytes.size() - at));
      while (parser.has_bytes()) {
        const Parsed result = parser.next({&arena, nullptr});
        if (result == Parsed::kIncomplete) break;
        all += result == Parsed::kPush ? "push " : result == Parsed::kReply ? shown(arena->root()) : "?";
      }
    }
    assert_text(all, "push :1");
  }
}

static void large_maps_come_whole(void**) {
  std::string bytes = "%5000\r\n";
  for (int i = 0; i < 5000; ++i) bytes += "$3\r\na!\n\r\n," + std::to_string(i) + ".5\r\n";
  const ReplyPtr reply = parsed3(bytes);
  assert_int_equal(reply->length, 10000);
  for (int i = 0; i < 5000; ++i) {
    assert_text(reply->elements[2 * i].string(), "a!\n");
    assert_true(reply->elements[2 * i + 1].number == i + 0.5);
  }
}

static void random_bytes_do_no_harm(void**) {
  static constexpr std::string_view kPool[] = {"*", "$", ":",  "+", "-", "\r\n", "1",     "2", "-1",
                                               "0", "x", "\n", "?", "|", "!",    ",",     "(", "%",
                                               "~", ">", "_",  "#", "=", "txt:", "|1\r\n"};
  std::uint32_t state = 1;
  const auto random = [&] { return (state = state * 1664525U + 1013904223U) >> 16; };
  for (int round = 0; round < 30000; ++round) {
    ReplyParser parser(Protocol::kResp3);
    ArenaPtr arena;
    for (int i = 0; i < 12; ++i) {
      std::string bytes;
      for (std::uint32_t n = random() % 6; n > 0; --n) bytes += kPool[random() % std::size(kPool)];
      parser.feed(bytes.data(), bytes.size());
      const Destination destination = round % 2 == 0 ? Destination{&arena, nullptr} : Destination();
      while (parser.has_bytes()) {
        const Parsed result = parser.next(destination);
        if (result == Parsed::kIncomplete || result == Parsed::kFailed) break;
      }
    }
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_type_is_understood),
      cmocka_unit_test(a_verbatim_string_is_its_text),
      cmocka_unit_test(a_bulk_error_is_an_error),
      cmocka_unit_test(numbers_are_read_the_same_in_every_locale),
      cmocka_unit_test(what_is_nested_keeps_its_shape),
      cmocka_unit_test(attributes_are_read_past),
      cmocka_unit_test(what_looks_like_a_type_in_a_string_is_none),
      cmocka_unit_test(streamed_replies_are_refused),
      cmocka_unit_test(garbage_is_refused),
      cmocka_unit_test(replies_may_come_byte_by_byte),
      cmocka_unit_test(replies_may_be_split_anywhere),
      cmocka_unit_test(a_push_leaves_the_destination_to_the_reply),
      cmocka_unit_test(a_push_that_has_begun_may_be_followed_by_a_reply_for_somebody),
      cmocka_unit_test(what_is_dropped_is_followed_to_the_same_depth),
      cmocka_unit_test(what_goes_past_a_limit_is_read_past),
      cmocka_unit_test(large_maps_come_whole),
      cmocka_unit_test(random_bytes_do_no_harm),
  };
  return cmocka_run_group_tests_name("reply_parser_resp3", tests, nullptr, nullptr);
}
