#include "io/http/client.h"

#include "io/http/libcurl.h"

#include <algorithm>
#include <csignal>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>

#include "io/http/transfer.h"

namespace rutter::http {
namespace {

constexpr long kIdleConnections = 512;
constexpr int kLongestPollMs = 1'000;

// Repeats are free as long as enough requests are answered; beyond that each waits a second or two, so that a host in trouble
// gets no storm.
constexpr double kRepeatCredit = 64, kCreditOfAnswer = 0.5;
constexpr int kPoorWaitMs = 1'000;

/// Requests to one origin. The bound doubles in each round trip in which nobody complained, falls by half where the server is
/// busy, and grows back slowly then.
struct Origin {
  std::deque<std::unique_ptr<Transfer>> waiting;
  unsigned in_flight = 0;
  double bound = 0;
  bool was_busy = false;
  double repeat_credit = kRepeatCredit;
};

bool StartCurl() {
  if (!Curl().is_loaded) return false;
  static const CURLcode code = Curl().global_init(CURL_GLOBAL_DEFAULT);
  return code == CURLE_OK;
}

}  // namespace

/// The thread and what belongs to it.
class Client::Loop {
 public:
  explicit Loop(const ClientOptions& options) : options_(options), random_(std::random_device{}()) {
    if (!StartCurl()) return;
    multi_ = Curl().multi_init();
    if (multi_ == nullptr) return;
    Curl().multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnections);
    Curl().multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
    thread_ = std::thread([this] { Run(); });
  }

  ~Loop() {
    if (multi_ == nullptr) return;
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    Curl().multi_wakeup(multi_);
    thread_.join();
    for (CURL* handle : idle_) Curl().easy_cleanup(handle);
    Curl().multi_cleanup(multi_);
  }

  Status FirstFailure() const {
    std::lock_guard lock(mutex_);
    return first_failure_;
  }

  bool works() const { return multi_ != nullptr; }

  void Add(std::vector<std::unique_ptr<Transfer>> transfers) {
    {
      std::lock_guard lock(mutex_);
      for (auto& transfer : transfers) inbox_.push_back(std::move(transfer));
    }
    Curl().multi_wakeup(multi_);
  }

 private:
  void Run() {
    // Signals are other threads' affair; one of them, SIGPIPE, would end the process when a server hangs up.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    for (;;) {
      {
        std::lock_guard lock(mutex_);
        if (stop_) break;
        for (auto& transfer : inbox_) Enqueue(std::move(transfer));
        inbox_.clear();
      }
      WakeSleepers();
      EndCancelled();
      StartWaiting();
      int running = 0;
      Curl().multi_perform(multi_, &running);
      bool ended = false;
      int left = 0;
      while (CURLMsg* message = Curl().multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        End(message->easy_handle, message->data.result);
        ended = true;
      }
      // What ended made room, or is to be tried again at once.
      if (!ended) Curl().multi_poll(multi_, nullptr, 0, PollMs(), nullptr);
    }
    AbandonAll();
  }

  void Enqueue(std::unique_ptr<Transfer> transfer) {
    Origin& origin = origins_[transfer->origin()];
    if (origin.bound == 0) origin.bound = std::min(options_.first_in_flight, options_.in_flight);
    watches_ = watches_ || options_.cancel != nullptr || transfer->cancel() != nullptr;
    // What had its turn before has waited longest.
    if (transfer->repeats()) {
      origin.waiting.push_front(std::move(transfer));
    } else {
      origin.waiting.push_back(std::move(transfer));
    }
  }

  bool IsCancelled(const Transfer& transfer) const { return rutter::IsCancelled(options_.cancel) || rutter::IsCancelled(transfer.cancel()); }

  static void EndAsCancelled(Transfer& transfer) {
    transfer.Abandon(CancelledError());
    transfer.Complete();
  }

  /// Ends what its caller gave up, whether it runs, waits for its turn or for another try.
  void EndCancelled() {
    if (!watches_) return;
    const auto now = Clock::now();
    if (now < look_again_at_) return;
    look_again_at_ = now + std::chrono::milliseconds(kCancelPollMs / 2);
    auto end_all = [this](auto& transfers) {
      auto given_up = std::stable_partition(transfers.begin(), transfers.end(), [this](const auto& transfer) { return !IsCancelled(*transfer); });
      for (auto it = given_up; it != transfers.end(); ++it) EndAsCancelled(**it);
      transfers.erase(given_up, transfers.end());
      return !transfers.empty();
    };
    bool any_left = end_all(sleeping_);
    for (auto& [name, origin] : origins_) any_left = end_all(origin.waiting) || any_left;
    for (auto it = running_.begin(); it != running_.end();) {
      if (!IsCancelled(*it->second.transfer)) {
        ++it;
        continue;
      }
      // Whoever waits goes on at once: libcurl may first wait for the thread that looks for a host.
      EndAsCancelled(*it->second.transfer);
      --it->second.origin->in_flight;
      Curl().multi_remove_handle(multi_, it->first);
      Curl().easy_cleanup(it->first);
      it = running_.erase(it);
    }
    watches_ = any_left || !running_.empty();
  }

  void WakeSleepers() {
    const auto now = Clock::now();
    auto due = std::partition(sleeping_.begin(), sleeping_.end(), [&](const auto& transfer) { return transfer->again_at() > now; });
    for (auto it = due; it != sleeping_.end(); ++it) Enqueue(std::move(*it));
    sleeping_.erase(due, sleeping_.end());
  }

  int PollMs() const {
    auto wait = std::chrono::milliseconds(watches_ ? kCancelPollMs : kLongestPollMs);
    for (const auto& transfer : sleeping_) {
      wait = std::min(wait, std::chrono::duration_cast<std::chrono::milliseconds>(transfer->again_at() - Clock::now()) + std::chrono::milliseconds(1));
    }
    return static_cast<int>(std::max<std::int64_t>(wait.count(), 0));
  }

  void StartWaiting() {
    for (auto& [name, origin] : origins_) {
      while (!origin.waiting.empty() && origin.in_flight < static_cast<unsigned>(origin.bound)) {
        std::unique_ptr<Transfer> transfer = std::move(origin.waiting.front());
        origin.waiting.pop_front();
        CURL* handle = TakeHandle();
        Status status = handle == nullptr ? Status(Fail(ErrorCode::kLimit, "out of memory")) : transfer->Prepare(handle);
        if (status && Curl().multi_add_handle(multi_, handle) != CURLM_OK) status = Fail(ErrorCode::kInternal, "libcurl refuses a transfer");
        if (!status) {
          if (handle != nullptr) Curl().easy_cleanup(handle);
          transfer->Abandon(std::move(status).error());
          transfer->Complete();
          continue;
        }
        ++origin.in_flight;
        running_.emplace(handle, Running{std::move(transfer), &origin});
      }
    }
  }

  void End(CURL* handle, CURLcode code) {
    auto found = running_.find(handle);
    std::unique_ptr<Transfer> transfer = std::move(found->second.transfer);
    Origin& origin = *found->second.origin;
    running_.erase(found);
    --origin.in_flight;
    const bool complete = transfer->Finish(code, handle, random_);
    Curl().multi_remove_handle(multi_, handle);
    if (code == CURLE_OK) {
      Curl().easy_reset(handle);
      idle_.push_back(handle);
    } else {
      // A handle whose host was not found takes no buffer size any more (libcurl 7.88).
      Curl().easy_cleanup(handle);
    }
    if (transfer->met_busy_server()) {
      origin.bound = std::max(1.0, origin.bound / 2);
      origin.was_busy = true;
    } else if (code == CURLE_OK) {
      origin.bound = std::min<double>(options_.in_flight, origin.bound + (origin.was_busy ? 1 / origin.bound : 1));
    }
    if (transfer->repeats()) {
      origin.repeat_credit = std::max(0.0, origin.repeat_credit - 1);
      if (origin.repeat_credit == 0) transfer->WaitAtLeast(std::chrono::milliseconds(kPoorWaitMs + std::uniform_int_distribution<int>(0, kPoorWaitMs)(random_)));
    } else {
      origin.repeat_credit = std::min(kRepeatCredit, origin.repeat_credit + kCreditOfAnswer);
    }
    if (complete) {
      if (!transfer->status() && !transfer->opening()) {
        std::lock_guard lock(mutex_);
        if (first_failure_) first_failure_ = transfer->status();
      }
      transfer->Complete();
    } else if (transfer->again_at() <= Clock::now()) {
      Enqueue(std::move(transfer));
    } else {
      sleeping_.push_back(std::move(transfer));
    }
  }

  CURL* TakeHandle() {
    if (idle_.empty()) return Curl().easy_init();
    CURL* handle = idle_.back();
    idle_.pop_back();
    return handle;
  }

  void AbandonAll() {
    std::vector<std::unique_ptr<Transfer>> all = std::move(sleeping_);
    for (auto& [handle, running] : running_) {
      Curl().multi_remove_handle(multi_, handle);
      Curl().easy_cleanup(handle);
      all.push_back(std::move(running.transfer));
    }
    running_.clear();
    for (auto& [name, origin] : origins_) {
      for (auto& transfer : origin.waiting) all.push_back(std::move(transfer));
    }
    {
      std::lock_guard lock(mutex_);
      for (auto& transfer : inbox_) all.push_back(std::move(transfer));
      inbox_.clear();
    }
    for (auto& transfer : all) {
      transfer->Abandon(MakeError(ErrorCode::kCancelled, "cancelled"));
      transfer->Complete();
    }
  }

  struct Running {
    std::unique_ptr<Transfer> transfer;
    Origin* origin;  // origins_ never loses an entry, and its nodes do not move
  };

  const ClientOptions& options_;
  std::minstd_rand random_;
  CURLM* multi_ = nullptr;
  std::vector<CURL*> idle_;
  std::unordered_map<CURL*, Running> running_;
  std::unordered_map<std::string, Origin> origins_;
  std::vector<std::unique_ptr<Transfer>> sleeping_;
  bool watches_ = false;  // for callers who give up
  Clock::time_point look_again_at_;
  mutable std::mutex mutex_;  // of what follows
  Status first_failure_;
  std::vector<std::unique_ptr<Transfer>> inbox_;
  bool stop_ = false;
  std::thread thread_;
};

Client::Client(const ClientOptions& options)
    : options_(options),
      stores_(std::make_shared<store::ObjectStores>(options.store)),
      disk_cache_(options.disk_cache.folder.empty() ? nullptr : std::make_shared<DiskCache>(options.disk_cache)),
      pieces_(std::make_shared<PieceBudget>(options.cache_bytes)) {}

Client::~Client() = default;

Status Client::FirstFailure() const {
  std::lock_guard lock(mutex_);
  return loop_ == nullptr ? Status() : loop_->FirstFailure();
}

void Client::Start(std::vector<Fetch> fetches) {
  {
    std::lock_guard lock(mutex_);
    if (loop_ == nullptr) loop_ = std::make_unique<Loop>(options_);
  }
  std::vector<std::unique_ptr<Transfer>> transfers;
  transfers.reserve(fetches.size());
  for (Fetch& fetch : fetches) transfers.push_back(std::make_unique<Transfer>(std::move(fetch), options_, statistics_));
  if (loop_->works()) return loop_->Add(std::move(transfers));
  for (auto& transfer : transfers) {
    transfer->Abandon(MakeError(ErrorCode::kInternal, "libcurl cannot be started"));
    transfer->Complete();
  }
}

}  // namespace rutter::http
