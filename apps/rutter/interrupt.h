#pragma once
// Ctrl-C.

#include "base/cancel.h"

namespace rutter::cli {

/// The flag that SIGINT and SIGTERM set, so that work ends in order: temporary files go, the exit code is 130. A second
/// signal ends the process at once. Signals are taken from the first call on.
CancelFlag InterruptFlag();

}  // namespace rutter::cli
