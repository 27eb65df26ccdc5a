#include "formats/hdf5/chunk_index/node_batch.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/thread_pool.h"

namespace rutter::hdf5 {
namespace {

constexpr std::size_t kProbeNodes = 4;           ///< Read one by one to learn whether the file is cached.
constexpr std::uint64_t kBatchBytes = 256 << 10;  ///< Two of them stay in the processor's cache.
constexpr std::size_t kAheadNodes = 2048;
constexpr std::size_t kTurnNodes = 16;  ///< What one of two threads that read a batch takes at a time.
constexpr std::uint64_t kFarBatchBytes = 8 << 20;  ///< Of a source far away: so many pieces are under way at once.
// A cached piece takes about a microsecond, one from any disk many times this.
constexpr std::chrono::microseconds kColdRead{20};

}  // namespace

std::size_t NodeStream::BatchNodes(std::uint64_t bytes) const {
  if (!probed_ && !in_memory_ && !file_.is_far()) return kProbeNodes;
  return static_cast<std::size_t>(std::max<std::uint64_t>(1, (file_.is_far() ? kFarBatchBytes : kBatchBytes) / std::max<std::uint64_t>(bytes, 1)));
}

void NodeStream::PrefetchAhead(std::span<const std::uint64_t> addresses, std::size_t first, std::uint64_t bytes) {
  if (first + kAheadNodes / 2 < prefetched_) return;
  const std::size_t begin = std::max(first, prefetched_), end = std::min(addresses.size(), begin + kAheadNodes);
  if (begin >= end) return;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  ranges.reserve(end - begin);
  for (std::size_t i = begin; i < end; ++i) ranges.emplace_back(addresses[i], std::min(bytes, file_.end() - std::min(file_.end(), addresses[i])));
  std::sort(ranges.begin(), ranges.end());
  file_.Prefetch(ranges);
  prefetched_ = end;
}

void NodeStream::MakeRoom(Batch& batch, std::size_t count, std::uint64_t bytes) const {
  batch.pieces.resize(count);
  if (!in_memory_) batch.buffer.resize(std::max<std::size_t>(batch.buffer.size(), count * bytes));
}

Status NodeStream::VisitAndRead(const std::function<Status()>& visit, Batch& next, std::span<const std::uint64_t> addresses,
                                std::size_t first, std::size_t count, std::uint64_t bytes) {
  MakeRoom(next, count, bytes);
  const std::span<const std::uint64_t> wanted = addresses.subspan(first, count);
  const std::size_t step = file_.is_far() ? count : kTurnNodes;
  std::atomic<std::size_t> claimed{0};
  std::mutex mutex;
  std::size_t failed_at = count;
  Status failed;
  auto read = [&] {
    for (std::size_t begin; (begin = claimed.fetch_add(step)) < count;) {
      if (begin == 0 && cold_) PrefetchAhead(addresses, first, bytes);
      Status status = ReadPieces(next, wanted, begin, std::min(count, begin + step), bytes);
      if (status) continue;
      std::lock_guard lock(mutex);
      if (begin < failed_at) {
        failed_at = begin;
        failed = std::move(status);
      }
    }
  };
  const auto caller = std::this_thread::get_id();
  bool visited = false;  // this and the next, by the caller alone
  Status visit_status;
  auto visit_once = [&] {
    if (std::exchange(visited, true)) return;
    visit_status = visit();
    if (!visit_status) claimed = count;
  };
  RUTTER_TRY(ThreadPool::Shared().ParallelFor(2, 2, nullptr, [&](std::uint64_t, unsigned) -> Status {
    if (std::this_thread::get_id() == caller) visit_once();
    read();
    return {};
  }));
  visit_once();
  return visit_status ? failed : visit_status;
}

Status NodeStream::ReadFar(Batch& batch, std::span<const std::uint64_t> addresses, std::uint64_t bytes) const {
  std::vector<File::Read> reads;
  reads.reserve(addresses.size());
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const std::uint64_t length = addresses[i] < file_.end() ? std::min(bytes, file_.end() - addresses[i]) : bytes;
    reads.push_back({addresses[i], std::span(batch.buffer).subspan(i * bytes, length)});
    batch.pieces[i] = reads.back().out;
  }
  return file_.ReadMany(reads, structure_, spec_);
}

Status NodeStream::ReadPieces(Batch& batch, std::span<const std::uint64_t> addresses, std::size_t begin, std::size_t end,
                              std::uint64_t bytes) const {
  if (file_.is_far()) return ReadFar(batch, addresses, bytes);
  for (std::size_t i = begin; i < end; ++i) {
    const std::uint64_t address = addresses[i];
    if (address >= file_.end()) {
      return Fail(file_.MakeErrorAt(ErrorCode::kTruncated,
                                    "the node lies behind the file's " + std::to_string(file_.end()) + " bytes", address,
                                    structure_, spec_));
    }
    const std::uint64_t length = std::min(bytes, file_.end() - address);
    if (in_memory_) {
      RUTTER_ASSIGN(batch.pieces[i], file_.Fetch(address, length, structure_, spec_));
      continue;
    }
    auto out = std::span(batch.buffer).subspan(i * bytes, length);
    if (Status status = file_.metadata().ReadAt(file_.Absolute(address), out); !status) {
      Error error = std::move(status).error();
      error.where.structure = std::string(structure_);
      error.where.spec = std::string(spec_);
      return Fail(std::move(error));
    }
    batch.pieces[i] = out;
  }
  return {};
}

Status NodeStream::Read(Batch& batch, std::span<const std::uint64_t> addresses, std::size_t first, std::size_t count,
                        std::uint64_t bytes) {
  if (count == 0) return {};
  MakeRoom(batch, count, bytes);
  if (cold_) PrefetchAhead(addresses, first, bytes);
  const auto started = std::chrono::steady_clock::now();
  RUTTER_TRY(ReadPieces(batch, addresses.subspan(first, count), 0, count, bytes));
  if (!probed_ && !in_memory_ && !file_.is_far()) {
    probed_ = true;
    cold_ = std::chrono::steady_clock::now() - started > kColdRead * static_cast<int>(count);
    if (cold_) file_.metadata().Advise(ByteSource::Access::kScattered);
  }
  return {};
}

}  // namespace rutter::hdf5
