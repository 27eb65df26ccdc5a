// Object codecs' framings and JSON, for every codec and several element types.

#include <cstdlib>
#include <memory>
#include <span>
#include <string>

#include "base/limits.h"
#include "model/value_json.h"
#include "read/object_codecs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rutter;
  if (size < 3) return 0;
  static constexpr const char* kCodecs[] = {"vlen-utf8", "vlen-bytes", "vlen-array", "rutter-json", "json2"};
  static constexpr TypeClass kClasses[] = {TypeClass::kVlenString,      TypeClass::kVlenSequence, TypeClass::kObjectReference, TypeClass::kRegionReference,
                                           TypeClass::kCompound,        TypeClass::kComplex,      TypeClass::kOpaque,          TypeClass::kArray,
                                           TypeClass::kFloat,           TypeClass::kInteger};
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = kClasses[data[1] % std::size(kClasses)];
  dtype->size_bytes = 8;
  dtype->base = data[1] % 2 == 0 ? MakeFloat(4) : MakeInteger(2, true, ByteOrder::kBig);
  dtype->dims = {2};
  auto reference = std::make_shared<Dtype>();
  reference->type_class = TypeClass::kRegionReference;
  dtype->members = {{"a", 0, MakeFloat(4), 0}, {"b", 4, reference, 0}};
  Limits limits = Limits::Strict();
  std::span<const std::byte> chunk(reinterpret_cast<const std::byte*>(data) + 3, size - 3);
  auto values = DecodeObjects(kCodecs[data[0] % std::size(kCodecs)], *dtype, chunk, data[2], limits);
  if (!values) {
    if (values.error().code == ErrorCode::kInternal) std::abort();
    return 0;
  }
  if (values->size() != data[2]) std::abort();
  std::string text;
  for (const Value& value : *values) AppendJson(value, text);
  return 0;
}
