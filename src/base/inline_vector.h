#pragma once
// A vector of a few numbers that needs no memory of its own: shapes and places, of which a map has several for each array.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace rutter {

/// As std::vector<T>, of plain values only. Up to kInline elements lie in the object itself, so that moves and swaps copy
/// them: pointers into it do not follow. Access is checked as that of std::span.
/// Errors: throws what std::vector throws (std::length_error, std::bad_alloc).
template <class T, std::uint32_t kInline>
class InlineVector {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T> && kInline > 0);

 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using iterator = T*;
  using const_iterator = const T*;
  using reverse_iterator = std::reverse_iterator<iterator>;
  using const_reverse_iterator = std::reverse_iterator<const_iterator>;

  InlineVector() noexcept : here_{} {}
  explicit InlineVector(size_type count, const T& value = T()) : InlineVector() { resize(count, value); }
  InlineVector(std::initializer_list<T> values) : InlineVector(values.begin(), values.end()) {}
  InlineVector(const std::vector<T>& values) : InlineVector(values.begin(), values.end()) {}  // NOLINT: they hold the same
  template <std::forward_iterator Iterator>
  InlineVector(Iterator first, Iterator last) : InlineVector() {
    assign(first, last);
  }
  InlineVector(const InlineVector& other) : InlineVector(other.begin(), other.end()) {}
  InlineVector(InlineVector&& other) noexcept : InlineVector() { Take(other); }
  ~InlineVector() { Release(); }

  InlineVector& operator=(const InlineVector& other) {
    if (this != &other) assign(other.begin(), other.end());
    return *this;
  }
  InlineVector& operator=(InlineVector&& other) noexcept {
    if (this == &other) return *this;
    Release();
    Take(other);
    return *this;
  }
  InlineVector& operator=(std::initializer_list<T> values) {
    assign(values.begin(), values.end());
    return *this;
  }

  T* data() noexcept { return IsInline() ? here_ : elsewhere_; }
  const T* data() const noexcept { return IsInline() ? here_ : elsewhere_; }
  size_type size() const noexcept { return size_; }
  size_type capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }

  iterator begin() noexcept { return data(); }
  const_iterator begin() const noexcept { return data(); }
  iterator end() noexcept { return data() + size_; }
  const_iterator end() const noexcept { return data() + size_; }
  reverse_iterator rbegin() noexcept { return reverse_iterator(end()); }
  const_reverse_iterator rbegin() const noexcept { return const_reverse_iterator(end()); }
  reverse_iterator rend() noexcept { return reverse_iterator(begin()); }
  const_reverse_iterator rend() const noexcept { return const_reverse_iterator(begin()); }

  T& operator[](size_type i) { return std::span<T>(data(), size_)[i]; }
  const T& operator[](size_type i) const { return std::span<const T>(data(), size_)[i]; }
  T& front() { return (*this)[0]; }
  const T& front() const { return (*this)[0]; }
  T& back() { return (*this)[size_ - 1u]; }
  const T& back() const { return (*this)[size_ - 1u]; }

  void clear() noexcept { size_ = 0; }
  void reserve(size_type count) {
    if (count > capacity_) Grow(count);
  }
  void resize(size_type count, const T& value = T()) {
    const T copy = value;  // it may lie in here
    reserve(count);
    if (count > size_) std::fill_n(data() + size_, count - size_, copy);
    size_ = static_cast<std::uint32_t>(count);
  }
  void assign(size_type count, const T& value) {
    const T copy = value;
    size_ = 0;
    resize(count, copy);
  }
  /// The range must not lie in this vector.
  template <std::forward_iterator Iterator>
  void assign(Iterator first, Iterator last) {
    const auto count = static_cast<size_type>(std::distance(first, last));
    size_ = 0;
    reserve(count);
    std::copy(first, last, data());
    size_ = static_cast<std::uint32_t>(count);
  }
  void assign(std::initializer_list<T> values) { assign(values.begin(), values.end()); }
  void push_back(const T& value) {
    const T copy = value;
    if (size_ == capacity_) Grow(size_ + size_type{1});
    data()[size_++] = copy;
  }
  template <class... Arguments>
  T& emplace_back(Arguments&&... arguments) {
    push_back(T(std::forward<Arguments>(arguments)...));
    return back();
  }
  void pop_back() { resize(size_ - 1u); }
  /// The range must not lie in this vector.
  template <std::forward_iterator Iterator>
  iterator insert(const_iterator before, Iterator first, Iterator last) {
    const auto at = static_cast<size_type>(before - begin()), count = static_cast<size_type>(std::distance(first, last));
    const size_type old = size_;
    resize(old + count);
    std::copy_backward(begin() + at, begin() + old, end());
    std::copy(first, last, begin() + at);
    return begin() + at;
  }
  iterator insert(const_iterator before, const T& value) {
    const T copy = value;
    return insert(before, &copy, &copy + 1);
  }
  iterator erase(const_iterator first, const_iterator last) {
    iterator to = begin() + (first - begin());
    size_ = static_cast<std::uint32_t>(std::copy(last, static_cast<const_iterator>(end()), to) - begin());
    return to;
  }
  iterator erase(const_iterator at) { return erase(at, at + 1); }

  friend bool operator==(const InlineVector& a, const InlineVector& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }
  friend auto operator<=>(const InlineVector& a, const InlineVector& b) {
    return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
  }
  friend void swap(InlineVector& a, InlineVector& b) noexcept {
    InlineVector kept = std::move(a);
    a = std::move(b);
    b = std::move(kept);
  }

 private:
  bool IsInline() const noexcept { return capacity_ == kInline; }

  void Grow(size_type count) {
    constexpr size_type kMost = ~std::uint32_t{0} / sizeof(T);
    if (count > kMost) throw std::length_error("InlineVector");
    const size_type capacity = std::min(kMost, std::max<size_type>(count, size_type{capacity_} * 2));
    T* grown = std::allocator<T>().allocate(capacity);
    std::copy(begin(), end(), grown);
    Release();
    elsewhere_ = grown;
    capacity_ = static_cast<std::uint32_t>(capacity);
  }
  /// Leaves the object without memory of its own; its size is for the caller to set.
  void Release() noexcept {
    if (!IsInline()) std::allocator<T>().deallocate(elsewhere_, capacity_);
    capacity_ = kInline;
  }
  /// Of an object that has nothing to release.
  void Take(InlineVector& other) noexcept {
    static_assert(sizeof here_ >= sizeof elsewhere_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, kInline);
    std::memcpy(here_, other.here_, sizeof here_);  // the pointer, where there is one
  }

  std::uint32_t size_ = 0, capacity_ = kInline;
  union {
    T here_[kInline];
    T* elsewhere_;
  };
};

}  // namespace rutter
