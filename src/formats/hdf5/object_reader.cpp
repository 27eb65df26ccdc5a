#include "formats/hdf5/object_reader.h"

#include <utility>

#include "formats/hdf5/messages/datatype.h"

namespace rutter::hdf5 {
namespace {

// Real files have few different datatypes; a hostile one shall not make us keep each of its messages.
constexpr std::size_t kMaxCachedBytes = 4 << 20;

}  // namespace

Result<ByteReader> ObjectReader::Open(const HeaderMessage& message, std::string_view structure, std::string_view spec) {
  ByteReader reader = message.Reader(file_, structure, spec);
  if (!message.shared()) return reader;
  return shared_.Open(message.type, reader, structure, spec);
}

Result<KnownDatatype> ObjectReader::Datatype(ByteReader reader) {
  ByteReader whole = reader;
  std::string_view key = whole.TakeText(whole.remaining());
  auto found = datatypes_.find(key);
  if (found != datatypes_.end()) return found->second;
  RUTTER_ASSIGN(auto dtype, DecodeDatatype(reader, file_.sizes(), file_.limits()));
  KnownDatatype known{std::move(dtype), false};
  known.has_reference = HasReference(*known.dtype);
  if (cached_bytes_ + key.size() <= kMaxCachedBytes) {
    cached_bytes_ += key.size() + sizeof(Dtype);
    datatypes_.emplace(key, known);
  }
  return known;
}

Result<KnownDatatype> ObjectReader::Datatype(const HeaderMessage& message) {
  RUTTER_ASSIGN(auto reader, Open(message, kDatatypeStructure, kDatatypeSpec));
  return Datatype(std::move(reader));
}

Result<Dataspace> ObjectReader::Space(const HeaderMessage& message) {
  RUTTER_ASSIGN(auto reader, Open(message, kDataspaceStructure, kDataspaceSpec));
  return DecodeDataspace(std::move(reader), file_.sizes(), file_.limits());
}

}  // namespace rutter::hdf5
