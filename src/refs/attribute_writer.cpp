#include "refs/attribute_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>
#include <utility>

#include "model/value_json.h"

namespace rutter {
namespace {

/// Attributes that carry HDF5 and netCDF-4 machinery.
constexpr std::array<std::string_view, 8> kHousekeeping = {"REFERENCE_LIST", "CLASS",        "DIMENSION_LIST", "NAME",
                                                           "_Netcdf4Dimid",  "_Netcdf4Coordinates", "_nc3_strict",    "_NCProperties"};
constexpr std::array<std::string_view, 3> kOwn = {"_ENUM", "_DTYPE", "_ORIGINAL_NAME"};

/// Names of an enumeration beyond this are kept in the extra member only.
constexpr std::size_t kMaxEnumNames = 256;

const Value* OnlyElement(const Attribute& attribute) {
  const auto* list = attribute.shape.size() == 1 && attribute.shape[0] == 1 ? attribute.value.As<ValueList>() : nullptr;
  return list != nullptr && list->size() == 1 ? &list->front() : nullptr;
}

/// xarray's form of _FillValue in Zarr v3: floats are the base64 of a little-endian double.
bool AppendZarr3Fill(const Attribute& attribute, const Array& array, std::string& out) {
  const Value* value = OnlyElement(attribute);
  if (value == nullptr) value = &attribute.value;
  if (array.dtype->type_class != TypeClass::kFloat) return false;
  const auto* number = value->As<double>();
  if (number == nullptr) return false;
  auto bits = std::bit_cast<std::array<char, 8>>(*number);
  out += '"';
  AppendBase64({bits.data(), bits.size()}, out);
  out += '"';
  return true;
}

/// Appends to the members that begin at `begin`.
void OwnAnnotations(const Node& node, const AttributeOptions& options, std::size_t begin, std::string& out) {
  auto add = [&](const char* name, const std::string& json) {
    if (node.FindAttribute(name) != nullptr) return;
    if (out.size() > begin) out += ',';
    out += std::string("\"") + name + "\":" + json;
  };
  if (options.original_name != nullptr && IsUtf8(*options.original_name)) {
    std::string json;
    AppendJsonString(*options.original_name, json);
    add("_ORIGINAL_NAME", json);
  }
  if (options.array == nullptr || options.lindi != nullptr) return;
  const Dtype& type = *options.array->dtype;
  if (type.type_class == TypeClass::kObjectReference && !options.plan->object_codec.empty()) add("_DTYPE", "\"object_reference\"");
  bool small = type.type_class == TypeClass::kEnum && !type.IsBoolEnum() && type.members.size() <= kMaxEnumNames;
  if (small && std::all_of(type.members.begin(), type.members.end(), [](const DtypeMember& m) { return IsUtf8(m.name); })) {
    std::string json = "{";
    bool is_unsigned = type.base != nullptr && !type.base->is_signed;
    for (const DtypeMember& member : type.members) {
      if (json.size() > 1) json += ",";
      AppendJsonString(member.name, json);
      json += ":" + (is_unsigned ? std::to_string(static_cast<std::uint64_t>(member.value)) : std::to_string(member.value));
    }
    add("_ENUM", json + "}");
  }
}

}  // namespace

bool IsOwnAnnotation(std::string_view attribute_name) { return std::find(kOwn.begin(), kOwn.end(), attribute_name) != kOwn.end(); }

std::optional<Error> WhyNotMapped(const Attribute& attribute) {
  if (attribute.failure) return *attribute.failure;
  if (!IsUtf8(attribute.name)) return MakeError(ErrorCode::kUnsupported, "the attribute's name is not UTF-8");
  return std::nullopt;
}

void WriteAttributes(const Node& node, const AttributeOptions& options, Extras* extras, const std::string& path, std::string& out) {
  const std::size_t begin = out.size();
  out += options.first;
  OwnAnnotations(node, options, begin, out);
  auto not_mapped = [&](const Attribute& attribute, Error reason) {
    if (options.not_mapped) options.not_mapped(attribute, std::move(reason));
  };
  for (const Attribute& attribute : node.attributes) {
    if (auto reason = WhyNotMapped(attribute)) {
      not_mapped(attribute, *std::move(reason));
      continue;
    }
    bool machinery = options.lindi == nullptr && std::find(kHousekeeping.begin(), kHousekeeping.end(), attribute.name) != kHousekeeping.end();
    bool fill = options.fill_in_metadata && attribute.name == "_FillValue";
    if (machinery || fill || attribute.name == "_ARRAY_DIMENSIONS") {
      if (extras != nullptr) extras->HiddenAttribute(path, attribute);
      continue;
    }
    std::size_t before = out.size();
    if (out.size() > begin) out += ',';
    AppendJsonString(attribute.name, out);
    out += ':';
    if (options.lindi != nullptr) {
      if (!options.lindi->AppendAttribute(attribute, out)) {
        // LINDI's reader would refuse the whole node.
        out.resize(before);
        if (extras != nullptr) extras->HiddenAttribute(path, attribute);
        continue;
      }
    } else if (options.zarr3 && options.array != nullptr && attribute.name == "_FillValue" && AppendZarr3Fill(attribute, *options.array, out)) {
      if (extras != nullptr) extras->HiddenAttribute(path, attribute);
      continue;
    } else if (const Value* only = OnlyElement(attribute)) {
      AppendJson(*only, out);
      if (extras != nullptr) extras->AttributeType(path, attribute);
      continue;
    } else {
      AppendJson(attribute.value, out);
    }
    if (extras != nullptr && !IsPlainAttribute(attribute)) extras->AttributeType(path, attribute);
  }
}

}  // namespace rutter
