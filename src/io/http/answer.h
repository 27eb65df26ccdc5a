#pragma once
// What a server's answer to a range request means: data, a repeat, another place, or an error. No I/O.

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "io/byte_source.h"
#include "io/http/response_head.h"

namespace rutter::http {

/// Bodies of servers that ignore ranges are read from their start up to here, and no further.
inline constexpr std::uint64_t kReadOverBytes = 64ull << 20;

/// One ranged GET of one source.
struct Question {
  std::string source;                 ///< The URL that errors name.
  std::uint64_t first = 0, last = 0;  ///< Inclusive.
  /// What the source was when it was opened. Without: this request opens it, `first` is 0, and the source may end before `last`.
  std::optional<Fingerprint> known;
  bool was_redirected = false;        ///< The URL asked is one that a redirect gave, and may have expired.
  std::int64_t now = 0;               ///< Seconds since 1970.
};

struct Answer {
  enum class Kind {
    kData,      ///< The body: `skip` bytes to pass over, then bytes of the source from Question::first on.
    kWhole,     ///< Opening only: the server ignores ranges, and the body is the whole source.
    kEmpty,     ///< Opening only: the source has no bytes.
    kRepeat,    ///< Worth asking again; `error` is what to say otherwise.
    kRedirect,  ///< Ask at `location`.
    kRenew,     ///< Ask the first URL again for where the data lies.
    kRegion,    ///< An object store: ask in the region `location`.
    kNewKeys,   ///< An object store: the keys have expired; ask with new ones where there are any.
    kFail,
  };
  Kind kind = Kind::kFail;
  std::uint64_t skip = 0;
  std::uint64_t length = 0;                    ///< kData: bytes of the source behind `skip`, at least 1.
  bool exact = false;                          ///< The body has to end after `length`; else the rest is left unread.
  std::optional<std::uint64_t> whole_length;   ///< kWhole, where the head tells it.
  Fingerprint found;                           ///< kData, kWhole, kEmpty. Its size is 0 where the head does not tell it.
  bool size_is_known = false;
  std::string location;
  std::optional<std::uint64_t> wait_seconds;   ///< What the server asks for.
  Error error;                                 ///< kRepeat, kRenew, kRegion, kNewKeys, kFail.
};

Answer JudgeAnswer(const ResponseHead& head, const Question& question);

/// A strong validator, fit for If-Match (RFC 9110, 8.8.3).
bool IsStrong(const std::string& etag);

}  // namespace rutter::http
