#pragma once
// Sources whose reads are counted, end where their caller gives up, and whose failures are not forgotten.

#include <memory>
#include <mutex>

#include "base/cancel.h"
#include "base/trace.h"
#include "io/byte_source.h"
#include "io/source_opener.h"

namespace rutter {

/// The first read that failed because of the world and not because of what the file holds: a disk or a network that gives no bytes,
/// a file that changed. Whoever asked may have taken it for damage of one object. Thread-safe.
class FirstFailure {
 public:
  void Note(const Status& status) {
    if (status || (status.error().code != ErrorCode::kIo && status.error().code != ErrorCode::kSourceChanged)) return;
    std::lock_guard lock(mutex_);
    if (first_) first_ = status;
  }
  Status status() const {
    std::lock_guard lock(mutex_);
    return first_;
  }

 private:
  mutable std::mutex mutex_;
  Status first_;
};

/// What everything that works on one opened file or map shares.
struct Observer {
  std::shared_ptr<Trace> trace;  ///< Never null where sources are observed.
  CancelFlag cancel;             ///< Reads begin no more once it is true: kCancelled.
  std::shared_ptr<FirstFailure> failure;  ///< Never null where sources are observed.
};

/// The same source; its reads are counted.
std::shared_ptr<ByteSource> Observe(std::shared_ptr<ByteSource> source, Observer observer);

/// The same opener; what it opens is observed.
std::shared_ptr<SourceOpener> Observe(std::shared_ptr<SourceOpener> opener, Observer observer);

}  // namespace rutter
