#pragma once
// Every bound on work that file content can ask for, in one place. Errors of kind kLimit name the field.

#include <cstdint>

namespace rutter {

/// Budgets for one opened file or map. All are options; the defaults suit untrusted input.
struct Limits {
  std::uint64_t metadata_bytes = 1ull << 30;      ///< Metadata read and kept for one file.
  std::uint64_t objects = 10'000'000;             ///< Groups, datasets and named types.
  std::uint64_t attributes = 50'000'000;          ///< Attributes over all objects.
  std::uint64_t header_chunks = 65'536;           ///< Continuation blocks of one object header.
  std::uint32_t depth = 64;                       ///< B-tree, datatype and link depth.
  std::uint32_t group_depth = 1'024;              ///< Nesting of groups.
  std::uint32_t filters = 32;                     ///< Filters in one pipeline.
  std::uint32_t rank = 32;                        ///< Dimensions of one array.
  std::uint64_t chunk_bytes = 4ull << 30;         ///< One decoded chunk.
  std::uint64_t value_bytes = 1ull << 30;         ///< One attribute or one variable-length value.
  std::uint64_t chunks_located = 1ull << 32;      ///< Chunks streamed for one array.
  std::uint64_t inline_bytes = 1ull << 30;        ///< Data held inline by one map, in all.
  std::uint64_t members = 65'536;                 ///< Members of one compound or enumeration.
  std::uint64_t virtual_mappings = 1'000'000;     ///< Mappings of one virtual dataset after expansion.
  std::uint64_t output_bytes = 1ull << 40;        ///< One result of a read.

  /// Tight budgets, as for fuzzing and for files from strangers on a server.
  static Limits Strict() {
    Limits l;
    l.metadata_bytes = 64ull << 20;
    l.objects = 100'000;
    l.attributes = 100'000;
    l.header_chunks = 1'024;
    l.chunk_bytes = 32ull << 20;
    l.value_bytes = 32ull << 20;
    l.chunks_located = 1'000'000;
    l.inline_bytes = 64ull << 20;
    l.virtual_mappings = 10'000;
    l.output_bytes = 64ull << 20;
    return l;
  }
};

}  // namespace rutter
