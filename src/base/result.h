#pragma once
// Result<T>: a value or an Error. tl::expected has std::expected's shape, so that one can replace the other one day.

#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace rutter {

template <class T>
using Result = tl::expected<T, Error>;

/// Success or an Error. Its own class for one reason: the success of `return {};` sets one byte, where tl::expected's
/// implicit constructor first clears the room of the error (12 ns in every call, more than visiting a chunk costs).
class Status : public tl::expected<void, Error> {
  using Base = tl::expected<void, Error>;

 public:
  using Base::Base;
  Status() noexcept {}  // NOLINT: "= default" would clear again
  Status(Base result) : Base(std::move(result)) {}
};

/// The failure side of a Result: `return Fail(ErrorCode::kCorrupt, "rank 33");`
inline tl::unexpected<Error> Fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(MakeError(code, std::move(message)));
}
inline tl::unexpected<Error> Fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace rutter

#define RUTTER_CONCAT_INNER(a, b) a##b
#define RUTTER_CONCAT(a, b) RUTTER_CONCAT_INNER(a, b)

#define RUTTER_TRY_INNER(status, expression)                             \
  do {                                                                   \
    auto&& status = (expression);                                        \
    if (!status) return ::rutter::Fail(std::move(status).error());       \
  } while (false)

/// Returns the error of a Status or Result expression from the enclosing function. Names are unique, so that a lambda
/// inside the expression may use it too.
#define RUTTER_TRY(expression) RUTTER_TRY_INNER(RUTTER_CONCAT(rutter_status_, __COUNTER__), expression)

#define RUTTER_ASSIGN_INNER(result, declaration, expression)          \
  auto result = (expression);                                         \
  if (!result) return ::rutter::Fail(std::move(result).error());      \
  declaration = *std::move(result)

/// `RUTTER_ASSIGN(auto x, F());` declares or assigns x from a Result, or returns its error.
#define RUTTER_ASSIGN(declaration, expression) \
  RUTTER_ASSIGN_INNER(RUTTER_CONCAT(rutter_result_, __COUNTER__), declaration, expression)
