// Containers that never grow past a size known at compile time and never allocate. A full container
// refuses and says so.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/check.h"

namespace parley {

// A vector of at most N elements, in place. T must be default-constructible.
template <typename T, size_t N>
class BoundedVector {
 public:
  // False, and unchanged, when full.
  bool push_back(T value) {
    if (size_ == N) return false;
    items_[size_++] = std::move(value);
    return true;
  }
  void pop_back() {
    PARLEY_CHECK(size_ > 0);
    --size_;
  }
  void clear() { size_ = 0; }
  // Removes the element at `index` and keeps the order of the others.
  void erase(size_t index) {
    PARLEY_CHECK(index < size_);
    std::move(begin() + index + 1, end(), begin() + index);
    --size_;
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == N; }
  static constexpr size_t capacity() { return N; }
  T& operator[](size_t i) {
    PARLEY_CHECK(i < size_);
    return items_[i];
  }
  const T& operator[](size_t i) const {
    PARLEY_CHECK(i < size_);
    return items_[i];
  }
  T& back() { return (*this)[size_ - 1]; }
  const T& back() const { return (*this)[size_ - 1]; }
  T* begin() { return items_.data(); }
  T* end() { return items_.data() + size_; }
  const T* begin() const { return items_.data(); }
  const T* end() const { return items_.data() + size_; }
  T* data() { return items_.data(); }
  const T* data() const { return items_.data(); }

  bool operator==(const BoundedVector& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }

 private:
  std::array<T, N> items_{};
  size_t size_ = 0;
};

// A first-in first-out queue of at most N elements, in place.
template <typename T, size_t N>
class BoundedQueue {
 public:
  // False, and unchanged, when full.
  bool push(T value) {
    if (size_ == N) return false;
    items_[(head_ + size_++) % N] = std::move(value);
    return true;
  }
  std::optional<T> pop() {
    if (size_ == 0) return std::nullopt;
    T value = std::move(items_[head_]);
    head_ = (head_ + 1) % N;
    --size_;
    return value;
  }
  const T& front() const {
    PARLEY_CHECK(size_ > 0);
    return items_[head_];
  }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == N; }

 private:
  std::array<T, N> items_{};
  size_t head_ = 0;
  size_t size_ = 0;
};

}  // namespace parley
