#include "formats/hdf5/resolver.h"

#include <string>
#include <utility>

#include "base/checked.h"
#include "formats/hdf5/storage.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSlot = "variable-length slot", kReference = "reference", kSpec = "HDF5 4.0, Data Storage";
constexpr std::uint8_t kObject2 = 2, kRegion2 = 3, kAttribute = 4, kExternalFile = 1;

}  // namespace

Result<std::span<const std::byte>> Resolver::HeapObject(ByteReader& reader) const {
  auto address = reader.Address(file_->sizes().offsets);
  std::uint32_t index = reader.U32();
  RUTTER_TRY(reader.Check());
  if (!address || *address == 0) return std::span<const std::byte>{};
  return heap_.Object(*address, index);
}

Result<std::span<const std::byte>> Resolver::VlenBytes(std::span<const std::byte> slot, std::uint64_t element_bytes, std::uint64_t& count) const {
  ByteReader reader(slot, 0, {file_->name(), kSlot, kSpec});
  count = reader.U32();
  RUTTER_ASSIGN(auto object, HeapObject(reader));
  if (object.empty()) count = 0;
  auto bytes = CheckedMul(count, element_bytes);
  if (!bytes || *bytes > object.size()) {
    Error error = MakeError(ErrorCode::kCorrupt, "a variable-length value of " + std::to_string(count) + " elements in a heap object of " +
                                                     std::to_string(object.size()) + " bytes");
    error.where.source = file_->name();
    error.where.structure = kSlot;
    error.where.spec = kSpec;
    return Fail(std::move(error));
  }
  return object.first(static_cast<std::size_t>(*bytes));
}

Status Resolver::FetchVlen(std::span<const std::byte> slot, std::uint64_t element_bytes, std::vector<std::byte>& out, std::uint64_t& count) const {
  RUTTER_ASSIGN(auto bytes, VlenBytes(slot, element_bytes, count));
  out.assign(bytes.begin(), bytes.end());
  return {};
}

void Resolver::Locate(Reference& reference, std::uint64_t address) const {
  reference.address = address;
  if (paths_ != nullptr && reference.file.empty()) reference.path = paths_->PathOf(address);
}

Result<Reference> Resolver::FetchReference(const Dtype& dtype, std::span<const std::byte> slot) const {
  if (dtype.revised_reference) return FetchRevised(slot);
  Reference reference;
  ByteReader reader(slot, 0, {file_->name(), kReference, kSpec});
  std::uint8_t width = file_->sizes().offsets;
  if (dtype.type_class == TypeClass::kObjectReference) {
    auto address = reader.Address(width);
    reference.is_null = !address || *address == 0;
    if (!reference.is_null) Locate(reference, *address);
    return reader.Finish(std::move(reference));
  }
  RUTTER_ASSIGN(auto object, HeapObject(reader));
  if (object.empty()) {
    reference.is_null = true;
    return reference;
  }
  ByteReader region(object, 0, {file_->name(), "region reference", kSpec});
  auto address = region.Address(width);
  RUTTER_TRY(region.Check());
  RUTTER_ASSIGN(reference.selection, DecodeSelection(region, file_->sizes(), 0, file_->limits()));
  reference.has_selection = true;
  Locate(reference, address.value_or(0));
  return reference;
}

// A slot is: type, flags, then either the token of the object itself or the size and place of a blob in the global heap
// that holds the token and what follows it.
Result<Reference> Resolver::FetchRevised(std::span<const std::byte> slot) const {
  Reference reference;
  ByteReader reader(slot, 0, {file_->name(), kReference, kSpec});
  std::uint8_t type = reader.U8();
  std::uint8_t flags = reader.U8();
  bool external = (flags & kExternalFile) != 0;
  if (reader.ok() && type == 0) {
    reference.is_null = true;
    return reference;
  }
  if (reader.ok() && (type < kObject2 || type > kAttribute)) reader.Fail(ErrorCode::kUnsupported, "reference type " + std::to_string(type));
  RUTTER_TRY(reader.Check());
  if (type != kObject2 || external) {
    std::uint64_t bytes = reader.U32();
    RUTTER_ASSIGN(auto blob, HeapObject(reader));
    if (blob.empty()) {
      reference.is_null = true;
      return reference;
    }
    if (bytes > blob.size()) return Fail(file_->MakeErrorAt(ErrorCode::kCorrupt, "a reference longer than its heap object", 0, kReference, kSpec));
    reader = ByteReader(blob.first(static_cast<std::size_t>(bytes)), 0, {file_->name(), kReference, kSpec});
  }
  std::uint8_t token_bytes = reader.U8();
  if (token_bytes > 8) reader.Fail(ErrorCode::kUnsupported, "an object token of " + std::to_string(token_bytes) + " bytes");
  std::uint64_t address = reader.Uint(token_bytes);
  if (external) {
    std::uint64_t name_bytes = reader.U16();
    reference.file = std::string(reader.TakeText(name_bytes));
  }
  if (type == kRegion2) {
    std::uint64_t bytes = reader.U32();
    std::uint32_t rank = reader.U32();
    ByteReader selection = reader.Sub(bytes, "region reference", kSpec);
    RUTTER_TRY(reader.Check());
    RUTTER_ASSIGN(reference.selection, DecodeSelection(selection, file_->sizes(), rank, file_->limits()));
    reference.has_selection = true;
  } else if (type == kAttribute) {
    std::uint64_t name_bytes = reader.U16();
    reference.attribute = std::string(reader.TakeText(name_bytes));
  }
  Locate(reference, address);
  return reader.Finish(std::move(reference));
}

Status BudgetedResolver::Spend(std::uint64_t cost) const {
  if (cost > budget_) return Fail(ErrorCode::kLimit, "what one value points to exceeds its budget (Limits::value_bytes)");
  budget_ -= cost;
  return {};
}

Status BudgetedResolver::FetchVlen(std::span<const std::byte> slot, std::uint64_t element_bytes, std::vector<std::byte>& out,
                                   std::uint64_t& count) const {
  RUTTER_ASSIGN(auto bytes, resolver_.VlenBytes(slot, element_bytes, count));
  RUTTER_TRY(Spend(bytes.size()));
  if (!only_text_) RUTTER_TRY(Spend(CheckedMul(count, sizeof(Value)).value_or(~0ull)));
  out.assign(bytes.begin(), bytes.end());
  return {};
}

Result<Reference> BudgetedResolver::FetchReference(const Dtype& dtype, std::span<const std::byte> slot) const {
  RUTTER_ASSIGN(auto reference, resolver_.FetchReference(dtype, slot));
  const ElementSelection& selection = reference.selection;
  RUTTER_TRY(Spend(reference.path.size() + selection.boxes.size() * sizeof(Box) + selection.points.size() * sizeof(Shape)));
  return reference;
}

}  // namespace rutter::hdf5
