#include "arguments.h"

#include <cstring>

#include "base/text.h"
#include "guard.h"

namespace rediscluster {

Status Arguments::set_command(std::size_t count, const char* const* data, const std::size_t* lengths) {
  if (count == 0) return invalid_argument("argc is 0: a command needs at least its name");
  if (auto status = set(kCommand, count, data, lengths); !status.ok()) return status;
  if (lengths_[0] == 0) return invalid_argument("argv[0] is empty: it must be the command's name");
  return {};
}

Status Arguments::set_keys(std::size_t count, const char* const* data, const std::size_t* lengths) {
  if (count == 0) return {};
  return set(kKeys, count, data, lengths);
}

Status Arguments::set_values(std::size_t count, const char* const* data, const std::size_t* lengths) {
  if (count == 0) return {};
  return set(kValues, count, data, lengths);
}

Status Arguments::set(const Names& names, std::size_t count, const char* const* data,
                      const std::size_t* lengths) {
  if (data == nullptr) return invalid_argument(text(names.array, " is NULL: give an array of ", count));
  if (count > kMaxArguments) {
    return invalid_argument(text(names.count, " is ", count, ": give at most ", kMaxArguments));
  }
  count_ = count;
  data_ = data;
  lengths_ = lengths;
  return lengths == nullptr ? measure(names) : check(names);
}

Status Arguments::measure(const Names& names) {
  std::size_t* measured = room_;
  if (count_ > kRoom) {
    copies().lengths.resize(count_);
    measured = copies().lengths.data();
  }
  for (std::size_t i = 0; i < count_; ++i) {
    if (data_[i] == nullptr) {
      return invalid_argument(
          text(names.array, "[", i, "] is NULL: give a string, or NULL with a length of 0"));
    }
    measured[i] = std::strlen(data_[i]);
  }
  lengths_ = measured;
  return check(names);
}

Status Arguments::check(const Names& names) {
  std::uint64_t sum = 0;  // cannot overflow: 2^20 arguments of 2^32 bytes
  bool has_nulls = false;
  for (std::size_t i = 0; i < count_; ++i) {
    const std::uint64_t length = lengths_[i];
    if (length > kMaxArgument) {
      return invalid_argument(
          text(names.lengths, "[", i, "] is ", length, ": an argument has at most ", kMaxArgument, " bytes"));
    }
    if (data_[i] == nullptr) {
      if (length != 0) {
        return invalid_argument(
            text(names.array, "[", i, "] is NULL, but ", names.lengths, "[", i, "] is ", length));
      }
      has_nulls = true;
    }
    sum += length;
  }
  if (sum > kMaxCommand)
    return invalid_argument(text(names.lengths, ": the lengths add up to ", sum, " bytes"));
  if (has_nulls) replace_nulls();
  return {};
}

// memcpy and its like take no null pointer, not even for no bytes.
void Arguments::replace_nulls() {
  auto& data = copies().data;
  data.assign(data_, data_ + count_);
  for (auto& argument : data) {
    if (argument == nullptr) argument = "";
  }
  data_ = data.data();
}

Arguments::Copies& Arguments::copies() {
  if (copies_ == nullptr) copies_ = std::make_unique<Copies>();
  return *copies_;
}

}  // namespace rediscluster
