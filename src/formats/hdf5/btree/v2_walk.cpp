#include "formats/hdf5/btree/v2_walk.h"

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "base/checked.h"
#include "formats/hdf5/checksum.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, III.A.2 Version 2 B-trees";
constexpr std::string_view kInternal = "version 2 B-tree internal node";
constexpr std::string_view kLeaf = "version 2 B-tree leaf node";
constexpr std::uint64_t kBatchBytes = 256 << 10;

/// Bytes that hold every number up to `limit`.
unsigned BytesFor(std::uint64_t limit) { return limit == 0 ? 1 : (static_cast<unsigned>(std::bit_width(limit)) + 7) / 8; }

/// What the specification derives for the nodes of one depth (0 = leaves).
struct NodeShape {
  std::uint64_t max_records = 0;
  std::uint64_t max_total = 0;    ///< In the node's whole subtree.
  unsigned pointer_bytes = 0;     ///< One child pointer; 0 for leaves.
  unsigned total_width = 0;       ///< Of a child's total number of records; 0 where the children are leaves.
};

struct Node {
  std::uint64_t address = 0;
  std::uint16_t records = 0;
};

/// The children of one node that are still to come, and the bytes of a batch of them.
struct Level {
  std::vector<std::byte> bytes;     ///< The node, checked.
  std::uint16_t records = 0;
  std::size_t next = 0;             ///< The child to enter next (its record `next` follows it).
  std::size_t batch_begin = 0, batch_end = 0;  ///< Children whose bytes lie in `batch`.
  std::vector<std::byte> batch;
  std::vector<std::size_t> batch_offsets;      ///< Of child batch_begin + i; npos: not wanted.
};

class Walk {
 public:
  Walk(File& file, const BTreeV2Header& header, const BTreeV2Wanted& wanted,
       const std::function<Status(std::span<const std::byte>)>& visit)
      : file_(file), header_(header), wanted_(wanted), visit_(visit) {}

  Status Run() {
    if (!header_.root || header_.root_records == 0) return {};
    RUTTER_TRY(DeriveShapes());
    Level root;
    RUTTER_TRY(CheckRecords({*header_.root, header_.root_records}, header_.depth));
    RUTTER_TRY(Charge(NodeBytes(header_.root_records, header_.depth), *header_.root));
    root.bytes.resize(NodeBytes(header_.root_records, header_.depth));
    root.records = header_.root_records;
    File::Read read{*header_.root, root.bytes};
    RUTTER_TRY(file_.ReadMany({&read, 1}, header_.depth == 0 ? kLeaf : kInternal, kSpec));
    RUTTER_TRY(CheckNode(root.bytes, *header_.root, header_.depth));
    if (header_.depth == 0) return VisitLeaf(root.bytes, root.records);
    levels_.push_back(std::move(root));
    while (!levels_.empty()) {
      RUTTER_TRY(Step());
    }
    return {};
  }

 private:
  static constexpr std::size_t kNotWanted = ~std::size_t{0};

  Status DeriveShapes() {
    shapes_.resize(header_.depth + 1u);
    shapes_[0].max_records = (header_.node_bytes - kBTreeV2NodeOverhead) / header_.record_bytes;
    shapes_[0].max_total = shapes_[0].max_records;
    count_width_ = BytesFor(shapes_[0].max_records);
    for (unsigned depth = 1; depth <= header_.depth; ++depth) {
      NodeShape& shape = shapes_[depth];
      const NodeShape& below = shapes_[depth - 1];
      shape.total_width = depth > 1 ? BytesFor(below.max_total) : 0;
      shape.pointer_bytes = file_.sizes().offsets + count_width_ + shape.total_width;
      std::uint64_t fixed = kBTreeV2NodeOverhead + shape.pointer_bytes;
      shape.max_records = header_.node_bytes > fixed ? (header_.node_bytes - fixed) / (header_.record_bytes + shape.pointer_bytes) : 0;
      auto product = CheckedMul(shape.max_records + 1, below.max_total);
      auto total = product ? CheckedAdd(*product, shape.max_records) : std::nullopt;
      if (shape.max_records == 0 || !total) return Corrupt("a depth that its nodes cannot have", *header_.root, kInternal);
      shape.max_total = *total;
    }
    return {};
  }

  std::uint64_t NodeBytes(std::uint64_t records, unsigned depth) const {
    std::uint64_t pointers = depth == 0 ? 0 : (records + 1) * shapes_[depth].pointer_bytes;
    return kBTreeV2NodeOverhead + records * header_.record_bytes + pointers;
  }

  std::span<const std::byte> Record(std::span<const std::byte> node, std::size_t i) const {
    return node.subspan(6 + i * header_.record_bytes, header_.record_bytes);
  }

  /// Child `i` of an internal node at `depth`.
  Node Child(const Level& level, std::size_t i, unsigned depth) const {
    std::size_t at = 6 + std::size_t{level.records} * header_.record_bytes + i * shapes_[depth].pointer_bytes;
    ByteReader r(std::span(level.bytes).subspan(at, shapes_[depth].pointer_bytes), 0, {});
    Node child;
    child.address = r.Address(file_.sizes().offsets).value_or(~0ull);  // No address lies at the end of the numbers.
    child.records = static_cast<std::uint16_t>(std::min<std::uint64_t>(r.Uint(count_width_), 0xFFFF));
    return child;
  }

  Status CheckRecords(const Node& node, unsigned depth) const {
    if (node.records <= shapes_[depth].max_records) return {};
    return Corrupt(std::to_string(node.records) + " records in a node that holds " + std::to_string(shapes_[depth].max_records),
                   node.address, depth == 0 ? kLeaf : kInternal);
  }

  Status Charge(std::uint64_t bytes, std::uint64_t address) {
    if (!RangeInside(address, bytes, file_.end())) {
      return Fail(file_.MakeErrorAt(ErrorCode::kTruncated, "the node ends behind the file's last byte", address, kInternal, kSpec));
    }
    walked_bytes_ += bytes;
    if (walked_bytes_ > file_.end()) return Corrupt("the nodes of the tree overlap", address, kInternal);
    return {};
  }

  Status CheckNode(std::span<const std::byte> node, std::uint64_t address, unsigned depth) const {
    std::string_view structure = depth == 0 ? kLeaf : kInternal;
    ByteReader r(node, file_.Absolute(address), {file_.name(), structure, kSpec});
    r.Signature(depth == 0 ? "BTLF" : "BTIN");
    r.Version(0);
    if (std::uint8_t type = r.U8(); r.ok() && type != header_.type) {
      r.Fail(ErrorCode::kCorrupt, "node type " + std::to_string(type) + " in a tree of type " + std::to_string(header_.type));
    }
    RUTTER_TRY(r.Check());
    return VerifyChecksum(node, file_.Absolute(address), {file_.name(), structure, kSpec});
  }

  Status VisitLeaf(std::span<const std::byte> node, std::size_t records) const {
    for (std::size_t i = 0; i < records; ++i) {
      RUTTER_TRY(visit_(Record(node, i)));
    }
    return {};
  }

  /// Reads the wanted ones of the next children of the last level together.
  Status FillBatch(Level& level, unsigned depth) {
    level.batch_begin = level.next;
    level.batch_offsets.clear();
    std::vector<Node> nodes;
    std::uint64_t batch_bytes = 0;
    std::size_t i = level.next;
    for (; i <= level.records && (nodes.empty() || batch_bytes < kBatchBytes); ++i) {
      auto after = i == 0 ? std::span<const std::byte>{} : Record(level.bytes, i - 1);
      auto before = i == level.records ? std::span<const std::byte>{} : Record(level.bytes, i);
      Node child = Child(level, i, depth);
      if (!wanted_(after, before)) {
        level.batch_offsets.push_back(kNotWanted);
        continue;
      }
      RUTTER_TRY(CheckRecords(child, depth - 1));
      std::uint64_t bytes = NodeBytes(child.records, depth - 1);
      RUTTER_TRY(Charge(bytes, child.address));
      level.batch_offsets.push_back(batch_bytes);
      batch_bytes += bytes;
      nodes.push_back(child);
    }
    level.batch_end = i;
    level.batch.resize(batch_bytes);
    std::vector<File::Read> reads;
    reads.reserve(nodes.size());
    std::size_t offset = 0;
    for (const Node& node : nodes) {
      std::size_t bytes = NodeBytes(node.records, depth - 1);
      reads.push_back({node.address, std::span(level.batch).subspan(offset, bytes)});
      offset += bytes;
    }
    RUTTER_TRY(file_.ReadMany(reads, depth == 1 ? kLeaf : kInternal, kSpec));
    for (const File::Read& read : reads) {
      RUTTER_TRY(CheckNode(read.out, read.address, depth - 1));
    }
    return {};
  }

  /// Enters the next child of the deepest level, or leaves that level.
  Status Step() {
    Level& level = levels_.back();
    const unsigned depth = header_.depth - static_cast<unsigned>(levels_.size() - 1);
    if (level.next > level.records) {
      levels_.pop_back();
      return {};
    }
    if (level.next >= level.batch_end) {
      RUTTER_TRY(FillBatch(level, depth));
    }
    const std::size_t i = level.next++;
    // A record stands between two children: it is visited before the child to its right is entered.
    if (i > 0) {
      RUTTER_TRY(visit_(Record(level.bytes, i - 1)));
    }
    std::size_t offset = level.batch_offsets[i - level.batch_begin];
    if (offset == kNotWanted) return {};
    Node child = Child(level, i, depth);
    auto node = std::span<const std::byte>(level.batch).subspan(offset, NodeBytes(child.records, depth - 1));
    if (depth == 1) return VisitLeaf(node, child.records);
    Level below;
    below.bytes.assign(node.begin(), node.end());
    below.records = child.records;
    levels_.push_back(std::move(below));
    return {};
  }

  Status Corrupt(std::string message, std::uint64_t address, std::string_view structure) const {
    return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt, std::move(message), address, structure, kSpec));
  }

  File& file_;
  const BTreeV2Header& header_;
  const BTreeV2Wanted& wanted_;
  const std::function<Status(std::span<const std::byte>)>& visit_;
  std::vector<NodeShape> shapes_;
  unsigned count_width_ = 1;
  std::uint64_t walked_bytes_ = 0;
  std::vector<Level> levels_;
};

}  // namespace

Status WalkBTreeV2(File& file, const BTreeV2Header& header, const BTreeV2Wanted& wanted,
                   const std::function<Status(std::span<const std::byte> record)>& visit) {
  return Walk(file, header, wanted, visit).Run();
}

}  // namespace rutter::hdf5
