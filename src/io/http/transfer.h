#pragma once
// One fetch with all its attempts: what to ask next, and whether what came is the data.

#include "io/http/libcurl.h"

#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "io/http/answer.h"
#include "io/http/client.h"
#include "io/http/response_head.h"

namespace rutter::http {

using Clock = std::chrono::steady_clock;

/// Driven by the client's loop: Prepare, run the handle, Finish, and again where Finish says so. One thread.
class Transfer {
 public:
  Transfer(Fetch fetch, const ClientOptions& options, ClientStatistics& statistics);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Sets the handle for the next attempt; it must have been reset. Errors: kLimit (out of memory).
  Status Prepare(CURL* handle);
  /// Takes the end of an attempt. True: call Complete; false: try again at `again_at()`.
  bool Finish(CURLcode code, CURL* handle, std::minstd_rand& random);
  Clock::time_point again_at() const { return again_at_; }
  std::string origin() const { return place_->url->Origin(); }
  /// The last attempt met a server that is busy.
  bool met_busy_server() const { return busy_; }
  /// The last attempt failed and another one follows. The origin may want to wait longer.
  bool repeats() const { return repeats_; }
  void WaitAtLeast(std::chrono::milliseconds wait) { again_at_ = std::max(again_at_, std::min(Clock::now() + wait, deadline_ - std::chrono::milliseconds(1))); }

  const std::atomic<bool>* cancel() const { return fetch_.cancel; }

  /// How the fetch stands.
  const Status& status() const { return result_.status; }
  bool opening() const { return !fetch_.known; }

  /// Ends the fetch with `error` whatever came.
  void Abandon(Error error) {
    result_.status = Fail(std::move(error));
    abandoned_ = true;
  }
  /// Calls the fetch's `done`.
  void Complete();

 private:
  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t OnSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int OnConnected(void* self, char* remote, char* local, int remote_port, int local_port);

  /// kPassing: a busy server, a connection that broke. kWrong: an answer that no server should give.
  enum class Fault { kPassing, kWrong };

  Question MakeQuestion() const;
  void JudgeHead();
  void ObserveLink(CURL* handle);
  bool TakeBody(std::span<const std::byte> bytes);
  bool TakeData(std::span<const std::byte> bytes);
  bool FinishData(CURLcode code, std::minstd_rand& random);
  bool FinishWhole(CURLcode code, std::minstd_rand& random);
  bool FollowRedirect();
  bool AskForPlaceAgain();
  bool AskStoreAgain();
  bool TransportFailed(CURLcode code, std::minstd_rand& random);
  /// True where no try is left; else plans the next one.
  bool Repeat(Error error, Fault fault, std::optional<std::uint64_t> wait_seconds, std::minstd_rand& random);
  bool EndWith(Error error);
  Error ErrorOf(ErrorCode code, std::string message, std::string hint = {}) const;

  Fetch fetch_;
  const ClientOptions& options_;
  ClientStatistics& statistics_;
  Endpoint::Place place_;
  Clock::time_point deadline_, again_at_;
  int tries_ = 0;  ///< Since the last progress.
  int wrong_ = 0;  ///< The last so many of them ended in a wrong answer.
  unsigned hops_ = 0, renewals_ = 0;
  std::size_t received_ = 0;  ///< Bytes of `out` that are the source's.
  Fetched result_;

  // Of one attempt.
  struct HeaderListDeleter {
    void operator()(curl_slist* list) const { Curl().slist_free_all(list); }
  };
  std::unique_ptr<curl_slist, HeaderListDeleter> headers_;
  ResponseHeadParser parser_;
  std::optional<Answer> answer_;
  std::uint64_t attempt_skipped_ = 0;
  std::uint64_t attempt_received_ = 0;
  std::size_t discarded_ = 0;
  bool body_too_long_ = false, stopped_ = false, busy_ = false, abandoned_ = false, repeats_ = false;
  std::string blocked_address_;
  std::string refusal_;  ///< The start of an object store's error document.
  char curl_error_[CURL_ERROR_SIZE] = {};
};

}  // namespace rutter::http
