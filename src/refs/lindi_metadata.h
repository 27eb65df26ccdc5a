#pragma once
// What LINDI writes beside plain Zarr v2. Source: LINDI, "Special Zarr annotations".

#include <string>

#include "model/map.h"
#include "refs/array_plan.h"

namespace rutter {

/// Object ids for references, as LINDI keeps them beside the paths: the attribute object_id of the target and of the root.
class LindiReferences {
 public:
  explicit LindiReferences(const Map& map);

  /// {"_REFERENCE": {...}}; null for a null reference.
  void Append(const Reference& reference, std::string& out) const;
  /// An attribute's value; false where LINDI's reader has no form for it (null, complex, compound, lists of references,
  /// text that is not UTF-8 or is one of its words for numbers).
  bool AppendAttribute(const Attribute& attribute, std::string& out) const;

 private:
  const Map& map_;
  std::string root_id_ = "null";
};

/// The annotations of an array, members without braces: _SCALAR, _COMPOUND_DTYPE.
std::string LindiAnnotations(const Array& array, const ArrayPlan& plan);

}  // namespace rutter
