// How long calls took, in buckets 3 % wide: constant memory, a few instructions a call.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace bench {

class Latency {
 public:
  void add(std::uint64_t nanoseconds) {
    ++total_;
    ++buckets_[index(nanoseconds)];
  }

  void add(const Latency& other) {
    total_ += other.total_;
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  }

  // Nanoseconds that this part (0.99) of the calls stayed below.
  double quantile(double part) const {
    const double wanted = part * static_cast<double>(total_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > 0 && static_cast<double>(seen) >= wanted) return middle(i);
    }
    return 0;
  }

 private:
  static constexpr unsigned kHalf = 32;    // buckets from one power of two to the next
  static constexpr unsigned kShifts = 40;  // up to ten hours

  static std::size_t index(std::uint64_t value) {
    if (value < 2 * kHalf) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 6;
    return shift >= kShifts ? kBuckets - 1 : static_cast<std::size_t>(shift * kHalf + (value >> shift));
  }

  static double middle(std::size_t index) {
    if (index < 2 * kHalf) return static_cast<double>(index);
    const std::size_t shift = index / kHalf - 1;
    const std::size_t base = index - shift * kHalf;
    return (static_cast<double>(base) + 0.5) * static_cast<double>(std::uint64_t{1} << shift);
  }

  static constexpr std::size_t kBuckets = (kShifts + 1) * kHalf;
  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t total_ = 0;
};

}  // namespace bench
