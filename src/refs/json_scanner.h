#pragma once
// A large JSON object member by member, through a window over its text: no tree, no index, one value at a time.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "refs/document_text.h"

namespace rutter {

/// Behind white space. Text in a window ends with NUL, where this stops.
inline const char* SkipJsonSpace(const char* at) {
  while (static_cast<unsigned char>(*at) <= ' ' && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
  return at;
}

/// Behind the string that begins at `at`, or nullptr where it does not end before `end`.
const char* SkipJsonString(const char* at, const char* end);

/// Behind the value that begins at `at`, or nullptr where it does not end before `end`. Only brackets and strings are looked
/// at: what lies between them is for whoever takes the value.
const char* SkipJsonValue(const char* at, const char* end);

/// Walks the members of an object. Each member is seen whole: the window grows where one is larger. Errors name the byte of
/// the text: kCorrupt (no sound JSON), kLimit (a huge member), and those of the text.
class JsonScanner {
 public:
  static constexpr std::size_t kPadding = 64;  ///< Bytes behind end() that may be read; they are NUL.

  /// From `begin` on. A member of more than `max_member_bytes` is refused (kLimit).
  JsonScanner(DocumentText& text, std::uint64_t begin, std::uint64_t max_member_bytes) : text_(text), base_(begin), max_member_bytes_(max_member_bytes) {}

  /// The next character that is no white space, which stays; NUL at the end of the text.
  Result<char> Peek();
  /// Takes the next character, which must be `wanted`.
  Status Expect(char wanted);
  /// Takes the key of a member with its colon: the string with its quotes, valid until the next member.
  Result<std::string_view> TakeKey();
  /// Takes a value, whole: its text, valid until the scanner moves on.
  Result<std::string_view> TakeValue();
  /// After a member: true where another one follows, false where the object ended; both are taken.
  Result<bool> TakeComma();

  /// For those who read members in place: [at, end), followed by padding.
  const char* at() const { return at_; }
  const char* end() const { return end_; }
  void MoveTo(const char* at) { at_ = at; }

  std::uint64_t offset() const { return base_ + static_cast<std::uint64_t>(at_ - buffer_.get()); }
  std::uint64_t offset_of(const char* place) const { return base_ + static_cast<std::uint64_t>(place - buffer_.get()); }
  tl::unexpected<Error> Corrupt(const std::string& message) const;

 private:
  /// Reads on; false at the end of the text. Keeps everything from at() on.
  Result<bool> More();

  DocumentText& text_;
  std::uint64_t base_ = 0;  ///< Of the buffer's first byte in the text.
  std::uint64_t max_member_bytes_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::string key_;
};

}  // namespace rutter
