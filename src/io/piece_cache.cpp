#include "io/piece_cache.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "base/cancel.h"

namespace rutter {
namespace {

constexpr std::uint64_t kLongestPiece = 4ull << 20;   // of one fetch
constexpr std::uint64_t kLongestAhead = 1ull << 20;   // fetched where all before was wanted
constexpr std::uint64_t kSequenceGap = 16 * 1024;     // a read that starts so near behind a piece goes on in sequence

}  // namespace

/// Bytes that one fetch brings.
struct PieceCache::Piece {
  std::uint64_t offset = 0;
  std::vector<std::byte> bytes;
  bool is_ready = false;
  Status status;
  std::uint64_t end() const { return offset + bytes.size(); }
};

struct PieceCache::State {
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::map<std::uint64_t, std::shared_ptr<Piece>> pieces;  ///< By their first byte; they never overlap.
  std::deque<std::shared_ptr<Piece>> by_age;               ///< Oldest first.
  std::uint64_t bytes = 0;

  /// The piece that holds the byte at `offset`, or the next one behind it.
  auto At(std::uint64_t offset) const {
    auto next = pieces.upper_bound(offset);
    if (next == pieces.begin()) return next;
    auto before = std::prev(next);
    return before->second->end() > offset ? before : next;
  }
  /// Calls hole(begin, end) for every gap between pieces in [begin, end), and met(piece) for each piece there.
  template <class OnHole, class OnPiece>
  void Walk(std::uint64_t begin, std::uint64_t end, const OnHole& hole, const OnPiece& met) const {
    for (auto at = At(begin); begin < end; ++at) {
      if (at == pieces.end() || at->first >= end) return hole(begin, end);
      if (at->first > begin) hole(begin, at->first);
      met(at->second);
      begin = std::max(begin, at->second->end());
    }
  }
  void Forget(const std::shared_ptr<Piece>& piece) {
    auto found = pieces.find(piece->offset);
    if (found != pieces.end() && found->second == piece) pieces.erase(found);
  }
};

PieceCache::PieceCache(std::uint64_t source_bytes, std::uint64_t capacity_bytes, Starter start, Nearer nearer)
    : source_bytes_(source_bytes), capacity_bytes_(capacity_bytes), start_(std::move(start)), nearer_(std::move(nearer)), state_(std::make_shared<State>()) {}

PieceCache::~PieceCache() = default;

void PieceCache::KeepHead(std::span<const std::byte> head) {
  if (head.empty()) return;
  auto piece = std::make_shared<Piece>();
  piece->bytes.assign(head.begin(), head.end());
  piece->is_ready = true;
  std::lock_guard lock(state_->mutex);
  state_->bytes += piece->bytes.size();
  state_->pieces[0] = piece;
  state_->by_age.push_back(std::move(piece));
}

void PieceCache::TakeNearer(std::uint64_t begin, std::uint64_t end) {
  if (!nearer_) return;
  auto nothing = [](const std::shared_ptr<Piece>&) {};
  std::vector<Hole> holes;
  {
    std::lock_guard lock(state_->mutex);
    state_->Walk(begin, end, [&](std::uint64_t from, std::uint64_t to) { holes.push_back({from, to}); }, nothing);
  }
  for (const Hole& hole : holes) {
    for (std::uint64_t offset = hole.begin; offset < hole.end; offset += kLongestPiece) {
      auto piece = std::make_shared<Piece>();
      piece->offset = offset;
      piece->bytes.resize(static_cast<std::size_t>(std::min(kLongestPiece, hole.end - offset)));
      piece->is_ready = true;
      // Not under the lock: it may have to ask the server first.
      if (!nearer_(offset, piece->bytes)) continue;
      std::lock_guard lock(state_->mutex);
      bool is_free = true;
      state_->Walk(offset, piece->end(), [](std::uint64_t, std::uint64_t) {}, [&](const std::shared_ptr<Piece>&) { is_free = false; });
      if (!is_free) continue;
      state_->bytes += piece->bytes.size();
      state_->pieces[offset] = piece;
      state_->by_age.push_back(std::move(piece));
    }
  }
}

std::vector<PieceCache::Fetch> PieceCache::StartPieces(std::span<const Hole> holes) {
  std::vector<Fetch> fetches;
  for (const Hole& hole : holes) {
    for (std::uint64_t offset = hole.begin; offset < hole.end; offset += kLongestPiece) {
      auto piece = std::make_shared<Piece>();
      piece->offset = offset;
      piece->bytes.resize(static_cast<std::size_t>(std::min(kLongestPiece, hole.end - offset)));
      state_->bytes += piece->bytes.size();
      state_->pieces[offset] = piece;
      state_->by_age.push_back(piece);
      // The callback owns what it fills and nothing that could own the one who calls it.
      fetches.push_back({offset, piece->bytes, [state = state_, piece](Status status) {
                           std::lock_guard lock(state->mutex);
                           piece->is_ready = true;
                           piece->status = std::move(status);
                           if (!piece->status) state->Forget(piece);
                           state->changed.notify_all();
                         }});
    }
  }
  return fetches;
}

void PieceCache::DropOldest() {
  while (state_->bytes > capacity_bytes_ && state_->by_age.size() > 1 && state_->by_age.front()->is_ready) {
    state_->bytes -= state_->by_age.front()->bytes.size();
    state_->Forget(state_->by_age.front());
    state_->by_age.pop_front();
  }
}

Status PieceCache::Read(std::uint64_t offset, std::span<std::byte> out, const std::atomic<bool>* cancel) {
  if (out.empty()) return {};
  const std::uint64_t end = offset + out.size();
  TakeNearer(offset, end);
  std::vector<Hole> holes;
  std::vector<std::shared_ptr<Piece>> needed;
  auto nothing = [](const std::shared_ptr<Piece>&) {};
  std::unique_lock lock(state_->mutex);
  state_->Walk(offset, end, [&](std::uint64_t begin, std::uint64_t behind) { holes.push_back({begin, behind}); }, nothing);
  if (!holes.empty() && holes.back().end == end) {
    // Twice what came just before, where this goes on from there or nearly there.
    Hole& last = holes.back();
    std::uint64_t ahead = kFirstAhead;
    auto next = state_->pieces.upper_bound(last.begin);
    if (next != state_->pieces.begin()) {
      const Piece& before = *std::prev(next)->second;
      if (last.begin - before.end() <= kSequenceGap) ahead = std::clamp<std::uint64_t>(2 * before.bytes.size(), kFirstAhead, kLongestAhead);
    }
    const std::uint64_t until = next == state_->pieces.end() ? source_bytes_ : next->first;
    last.end = std::max(last.end, std::min(until, last.begin + std::min(ahead, source_bytes_ - last.begin)));
  }
  std::vector<Fetch> fetches = StartPieces(holes);
  state_->Walk(offset, end, [](std::uint64_t, std::uint64_t) {}, [&](const std::shared_ptr<Piece>& piece) { needed.push_back(piece); });
  DropOldest();
  if (!fetches.empty()) {
    lock.unlock();
    start_(std::move(fetches));
    lock.lock();
  }
  for (const std::shared_ptr<Piece>& piece : needed) {
    if (cancel == nullptr) state_->changed.wait(lock, [&] { return piece->is_ready; });
    while (!state_->changed.wait_for(lock, std::chrono::milliseconds(kCancelPollMs), [&] { return piece->is_ready; })) RUTTER_TRY(CheckCancelled(cancel));
    if (!piece->status) return piece->status;
    const std::uint64_t from = std::max(offset, piece->offset), to = std::min(end, piece->end());
    std::memcpy(out.data() + (from - offset), piece->bytes.data() + (from - piece->offset), static_cast<std::size_t>(to - from));
  }
  return {};
}

bool PieceCache::TryRead(std::uint64_t offset, std::span<std::byte> out, Status& status, const std::atomic<bool>* cancel) {
  if (out.empty()) return true;
  bool has_hole = false;
  {
    std::lock_guard lock(state_->mutex);
    state_->Walk(offset, offset + out.size(), [&](std::uint64_t, std::uint64_t) { has_hole = true; }, [](const std::shared_ptr<Piece>&) {});
  }
  if (!has_hole) status = Read(offset, out, cancel);
  return !has_hole;
}

void PieceCache::Prefetch(std::span<const ReadRequest> ranges, std::uint64_t gap) {
  std::vector<Hole> wanted;
  for (const ReadRequest& range : ranges) {
    if (range.length() == 0 || range.offset >= source_bytes_) continue;
    wanted.push_back({range.offset, range.offset + std::min(range.length(), source_bytes_ - range.offset)});
  }
  std::sort(wanted.begin(), wanted.end(), [](const Hole& a, const Hole& b) { return a.begin < b.begin; });
  for (const Hole& range : wanted) TakeNearer(range.begin, range.end);
  std::vector<Fetch> fetches;
  {
    std::lock_guard lock(state_->mutex);
    std::vector<Hole> holes;
    std::uint64_t done = 0;  // everything before was looked at
    for (const Hole& range : wanted) {
      const std::uint64_t begin = std::max(range.begin, done);
      if (begin >= range.end) continue;
      done = range.end;
      state_->Walk(begin, range.end, [&](std::uint64_t from, std::uint64_t to) {
        // Bytes between two holes are read over, unless a piece lies there.
        if (!holes.empty() && from - holes.back().end <= gap && state_->At(holes.back().end) == state_->At(from)) {
          holes.back().end = to;
        } else {
          holes.push_back({from, to});
        }
      }, [](const std::shared_ptr<Piece>&) {});
    }
    fetches = StartPieces(holes);
    DropOldest();
  }
  if (!fetches.empty()) start_(std::move(fetches));
}

bool PieceCache::Holds(std::uint64_t offset, std::uint64_t length) const {
  bool holds = true;
  std::lock_guard lock(state_->mutex);
  state_->Walk(offset, offset + length, [&](std::uint64_t, std::uint64_t) { holds = false; }, [&](const std::shared_ptr<Piece>& piece) { holds = holds && piece->is_ready; });
  return holds;
}

}  // namespace rutter
