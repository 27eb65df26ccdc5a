#pragma once
// Work that its caller may give up.

#include <atomic>
#include <memory>

#include "base/result.h"

namespace rutter {

/// Turns true once, when the work is to end; shared by all who do it. Null = never.
using CancelFlag = std::shared_ptr<const std::atomic<bool>>;

inline bool IsCancelled(const std::atomic<bool>* cancel) { return cancel != nullptr && cancel->load(std::memory_order_relaxed); }
inline bool IsCancelled(const CancelFlag& cancel) { return IsCancelled(cancel.get()); }

inline Error CancelledError() { return MakeError(ErrorCode::kCancelled, "the caller cancelled the work"); }

/// kCancelled where the flag is set.
inline Status CheckCancelled(const std::atomic<bool>* cancel) {
  if (IsCancelled(cancel)) return Fail(CancelledError());
  return {};
}
inline Status CheckCancelled(const CancelFlag& cancel) { return CheckCancelled(cancel.get()); }

/// How long a wait may last before the flag is looked at again.
inline constexpr int kCancelPollMs = 40;

}  // namespace rutter
