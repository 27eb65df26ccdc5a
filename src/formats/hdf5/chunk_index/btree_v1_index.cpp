#include "formats/hdf5/chunk_index/btree_v1_index.h"

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "formats/hdf5/chunk_index/exact_divider.h"
#include "formats/hdf5/chunk_index/node_batch.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, III.A.1 Version 1 B-trees";
constexpr std::string_view kStructure = "chunk B-tree node";
constexpr std::size_t kMaxRank = 32;
constexpr std::uint64_t kUsualEntries = 64;  ///< Twice the default K; other files are learned from their nodes.

template <class T>
T Load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

class Walk {
 public:
  Walk(const ChunkGeometry& geometry, const Box& box, const ChunkSink& sink)
      : file_(*geometry.file),
        box_(box),
        emitter_(geometry, sink, kStructure, kSpec),
        stream_(file_, kStructure, kSpec),
        rank_(geometry.rank()),
        address_bytes_(file_.sizes().offsets),
        header_bytes_(8 + 2u * address_bytes_),
        key_bytes_(8 + 8 * (rank_ + 1)),
        entry_bytes_(key_bytes_ + address_bytes_),
        node_bytes_(NodeBytes(kUsualEntries)),
        whole_(box.shape == geometry.grid) {
    dividers_.reserve(rank_);
    for (std::uint64_t dim : geometry.chunk) dividers_.emplace_back(dim);
  }

  Status Run(std::uint64_t root) {
    // Most trees are one node, which lies beside metadata that is kept anyway.
    RUTTER_ASSIGN(ByteReader r, file_.OpenUpTo(root, node_bytes_, kStructure, kSpec));
    auto node = r.Take(r.remaining());
    if (node.size() < header_bytes_) return Corrupt("the node ends before its header does", root, ErrorCode::kTruncated);
    unsigned level = std::to_integer<unsigned>(node[5]);
    if (level >= file_.limits().depth) return Corrupt("level " + std::to_string(level) + " (Limits::depth)", root, ErrorCode::kLimit);
    std::vector<std::uint64_t> nodes, children;
    RUTTER_TRY(Visit(node, root, level, children));
    while (level > 0) {
      --level;
      nodes.swap(children);
      children.clear();
      RUTTER_TRY(stream_.ForEach(nodes, node_bytes_, [&](std::span<const std::byte> bytes, std::uint64_t address) {
        return Visit(bytes, address, level, children);
      }));
    }
    return {};
  }

 private:
  std::uint64_t NodeBytes(std::uint64_t entries) const { return header_bytes_ + entries * entry_bytes_ + key_bytes_; }

  tl::unexpected<Error> Corrupt(std::string message, std::uint64_t address, ErrorCode code = ErrorCode::kCorrupt) const {
    return Fail(file_.MakeErrorAt(code, std::move(message), address, kStructure, kSpec));
  }

  Status Visit(std::span<const std::byte> node, std::uint64_t address, unsigned level, std::vector<std::uint64_t>& children) {
    if (node.size() < header_bytes_) return Corrupt("the node ends before its header does", address, ErrorCode::kTruncated);
    if (std::memcmp(node.data(), "TREE", 4) != 0) return Corrupt("signature TREE is missing", address);
    if (std::to_integer<unsigned>(node[4]) != 1) return Corrupt("a node that is not of a chunk tree", address);
    if (std::to_integer<unsigned>(node[5]) != level) return Corrupt("the level does not fall by one", address);
    const unsigned count = Load<std::uint16_t>(node.data() + 6);
    if (count == 0) return {};
    const std::uint64_t bytes = NodeBytes(count);
    // Nodes do not overlap in a sound file, so all of them together fit it: this bounds the walk over a hostile one.
    walked_bytes_ += bytes;
    if (walked_bytes_ > file_.end()) return Corrupt("the nodes of the tree are together larger than the file", address);
    std::vector<std::byte> longer;
    if (bytes > node.size()) {
      if (!RangeInside(address, bytes, file_.end())) {
        return Corrupt(std::to_string(count) + " entries end behind the file's last byte", address, ErrorCode::kTruncated);
      }
      node_bytes_ = bytes;  // The file has a larger K: the nodes of the next level are read whole at once.
      longer.resize(bytes);
      File::Read read{address, longer};
      RUTTER_TRY(file_.ReadMany({&read, 1}, kStructure, kSpec));
      node = longer;
    }
    const std::byte* entries = node.data() + header_bytes_;
    if (level > 0) return VisitInner(entries, count, address, children);
    switch (rank_) {
      case 1: return VisitLeaf<1>(entries, count, address);
      case 2: return VisitLeaf<2>(entries, count, address);
      case 3: return VisitLeaf<3>(entries, count, address);
      case 4: return VisitLeaf<4>(entries, count, address);
      default: return VisitLeaf<0>(entries, count, address);
    }
  }

  std::uint64_t LoadAddress(const std::byte* at) const {
    switch (address_bytes_) {
      case 8: return Load<std::uint64_t>(at);
      case 4: return Load<std::uint32_t>(at);
      default: return Load<std::uint16_t>(at);
    }
  }

  Status VisitInner(const std::byte* entries, unsigned count, std::uint64_t address, std::vector<std::uint64_t>& children) {
    for (unsigned i = 0; i < count; ++i) {
      const std::byte* entry = entries + i * entry_bytes_;
      if (!whole_) {
        bool exact = true;
        const bool wanted = MeetsBox(entry + 8, entry + entry_bytes_ + 8, exact);
        if (!exact) return Corrupt("a key that is no multiple of the chunk shape", address);
        if (!wanted) continue;
      }
      children.push_back(LoadAddress(entry + key_bytes_));
    }
    return {};
  }

  /// Whether a chunk of the box can lie in [after, before). Keys are compared with the offset in the element, their last
  /// number: 0 for chunks, more in the key behind the last chunk.
  bool MeetsBox(const std::byte* after, const std::byte* before, bool& exact) const {
    std::array<std::uint64_t, kMaxRank> at;
    std::array<std::uint64_t, kMaxRank> end;
    for (std::size_t k = 0; k < rank_; ++k) {
      at[k] = dividers_[k].Divide(Load<std::uint64_t>(after + 8 * k), exact);
      end[k] = dividers_[k].Divide(Load<std::uint64_t>(before + 8 * k), exact);
    }
    std::span<std::uint64_t> first(at.data(), rank_);
    if (Load<std::uint64_t>(after + 8 * rank_) != 0 && ++first.back() == 0) return false;
    if (!NextInBox(box_, first)) return false;
    for (std::size_t k = 0; k < rank_; ++k) {
      if (at[k] != end[k]) return at[k] < end[k];
    }
    return Load<std::uint64_t>(before + 8 * rank_) != 0;
  }

  /// kRank 0: any rank.
  template <std::size_t kRank>
  Status VisitLeaf(const std::byte* entries, unsigned count, std::uint64_t address) {
    const std::size_t rank = kRank == 0 ? rank_ : kRank;
    std::array<std::uint64_t, kMaxRank> index;
    for (unsigned i = 0; i < count; ++i) {
      const std::byte* entry = entries + i * entry_bytes_;
      bool exact = true, inside = true;
      int order = 0;
      for (std::size_t k = 0; k < rank; ++k) {
        index[k] = dividers_[k].Divide(Load<std::uint64_t>(entry + 8 + 8 * k), exact);
        inside = inside && index[k] - box_.start[k] < box_.shape[k];
        if (order == 0) order = index[k] < last_[k] ? -1 : index[k] > last_[k] ? 1 : 0;
      }
      if (!exact) return Corrupt("a key that is no multiple of the chunk shape", address);
      // The keys of a sound tree grow from left to right; this also keeps any chunk from coming twice.
      if (order <= 0 && any_) return Corrupt("keys that do not grow", address);
      any_ = true;
      for (std::size_t k = 0; k < rank; ++k) last_[k] = index[k];
      if (!inside) continue;
      Status status = emitter_.Emit({index.data(), rank}, LoadAddress(entry + key_bytes_), Load<std::uint32_t>(entry),
                                    Load<std::uint32_t>(entry + 4));
      if (!status) return status;
    }
    return {};
  }

  File& file_;
  const Box& box_;
  ChunkEmitter emitter_;
  NodeStream stream_;
  const std::size_t rank_, address_bytes_, header_bytes_, key_bytes_, entry_bytes_;
  std::uint64_t node_bytes_;
  const bool whole_;
  std::vector<ExactDivider> dividers_;
  std::array<std::uint64_t, kMaxRank> last_{};
  bool any_ = false;
  std::uint64_t walked_bytes_ = 0;
};

}  // namespace

Status BTreeV1Index::Locate(const Box& box, const ChunkSink& sink) const {
  if (box.Empty()) return {};
  return Walk(geometry_, box, sink).Run(root_);
}

}  // namespace rutter::hdf5
