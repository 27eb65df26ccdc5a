#pragma once
// One value of any type, for attributes, variable-length data and JSON. Bulk numeric data never takes this form.

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/rare.h"
#include "model/selection.h"

namespace rutter {

struct Value;

/// Raw bytes that are no text (opaque data).
struct Bytes {
  std::string data;
  bool operator==(const Bytes&) const = default;
};

/// A reference to an object, and to a part of it where `has_selection`. Null where `is_null`.
struct Reference {
  bool is_null = false;
  std::uint64_t address = 0;   ///< The object's address in the file; 0 where the map does not know it.
  std::string path;            ///< Absolute path of the object; empty where no path leads to it.
  std::string file;            ///< Another file (HDF5 1.12 references); empty for the own one.
  std::string attribute;       ///< HDF5 1.12 attribute references.
  bool has_selection = false;
  ElementSelection selection;
};

struct Complex {
  double real = 0, imag = 0;
};

using ValueList = std::vector<Value>;
using ValueRecord = std::vector<std::pair<std::string, Value>>;

/// Text is kept as its bytes; whether they are UTF-8 is asked when it is written. Enumerations are their integers.
/// References are kept apart, so that the many plain values stay small; As<Reference>() sees through that.
struct Value {
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Bytes, Complex, Rare<Reference>, ValueList,
               ValueRecord>
      data;

  Value() = default;
  template <class T>
  explicit Value(T value) : data(std::move(value)) {}

  template <class T>
  const T* As() const {
    if constexpr (std::is_same_v<T, Reference>) {
      const auto* reference = std::get_if<Rare<Reference>>(&data);
      return reference == nullptr ? nullptr : reference->operator->();
    } else {
      return std::get_if<T>(&data);
    }
  }
  template <class T>
  T* As() {
    return const_cast<T*>(std::as_const(*this).template As<T>());
  }
  bool IsNull() const { return std::holds_alternative<std::monostate>(data); }
};

}  // namespace rutter
