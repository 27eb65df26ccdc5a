#include "refs/loose_text.h"

#include <algorithm>

namespace rutter {
namespace {

// Recursion follows the datatype, whose depth Limits::depth bounded when it was decoded.
bool ElementShowsPadding(const Dtype& dtype, std::span<const std::byte> element) {
  switch (dtype.type_class) {
    case TypeClass::kString: {
      if (!HasLooseText(dtype)) return false;
      if (dtype.padding == StringPadding::kSpacePadded) {
        // Clients take NULs off the end.
        auto last = std::find_if(element.rbegin(), element.rend(), [](std::byte byte) { return byte != std::byte{0}; });
        return last != element.rend() && *last == std::byte{' '};
      }
      auto end = std::find(element.begin(), element.end(), std::byte{0});
      return std::any_of(end, element.end(), [](std::byte byte) { return byte != std::byte{0}; });
    }
    case TypeClass::kArray: return dtype.base->size_bytes != 0 && ShowsPadding(*dtype.base, element, element.size() / dtype.base->size_bytes);
    case TypeClass::kCompound:
      return std::any_of(dtype.members.begin(), dtype.members.end(), [&](const DtypeMember& member) {
        return HasLooseText(*member.type) &&
               ElementShowsPadding(*member.type, element.subspan(static_cast<std::size_t>(member.offset), static_cast<std::size_t>(member.type->size_bytes)));
      });
    default: return false;
  }
}

}  // namespace

bool HasLooseText(const Dtype& dtype) {
  if (dtype.type_class == TypeClass::kString) return dtype.size_bytes > 1 && dtype.charset != CharSet::kUtf32 && dtype.padding != StringPadding::kNullPadded;
  if (dtype.base != nullptr && HasLooseText(*dtype.base)) return true;
  return std::any_of(dtype.members.begin(), dtype.members.end(), [](const DtypeMember& m) { return m.type != nullptr && HasLooseText(*m.type); });
}

bool ShowsPadding(const Dtype& dtype, std::span<const std::byte> stored, std::uint64_t count) {
  const auto size = static_cast<std::size_t>(dtype.size_bytes);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (ElementShowsPadding(dtype, stored.subspan(static_cast<std::size_t>(i) * size, size))) return true;
  }
  return false;
}

}  // namespace rutter
