#pragma once
// A file that appears whole or not at all.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rutter {

/// Writes to a temporary file in the target's folder; Commit() makes it durable and renames it over the target, so that a
/// reader sees the old file or the new one, never a part. Destroyed without Commit(), it leaves nothing behind.
/// One thread.
class AtomicFile {
 public:
  /// Errors: kIo (no such folder, no permission), kInvalidArgument (the target is a folder).
  static Result<std::unique_ptr<AtomicFile>> Create(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Errors: kIo (disk full; the message says how many bytes were written).
  Status Write(std::string_view bytes);
  /// Flushes, syncs, renames, syncs the folder. Errors: kIo.
  Status Commit();

 private:
  AtomicFile(std::string path, std::string temporary, int descriptor);
  std::string path_, temporary_;
  int descriptor_;
  unsigned long long written_ = 0;
};

}  // namespace rutter
