#pragma once
// Does a kerchunk document keep to the subset that every client takes? Rules: docs/maps.md, "The strict subset".

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rutter {

/// One departure from the subset, and which clients it stops.
struct LintFinding {
  std::string key;      ///< The document key or array path.
  std::string clients;  ///< "zarrita, GDAL".
  std::string message;
};

/// Reads the document as text; at most `max_findings` are returned. Errors: kCorrupt (not JSON).
Result<std::vector<LintFinding>> LintReferences(std::string_view document, std::size_t max_findings = 1'000);

}  // namespace rutter
