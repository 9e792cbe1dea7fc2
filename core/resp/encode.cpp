#include "resp/encode.h"

#include <cstring>

namespace rediscluster {
namespace {

std::size_t digits(std::size_t number) noexcept {
  std::size_t count = 1;
  while (number >= 10) {
    number /= 10;
    ++count;
  }
  return count;
}

char* put_header(char kind, std::size_t number, char* to) noexcept {
  *to++ = kind;
  if (number < 10) {  // nearly always
    *to++ = static_cast<char>('0' + number);
    *to++ = '\r';
    *to++ = '\n';
    return to;
  }
  char* const end = to + digits(number);
  char* at = end;
  do {
    *--at = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  end[0] = '\r';
  end[1] = '\n';
  return end + 2;
}

}  // namespace

std::size_t encoded_size(const Args& args) noexcept {
  std::size_t size = 1 + digits(args.size()) + 2;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::size_t length = args[i].size();
    size += 1 + digits(length) + 2 + length + 2;
  }
  return size;
}

char* encode(const Args& args, char* to) noexcept {
  to = put_header('*', args.size(), to);
  for (std::size_t i = 0; i < args.size(); ++i) {
    const auto argument = args[i];
    to = put_header('$', argument.size(), to);
    std::memcpy(to, argument.data(), argument.size());
    to += argument.size();
    *to++ = '\r';
    *to++ = '\n';
  }
  return to;
}

}  // namespace rediscluster
