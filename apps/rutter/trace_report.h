#pragma once
// What a command cost, for --trace.

#include <string>

#include "base/trace.h"
#include "ops/cost.h"

namespace rutter::cli {

/// Started with the command; tells at its end.
class TraceReport {
 public:
  /// `,"trace":{...}`, to stand in the object that --json prints.
  std::string Json(const Dataset& dataset) const;
  /// A table on standard error.
  void Print(const Dataset& dataset) const;

 private:
  WallTimer wall_;
};

}  // namespace rutter::cli
