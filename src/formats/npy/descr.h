#pragma once
// NumPy's description of an element type -> Dtype.

#include <string>

#include "base/limits.h"
#include "base/result.h"
#include "formats/npy/python_literal.h"
#include "model/dtype.h"
#include "model/selection.h"

namespace rutter::npy {

/// An element type and what the model's types cannot say of it.
struct Descr {
  DtypePtr dtype;           ///< Null where `has_objects`.
  bool has_objects = false;  ///< A pickled Python object, at any depth.
  bool needs_numpy_dtype = false;  ///< Dates or field titles somewhere: the NumPy text says more than `dtype`.
  char date_kind = 0;       ///< The whole element is a date: 'M' datetime64, 'm' timedelta64.
  std::string date_unit;    ///< "ns", "D", ...; empty = generic.
  std::uint64_t date_step = 1;  ///< Units per tick.
};

/// Errors: kCorrupt (no type description), kUnsupported (a type that is not fixed or not known), kLimit.
/// Source: NumPy 2, "The array interface protocol" and "Data type objects".
Result<Descr> ParseDescr(const Literal& literal, const Limits& limits);

}  // namespace rutter::npy
