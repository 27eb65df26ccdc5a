#include "refs/document_writer.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include "base/thread_pool.h"
#include "model/value_json.h"
#include "refs/turns.h"

namespace rutter {
namespace {

constexpr std::size_t kBlockChunks = 4096;  ///< One thread's turn: some 300 kB of text, which stays in the processor's cache.
constexpr std::size_t kLongestNumber = 20;

char* Put(std::string_view text, char* to) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* PutNumber(std::uint64_t number, char* to) { return std::to_chars(to, to + kLongestNumber, number).ptr; }

char* PutSuffix(bool zarr3, std::span<const std::uint64_t> index, char* to) {
  if (zarr3) *to++ = 'c';
  if (index.empty() && !zarr3) *to++ = '0';
  for (std::size_t k = 0; k < index.size(); ++k) {
    if (zarr3 || k != 0) *to++ = zarr3 ? '/' : '.';
    to = PutNumber(index[k], to);
  }
  return to;
}

char* PutReference(const ReferenceStyle& style, std::span<const std::uint64_t> index, const PlannedChunk& chunk, char* to) {
  to = Put(style.key_json, to);
  to = PutSuffix(style.zarr3, index, to);
  to = Put("\": [", to);
  to = Put(style.urls_json[chunk.source], to);
  *to++ = ',';
  to = PutNumber(chunk.offset, to);
  *to++ = ',';
  to = PutNumber(chunk.length, to);
  *to++ = ']';
  return to;
}

/// Bytes that no reference of this style is longer than, the separator before it included.
std::size_t LongestReference(const ReferenceStyle& style) {
  std::size_t longest_url = 0;
  for (const std::string& url : style.urls_json) longest_url = std::max(longest_url, url.size());
  return style.key_json.size() + (style.grid.size() + 2) * (kLongestNumber + 1) + longest_url + 16;
}

/// The place of a chunk in the grid, from its number; cheap for numbers that grow by little.
class GridPlace {
 public:
  explicit GridPlace(const Shape& grid) : grid_(grid), index_(grid.size()) {}

  std::span<const std::uint64_t> At(std::uint64_t number) {
    const std::size_t rank = grid_.size();
    if (rank == 0) return {};
    const std::uint64_t steps = number - number_;  // wraps where the numbers fall
    if (known_ && steps < grid_[rank - 1] - index_[rank - 1]) {
      index_[rank - 1] += steps;
    } else {
      std::uint64_t rest = number;
      for (std::size_t k = rank; k-- > 0;) {
        index_[k] = rest % grid_[k];
        rest /= grid_[k];
      }
    }
    known_ = true;
    number_ = number;
    return index_;
  }

 private:
  const Shape& grid_;
  Shape index_;
  std::uint64_t number_ = 0;
  bool known_ = false;
};

}  // namespace

void DocumentWriter::Key(std::string_view key_json, std::string_view suffix) {
  buffer_ += first_ ? "\n" : ",\n";
  first_ = false;
  buffer_ += key_json;
  buffer_ += suffix;
  buffer_ += "\": ";
}

Status DocumentWriter::Metadata(std::string_view key_json, std::string_view suffix, std::string_view json, bool as_object) {
  Key(key_json, suffix);
  if (as_object) {
    buffer_ += json;
  } else {
    AppendJsonString(json, buffer_);
  }
  return MaybeFlush();
}

Status DocumentWriter::Inline(std::string_view key_json, std::string_view suffix, std::string_view bytes) {
  Key(key_json, suffix);
  buffer_ += "\"base64:";
  AppendBase64(bytes, buffer_);
  buffer_ += '"';
  return MaybeFlush();
}

Status DocumentWriter::Reference(const ReferenceStyle& style, std::span<const std::uint64_t> index, const PlannedChunk& chunk) {
  buffer_ += first_ ? "\n" : ",\n";
  first_ = false;
  const std::size_t at = buffer_.size();
  buffer_.resize(at + LongestReference(style));
  buffer_.resize(static_cast<std::size_t>(PutReference(style, index, chunk, buffer_.data() + at) - buffer_.data()));
  return MaybeFlush();
}

Status DocumentWriter::References(const ReferenceStyle& style, std::span<const PlannedChunk> chunks) {
  const std::size_t blocks = (chunks.size() + kBlockChunks - 1) / kBlockChunks;
  if (blocks < 2) {
    GridPlace place(style.grid);
    for (const PlannedChunk& chunk : chunks) RUTTER_TRY(Reference(style, place.At(chunk.number), chunk));
    return {};
  }
  const bool first = first_;
  first_ = false;
  RUTTER_TRY(Flush());
  const std::size_t room = kBlockChunks * LongestReference(style);
  std::vector<std::unique_ptr<char[]>> texts(ThreadPool::NumCores());
  Turns turns;
  // Blocks start in ascending order, so the block that a thread waits for is always under way.
  return ThreadPool::Shared().ParallelFor(blocks, static_cast<unsigned>(texts.size()), nullptr, [&](std::uint64_t block, unsigned slot) -> Status {
    const Turns::Guard guard(turns);
    std::unique_ptr<char[]>& text = texts[slot];
    if (text == nullptr) text.reset(new char[room]);
    GridPlace place(style.grid);
    char* to = text.get();
    const std::size_t begin = static_cast<std::size_t>(block) * kBlockChunks;
    for (const PlannedChunk& chunk : chunks.subspan(begin, std::min(kBlockChunks, chunks.size() - begin))) {
      to = Put(first && to == text.get() && block == 0 ? "\n" : ",\n", to);
      to = PutReference(style, place.At(chunk.number), chunk, to);
    }
    if (!turns.Wait(block)) return {};
    RUTTER_TRY(write_({text.get(), static_cast<std::size_t>(to - text.get())}));
    turns.Done(block);
    guard.Succeeded();
    return {};
  });
}

std::string DocumentWriter::ChunkSuffix(const ReferenceStyle& style, std::span<const std::uint64_t> index) {
  std::string text((index.size() + 1) * (kLongestNumber + 1), '\0');
  text.resize(static_cast<std::size_t>(PutSuffix(style.zarr3, index, text.data()) - text.data()));
  return text;
}

Status DocumentWriter::Flush() {
  if (buffer_.empty()) return {};
  Status status = write_(buffer_);
  buffer_.clear();
  return status;
}

}  // namespace rutter
