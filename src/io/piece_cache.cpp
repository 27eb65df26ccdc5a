#include "io/piece_cache.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <iterator>
#include <list>
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

/// Bytes that one fetch brings. They count from here until nobody holds them.
struct PieceCache::Piece {
  Piece(std::shared_ptr<PieceBudget> shared_budget, std::uint64_t first, std::vector<std::byte> room);
  ~Piece();
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;
  std::uint64_t end() const { return offset + bytes.size(); }

  const std::shared_ptr<PieceBudget> budget;
  const std::uint64_t offset;
  std::vector<std::byte> bytes;
  std::atomic<bool> is_ready{false};
  Status status;  // set before is_ready
};

struct PieceCache::State {
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::map<std::uint64_t, std::shared_ptr<Piece>> pieces;  ///< By their first byte; they never overlap.

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

/// The pieces of all caches in the order in which they came. No mutex of a cache is taken while this one is held.
struct PieceBudget::Ages {
  struct Entry {
    std::weak_ptr<PieceCache::Piece> piece;
    std::weak_ptr<PieceCache::State> cache;
  };
  static constexpr std::size_t kFirstSweep = 1'024;

  explicit Ages(std::uint64_t capacity_bytes) : capacity(capacity_bytes) {}

  void Add(Entry entry) {
    std::lock_guard lock(mutex);
    by_age.push_back(std::move(entry));
    if (by_age.size() < sweep_at) return;
    // Of caches that are gone.
    by_age.remove_if([](const Entry& old) { return old.piece.expired(); });
    sweep_at = std::max(kFirstSweep, 2 * by_age.size());
  }

  const std::uint64_t capacity;
  std::atomic<std::uint64_t> bytes{0};
  std::mutex mutex;  // of what follows
  std::list<Entry> by_age;
  std::size_t sweep_at = kFirstSweep;
};

PieceBudget::PieceBudget(std::uint64_t capacity_bytes) : ages_(std::make_unique<Ages>(capacity_bytes)) {}

PieceBudget::~PieceBudget() = default;

std::uint64_t PieceBudget::bytes() const { return ages_->bytes; }

PieceCache::Piece::Piece(std::shared_ptr<PieceBudget> shared_budget, std::uint64_t first, std::vector<std::byte> room)
    : budget(std::move(shared_budget)), offset(first), bytes(std::move(room)) {
  budget->ages_->bytes += bytes.size();
}

PieceCache::Piece::~Piece() { budget->ages_->bytes -= bytes.size(); }

PieceCache::PieceCache(std::uint64_t source_bytes, std::shared_ptr<PieceBudget> budget, Starter start, Nearer nearer)
    : source_bytes_(source_bytes), budget_(std::move(budget)), start_(std::move(start)), nearer_(std::move(nearer)), state_(std::make_shared<State>()) {}

PieceCache::~PieceCache() = default;

std::shared_ptr<PieceCache::Piece> PieceCache::AddPiece(std::uint64_t offset, std::vector<std::byte> bytes) {
  auto piece = std::make_shared<Piece>(budget_, offset, std::move(bytes));
  state_->pieces[offset] = piece;
  budget_->ages_->Add({piece, state_});
  return piece;
}

void PieceCache::KeepHead(std::span<const std::byte> head) {
  if (head.empty()) return;
  {
    std::lock_guard lock(state_->mutex);
    AddPiece(0, {head.begin(), head.end()})->is_ready = true;
  }
  DropOldest();
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
      std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(kLongestPiece, hole.end - offset)));
      // Not under the lock: it may have to ask the server first.
      if (!nearer_(offset, bytes)) continue;
      std::lock_guard lock(state_->mutex);
      bool is_free = true;
      state_->Walk(offset, offset + bytes.size(), [](std::uint64_t, std::uint64_t) {}, [&](const std::shared_ptr<Piece>&) { is_free = false; });
      if (!is_free) continue;
      AddPiece(offset, std::move(bytes))->is_ready = true;
    }
  }
}

std::vector<PieceCache::Fetch> PieceCache::StartPieces(std::span<const Hole> holes) {
  std::vector<Fetch> fetches;
  for (const Hole& hole : holes) {
    for (std::uint64_t offset = hole.begin; offset < hole.end; offset += kLongestPiece) {
      auto piece = AddPiece(offset, std::vector<std::byte>(static_cast<std::size_t>(std::min(kLongestPiece, hole.end - offset))));
      // The callback owns what it fills and nothing that could own the one who calls it.
      fetches.push_back({offset, piece->bytes, [state = state_, piece](Status status) {
                           std::lock_guard lock(state->mutex);
                           piece->status = std::move(status);
                           piece->is_ready = true;
                           if (!piece->status) state->Forget(piece);
                           state->changed.notify_all();
                         }});
    }
  }
  return fetches;
}

void PieceCache::DropOldest() const {
  PieceBudget::Ages& ages = *budget_->ages_;
  if (ages.bytes <= ages.capacity) return;
  std::vector<std::pair<std::shared_ptr<State>, std::shared_ptr<Piece>>> dropped;
  {
    std::lock_guard lock(ages.mutex);
    std::uint64_t freed = 0;
    for (auto at = ages.by_age.begin(); at != ages.by_age.end() && ages.bytes - freed > ages.capacity;) {
      auto piece = at->piece.lock();
      // The newest stays: somebody is about to read it. What is on its way cannot go.
      if (piece != nullptr && std::next(at) == ages.by_age.end()) break;
      if (piece != nullptr && !piece->is_ready) {
        ++at;
        continue;
      }
      if (piece != nullptr) {
        freed += piece->bytes.size();
        dropped.emplace_back(at->cache.lock(), std::move(piece));
      }
      at = ages.by_age.erase(at);
    }
  }
  for (const auto& [cache, piece] : dropped) {
    if (cache == nullptr) continue;
    std::lock_guard lock(cache->mutex);
    cache->Forget(piece);
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
  if (!fetches.empty()) {
    lock.unlock();
    DropOldest();
    start_(std::move(fetches));
    lock.lock();
  }
  for (const std::shared_ptr<Piece>& piece : needed) {
    auto is_ready = [&] { return piece->is_ready.load(); };
    if (cancel == nullptr) state_->changed.wait(lock, is_ready);
    while (!state_->changed.wait_for(lock, std::chrono::milliseconds(kCancelPollMs), is_ready)) {
      if (auto status = CheckCancelled(cancel); !status) {
        lock.unlock();
        ForgetUnready();
        return status;
      }
    }
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
  }
  if (fetches.empty()) return;
  DropOldest();
  start_(std::move(fetches));
}

void PieceCache::ForgetUnready() {
  std::lock_guard lock(state_->mutex);
  std::erase_if(state_->pieces, [](const auto& one) { return !one.second->is_ready; });
}

bool PieceCache::Holds(std::uint64_t offset, std::uint64_t length) const {
  const std::uint64_t end = offset + length;
  std::lock_guard lock(state_->mutex);
  for (auto at = state_->At(offset); offset < end; ++at) {
    if (at == state_->pieces.end() || at->first > offset || !at->second->is_ready) return false;
    offset = at->second->end();
  }
  return true;
}

}  // namespace rutter
