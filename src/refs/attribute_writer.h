#pragma once
// A node's attributes as the members of .zattrs (or of zarr.json's "attributes").

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "model/map.h"
#include "refs/array_plan.h"
#include "refs/extras.h"
#include "refs/lindi_metadata.h"

namespace rutter {

struct AttributeOptions {
  const LindiReferences* lindi = nullptr;  ///< Not null: LINDI's forms.
  bool zarr3 = false;
  bool fill_in_metadata = false;           ///< _FillValue stands in .zarray already.
  std::string_view first;                  ///< Members that come before the node's own.
  const Array* array = nullptr;            ///< Null for groups; else `plan` is its plan.
  const ArrayPlan* plan = nullptr;
  const std::string* original_name = nullptr;  ///< Of a node that was renamed.
  /// Receives attributes that the document does not carry.
  std::function<void(const Attribute& attribute, Error reason)> not_mapped;
};

/// Why an attribute cannot stand in a document; null where it can.
std::optional<Error> WhyNotMapped(const Attribute& attribute);

/// Appends the members without braces. HDF5 and netCDF-4 machinery is left out (clients know dimensions by other means), lists of one
/// element become that element but in LINDI, and our own _ENUM, _DTYPE and _ORIGINAL_NAME say what Zarr cannot.
/// `extras` gets what JSON does not keep; null where the node is only repeated under another name.
void WriteAttributes(const Node& node, const AttributeOptions& options, Extras* extras, const std::string& path, std::string& out);

/// _ENUM, _DTYPE, _ORIGINAL_NAME: not attributes of the data.
bool IsOwnAnnotation(std::string_view attribute_name);

}  // namespace rutter
