#include "base/thread_pool.h"

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

namespace rutter {

/// A loop that is under way. Helpers that come too late find it closed and touch nothing else of it.
struct ThreadPool::Loop {
  std::uint64_t num_tasks = 0;
  const std::atomic<bool>* cancel = nullptr;
  const Body* body = nullptr;
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> stop{false};

  std::mutex mutex;
  std::condition_variable idle;
  unsigned active = 0;
  unsigned slots = 1;  // slot 0 is the caller's
  bool closed = false;
  std::optional<Error> failure;

  void Record(Error error) {
    std::lock_guard lock(mutex);
    if (!failure) failure = std::move(error);
    stop.store(true, std::memory_order_relaxed);
  }

  void Run(unsigned slot) {
    while (!stop.load(std::memory_order_relaxed)) {
      std::uint64_t task = next.fetch_add(1, std::memory_order_relaxed);
      if (task >= num_tasks) return;
      if (cancel != nullptr && cancel->load(std::memory_order_relaxed)) {
        Record(MakeError(ErrorCode::kCancelled, "the caller cancelled the work"));
        return;
      }
      try {
        Status status = (*body)(task, slot);
        if (!status) Record(std::move(status).error());
      } catch (const std::bad_alloc&) {
        Record(MakeError(ErrorCode::kLimit, "out of memory"));
      } catch (const std::exception& exception) {
        Record(MakeError(ErrorCode::kInternal, exception.what()));
      }
    }
  }
};

ThreadPool::ThreadPool(unsigned workers) : max_workers_(workers) {}

ThreadPool::~ThreadPool() {
  for (std::jthread& worker : workers_) worker.request_stop();
}

unsigned ThreadPool::NumCores() {
  // Asked for by every read, and the C library opens a file of /sys to answer.
  static const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  return cores;
}

ThreadPool& ThreadPool::Shared() {
  // Never destroyed: at exit its threads only wait, and a forked child has none of them to join.
  static ThreadPool& pool = *new ThreadPool(NumCores() - 1);
  return pool;
}

void ThreadPool::Work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [&] { return !offers_.empty(); })) {
    std::shared_ptr<Loop> loop = std::move(offers_.front());
    offers_.pop_front();
    lock.unlock();
    unsigned slot = 0;
    {
      std::lock_guard loop_lock(loop->mutex);
      if (!loop->closed) {
        slot = loop->slots++;
        ++loop->active;
      }
    }
    if (slot != 0) {
      loop->Run(slot);
      std::lock_guard loop_lock(loop->mutex);
      if (--loop->active == 0) loop->idle.notify_all();
    }
    loop.reset();
    lock.lock();
  }
}

void ThreadPool::Offer(const std::shared_ptr<Loop>& loop, unsigned helpers) {
  {
    std::lock_guard lock(mutex_);
    while (workers_.size() < helpers && workers_.size() < max_workers_) {
      try {
        workers_.emplace_back([this](const std::stop_token& stop) { Work(stop); });
      } catch (const std::system_error&) {
        break;  // no more threads here: the caller does the work
      }
    }
    helpers = std::min(helpers, static_cast<unsigned>(workers_.size()));
    for (unsigned i = 0; i < helpers; ++i) offers_.push_back(loop);
  }
  for (unsigned i = 0; i < helpers; ++i) wake_.notify_one();
}

Status ThreadPool::ParallelFor(std::uint64_t num_tasks, unsigned threads, const std::atomic<bool>* cancel, const Body& body) {
  if (num_tasks == 0) return {};
  if (threads == 0) threads = NumCores();
  auto loop = std::make_shared<Loop>();
  loop->num_tasks = num_tasks;
  loop->cancel = cancel;
  loop->body = &body;
  auto helpers = static_cast<unsigned>(std::min<std::uint64_t>({num_tasks - 1, threads - 1, max_workers_}));
  if (helpers > 0) Offer(loop, helpers);
  loop->Run(0);
  std::unique_lock lock(loop->mutex);
  loop->closed = true;
  loop->idle.wait(lock, [&] { return loop->active == 0; });
  if (loop->failure) return Fail(std::move(*loop->failure));
  return {};
}

}  // namespace rutter
