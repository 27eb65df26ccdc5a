#pragma once
// Sources whose reads are counted, and end where their caller gives up.

#include <memory>

#include "base/cancel.h"
#include "base/trace.h"
#include "io/byte_source.h"
#include "io/source_opener.h"

namespace rutter {

/// What everything that works on one opened file or map shares.
struct Observer {
  std::shared_ptr<Trace> trace;  ///< Never null where sources are observed.
  CancelFlag cancel;             ///< Reads begin no more once it is true: kCancelled.
};

/// The same source; its reads are counted.
std::shared_ptr<ByteSource> Observe(std::shared_ptr<ByteSource> source, Observer observer);

/// The same opener; what it opens is observed.
std::shared_ptr<SourceOpener> Observe(std::shared_ptr<SourceOpener> opener, Observer observer);

}  // namespace rutter
