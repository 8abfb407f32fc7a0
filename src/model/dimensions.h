// The lengths of a tensor's dimensions: a short vector that needs no memory of its own, as a model has
// hundreds.
#ifndef TOKCAST_MODEL_DIMENSIONS_H_
#define TOKCAST_MODEL_DIMENSIONS_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace tokcast {

class Dimensions {
 public:
  using value_type = std::uint64_t;
  using const_iterator = const std::uint64_t*;

  // One more than is legal, so that a fifth one is seen and refused. What comes beyond is dropped.
  static constexpr std::size_t kCapacity = 5;

  Dimensions() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): as of a vector
  Dimensions(std::initializer_list<std::uint64_t> lengths) {
    for (const std::uint64_t length : lengths) push_back(length);
  }
  // NOLINTNEXTLINE(google-explicit-constructor)
  Dimensions(const std::vector<std::uint64_t>& lengths) {
    for (const std::uint64_t length : lengths) push_back(length);
  }

  void push_back(std::uint64_t length) {
    if (size_ < kCapacity) lengths_[size_++] = length;
  }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const std::uint64_t& front() const { return lengths_[0]; }
  const std::uint64_t& back() const { return lengths_[size_ - 1]; }
  // Precondition: index < size().
  std::uint64_t& operator[](std::size_t index) { return lengths_[index]; }
  const std::uint64_t& operator[](std::size_t index) const { return lengths_[index]; }
  // The same, 0 beyond the end.
  std::uint64_t at(std::size_t index) const { return index < size_ ? lengths_[index] : 0; }
  const_iterator begin() const { return lengths_.data(); }
  const_iterator end() const { return lengths_.data() + size_; }
  bool operator==(const Dimensions& other) const { return std::ranges::equal(*this, other); }

 private:
  std::array<std::uint64_t, kCapacity> lengths_{};
  std::size_t size_ = 0;
};

}  // namespace tokcast

#endif  // TOKCAST_MODEL_DIMENSIONS_H_
