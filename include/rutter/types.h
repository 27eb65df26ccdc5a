#pragma once
// What a file holds, and which part of an array to read.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rutter/config.h"
#include "rutter/result.h"

namespace rutter {
RUTTER_V1 {

using Shape = std::vector<std::uint64_t>;  ///< Elements per axis, slowest first; empty = scalar.

enum class NodeKind : int {
  kGroup = 1,
  kArray = 2,
  kNamedType = 3,
  kHardLink = 4,  ///< Another name of an object that stands elsewhere.
  kSoftLink = 5,
  kExternalLink = 6,
  kUserLink = 7,
  kUnreadable = 8,  ///< Damaged or not supported; `failure` says why.
};

/// One entry of the tree.
struct NodeInfo {
  std::string path;  ///< "/" for the root.
  NodeKind kind = NodeKind::kGroup;
  std::string target;            ///< Links: where to.
  std::optional<Error> failure;  ///< Why the node, or an array's data, cannot be read; of a group, why not all members are here.
  std::optional<Error> attributes_failure;  ///< Why not all attributes are there.
};

enum class ElementKind : int {
  kInteger = 1,
  kFloat = 2,
  kComplex = 3,
  kBool = 4,
  kEnum = 5,      ///< Integers with names.
  kText = 6,      ///< Of fixed length.
  kCompound = 7,  ///< Records.
  kBytes = 8,     ///< Bit fields and opaque bytes.
  kOther = 9,     ///< Arrays of one of these in each element, references, and what has no fixed size.
};

/// The type of elements as reads yield them: in host byte order, without padding between elements.
struct ElementType {
  ElementKind kind = ElementKind::kOther;
  std::uint64_t size_bytes = 0;  ///< 0 = no fixed size: only Array::ReadJson reads them.
  bool is_signed = false;        ///< Integers.
  std::string numpy;             ///< NumPy's name, such as "<f4"; of records as JSON; "" where it has none.
  std::string title;             ///< For people.
};

/// An array without its data.
struct ArrayInfo {
  Shape shape;
  Shape chunk_shape;
  std::vector<std::string> dimension_names;  ///< One for each axis; "" = none.
  ElementType type;
  bool is_null = false;  ///< Declared without any elements.
};

/// Elements start, start + step, ... (`count` of them) of one axis.
struct AxisSlice {
  std::uint64_t start = 0, count = 0;
  std::int64_t step = 1;  ///< May be negative, never 0.
  bool drop = false;      ///< The axis is left out of the result's shape; count is 1.
};

/// A slice of every axis of an array.
using Slice = std::vector<AxisSlice>;

/// All of an array.
RUTTER_EXPORT Slice WholeSlice(const Shape& shape);
/// NumPy's syntax: "0:1000,::2,5", "...", negative numbers count from the end; missing axes are whole; "" = all.
/// Errors: kInvalidArgument, which names the part.
RUTTER_EXPORT Result<Slice> ParseSlice(std::string_view text, const Shape& shape);
/// The shape that a read of it has: dropped axes are left out.
RUTTER_EXPORT Shape ResultShape(const Slice& slice);
RUTTER_EXPORT std::uint64_t NumElements(const Slice& slice);

}  // namespace v1
}  // namespace rutter
