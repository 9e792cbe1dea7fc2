#include "format.h"

#include <charconv>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "arguments.h"
#include "base/text.h"
#include "guard.h"

namespace rediscluster {

// Goes through the format once; an argument is open from its first character to the next space.
class FormatWriter {
 public:
  FormatWriter(const char* format, std::va_list* values, FormattedCommand& to)
      : format_(format), at_(format), values_(values), to_(to) {}

  Status write() {
    while (*at_ != '\0') {
      if (*at_ == ' ') {
        close_argument();
        ++at_;
      } else if (*at_ != '%') {
        put({at_, 1});
        ++at_;
      } else if (auto status = conversion(); !status.ok()) {
        return status;
      }
    }
    close_argument();
    if (to_.lengths_.empty())
      return invalid_argument("format has no arguments: a command needs at least its name");

    const char* data = to_.bytes_.data();  // only now: the bytes move while they grow
    for (const std::size_t length : to_.lengths_) {
      to_.data_.push_back(data);
      data += length + 1;
    }
    return {};
  }

 private:
  enum class Size { kInt, kLong, kLongLong, kSize };

  void put(std::string_view part) {
    to_.bytes_.append(part);
    open_ = true;
  }

  void close_argument() {
    if (!open_) return;
    to_.lengths_.push_back(to_.bytes_.size() - begin_);
    to_.bytes_.push_back('\0');
    begin_ = to_.bytes_.size();
    open_ = false;
  }

  Status bad(const char* conversion, std::string_view what) const {
    return invalid_argument(
        text("format, character ", static_cast<std::size_t>(conversion - format_) + 1, ": ", what));
  }

  Status conversion() {
    const char* const start = at_++;
    const int precision = take_precision();
    const bool has_size = *at_ == 'l' || *at_ == 'z';
    const Size size = take_size();
    const char kind = *at_;
    if (kind != '\0') ++at_;

    if (kind == 'f' || kind == 'e' || kind == 'g') {
      if (!has_size && precision <= kMaxPrecise) return put_double(kind, precision);
    } else if (precision != kNone) {  // falls through to the message
    } else if (kind == 'd' || kind == 'i') {
      return put_integer(signed_value(size));
    } else if (kind == 'u') {
      return put_integer(unsigned_value(size));
    } else if (!has_size) {
      switch (kind) {
        case 's':
          return put_string(start);
        case 'b':
          return put_bytes(start);
        case 'c':
          return put_byte(static_cast<char>(va_arg(*values_, int)));
        case '%':
          return put_byte('%');
        default:
          break;
      }
    }
    return bad(start,
               "not a conversion that is known here: use %s %b %d %i %u %ld %lu %lld %llu %zd %zu %f %e %g "
               "%c, and %% for a percent sign");
  }

  static constexpr int kNone = -1;
  static constexpr int kMaxPrecise = 99;

  int take_precision() {
    if (*at_ != '.') return kNone;
    int precision = 0;
    while (*++at_ >= '0' && *at_ <= '9') {
      if (precision <= kMaxPrecise) precision = precision * 10 + (*at_ - '0');
    }
    return precision;
  }

  Size take_size() {
    if (*at_ == 'z') {
      ++at_;
      return Size::kSize;
    }
    if (*at_ != 'l') return Size::kInt;
    if (*++at_ != 'l') return Size::kLong;
    ++at_;
    return Size::kLongLong;
  }

  long long signed_value(Size size) {
    switch (size) {
      case Size::kLong:
        return va_arg(*values_, long);
      case Size::kLongLong:
        return va_arg(*values_, long long);
      case Size::kSize:
        return va_arg(*values_, std::make_signed_t<std::size_t>);
      default:
        return va_arg(*values_, int);
    }
  }

  unsigned long long unsigned_value(Size size) {
    switch (size) {
      case Size::kLong:
        return va_arg(*values_, unsigned long);
      case Size::kLongLong:
        return va_arg(*values_, unsigned long long);
      case Size::kSize:
        return va_arg(*values_, std::size_t);
      default:
        return va_arg(*values_, unsigned int);
    }
  }

  template <class Number>
  Status put_integer(Number number) {
    char digits[24];
    put({digits, std::to_chars(digits, digits + sizeof digits, number).ptr});
    return {};
  }

  // Not by snprintf, whose decimal point depends on the locale.
  Status put_double(char kind, int precision) {
    const double number = va_arg(*values_, double);
    const auto form = kind == 'f'   ? std::chars_format::fixed
                      : kind == 'e' ? std::chars_format::scientific
                                    : std::chars_format::general;
    char digits[512];  // 309 before the point, 99 behind it
    const auto end =
        std::to_chars(digits, digits + sizeof digits, number, form, precision == kNone ? 6 : precision);
    put({digits, end.ptr});
    return {};
  }

  Status put_byte(char byte) {
    put({&byte, 1});
    return {};
  }

  Status put_string(const char* start) {
    const char* string = va_arg(*values_, const char*);
    if (string == nullptr) return bad(start, "NULL was given for %s");
    put(string);
    return {};
  }

  Status put_bytes(const char* start) {
    const char* bytes = va_arg(*values_, const char*);
    const std::size_t size = va_arg(*values_, std::size_t);
    if (bytes == nullptr && size != 0)
      return bad(start, "NULL was given for %b, with a length that is not 0");
    if (size > kMaxArgument) return bad(start, text("%b has ", size, " bytes: give at most ", kMaxArgument));
    put(bytes == nullptr ? std::string_view() : std::string_view(bytes, size));
    return {};
  }

  const char* const format_;
  const char* at_;
  std::va_list* const values_;
  FormattedCommand& to_;
  std::size_t begin_ = 0;  // of the open argument
  bool open_ = false;
};

Status FormattedCommand::write(const char* format, std::va_list* values) {
  return FormatWriter(format, values, *this).write();
}

}  // namespace rediscluster
