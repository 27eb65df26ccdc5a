#pragma once
// Follows variable-length slots and references of one file.
// Sources: HDF5 4.0, "Data Storage" (variable-length and reference data), "Global Heap"; revised references (HDF5 1.12) by
// the library's encoding, which the text leaves out.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "formats/hdf5/file.h"
#include "formats/hdf5/heaps/global.h"
#include "formats/hdf5/path_table.h"
#include "model/element.h"

namespace rutter::hdf5 {

/// Thread-safe once SetPaths was called.
class Resolver final : public ElementResolver {
 public:
  explicit Resolver(std::shared_ptr<File> file) : file_(std::move(file)), heap_(*file_) {}

  /// Without a table, references have no paths. Call before the resolver is shared.
  void SetPaths(std::shared_ptr<const PathTable> paths) { paths_ = std::move(paths); }

  Status FetchVlen(std::span<const std::byte> slot, std::uint64_t element_bytes, std::vector<std::byte>& out,
                   std::uint64_t& count) const override;
  Result<Reference> FetchReference(const Dtype& dtype, std::span<const std::byte> slot) const override;

  /// FetchVlen without the copy: valid while the File lives.
  Result<std::span<const std::byte>> VlenBytes(std::span<const std::byte> slot, std::uint64_t element_bytes, std::uint64_t& count) const;

 private:
  Result<Reference> FetchRevised(std::span<const std::byte> slot) const;
  /// The global heap object whose address and index come next; empty where the address is null.
  Result<std::span<const std::byte>> HeapObject(ByteReader& reader) const;
  void Locate(Reference& reference, std::uint64_t address) const;

  std::shared_ptr<File> file_;
  mutable GlobalHeap heap_;
  std::shared_ptr<const PathTable> paths_;
};

/// Counts what one resolver hands out against a budget shared by many values: slots may all lead to the same large object.
class BudgetedResolver final : public ElementResolver {
 public:
  /// `only_text`: the values are strings; elements of other sequences become a Value each, which counts.
  BudgetedResolver(const Resolver& resolver, bool only_text, std::uint64_t& budget) : resolver_(resolver), only_text_(only_text), budget_(budget) {}
  Status FetchVlen(std::span<const std::byte> slot, std::uint64_t element_bytes, std::vector<std::byte>& out,
                   std::uint64_t& count) const override;
  Result<Reference> FetchReference(const Dtype& dtype, std::span<const std::byte> slot) const override;

 private:
  Status Spend(std::uint64_t cost) const;

  const Resolver& resolver_;
  bool only_text_;
  std::uint64_t& budget_;
};

}  // namespace rutter::hdf5
