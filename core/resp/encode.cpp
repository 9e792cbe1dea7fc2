#include "resp/encode.h"

#include <cstring>

#include "base/copy.h"

namespace rediscluster {
namespace {

char* end_line(char* to) noexcept {
  std::memcpy(to, "\r\n", 2);
  return to + 2;
}

char digit(std::size_t number) noexcept { return static_cast<char>('0' + number); }

[[gnu::noinline]] char* put_number(std::size_t number, char* to) noexcept {
  char* const end = to + decimal_digits(number);
  for (char* at = end; at != to; number /= 10) *--at = digit(number % 10);
  return end;
}

char* put_header(char kind, std::size_t number, char* to) noexcept {
  *to++ = kind;
  if (number < 10) {
    *to++ = digit(number);
  } else if (number < 100) {
    *to++ = digit(number / 10);
    *to++ = digit(number % 10);
  } else {
    to = put_number(number, to);
  }
  return end_line(to);
}

}  // namespace

std::size_t count_digits(std::size_t number) noexcept {
  std::size_t count = 1;
  for (; number >= 10; number /= 10) ++count;
  return count;
}

char* encode(const Args& args, char* to) noexcept {
  to = put_header('*', args.size(), to);
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string_view argument = args[i];
    to = put_header('$', argument.size(), to);
    copy_bytes(argument, to);
    to = end_line(to + argument.size());
  }
  return to;
}

}  // namespace rediscluster
