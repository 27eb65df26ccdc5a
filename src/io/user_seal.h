#pragma once
// The seal by which a user's own maps are known again.

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rutter {

/// A keyed hash (HMAC-SHA-256, hexadecimal) over the sources of a map, by a secret key of this user's that is made when it
/// is first needed: `$XDG_STATE_HOME/rutter/seal.key`, else `~/.local/state/rutter/seal.key`, readable by its owner alone.
/// Whoever asked for a map of a file trusts the map to lead there, wherever it stands; a stranger's map has no such seal.
/// Thread-safe. Errors: kIo (no home folder, or it cannot be written).
Result<std::string> SealSources(std::span<const std::string> urls);

/// True where `seal` is what SealSources gives for these sources. Makes no key. Thread-safe.
bool IsOwnSeal(std::span<const std::string> urls, std::string_view seal);

}  // namespace rutter
