// Bytes on their way out: grows without zeroing, gives large blocks back when empty.
#pragma once

#include <cstdlib>
#include <cstring>
#include <utility>

namespace rediscluster {

class Buffer {
 public:
  Buffer() noexcept = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }

  const char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  // Room for `bytes` more at the end, which the caller then writes; null when out of memory.
  char* extend(std::size_t bytes) noexcept {
    char* const room = room_for(bytes);
    if (room != nullptr) size_ += bytes;
    return room;
  }
  // The same where it is not known yet how many bytes they will be: room for at most so many, of which
  // add_written() then takes those that have been written.
  char* room_for(std::size_t bytes) noexcept {
    if (bytes > capacity_ - size_ && !reserve(size_ + bytes)) return nullptr;
    return data_ + size_;
  }
  void add_written(std::size_t bytes) noexcept { size_ += bytes; }
  // Within the first size() bytes, where they may overlap.
  void move(std::size_t to, std::size_t from, std::size_t bytes) noexcept {
    std::memmove(data_ + to, data_ + from, bytes);
  }
  void shorten(std::size_t size) noexcept { size_ = size; }
  void clear() noexcept {
    size_ = 0;
    if (capacity_ > kNone) release();
  }
  void release() noexcept {
    std::free(std::exchange(data_, nullptr));
    size_ = capacity_ = 0;
  }
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  static constexpr std::size_t kNone = std::size_t{256} * 1024;

  bool reserve(std::size_t least) noexcept {
    std::size_t capacity = capacity_ == 0 ? 1024 : capacity_ * 2;
    if (capacity < least) capacity = least;
    void* data = std::realloc(data_, capacity);
    if (data == nullptr) return false;
    data_ = static_cast<char*>(data);
    capacity_ = capacity;
    return true;
  }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace rediscluster
