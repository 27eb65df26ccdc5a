#pragma once
// A web server inside the test: right answers, faults that pass, faults that last, and files that change.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace rutter::test {

/// What a file is at one moment. Its bytes are a function of `content` and the offset.
struct FileState {
  std::uint64_t size = 0, content = 0;
  std::string etag, last_modified;
  bool checks_conditions = true;  ///< Answers 412 where If-Match does not hold.
};

std::byte ByteOf(std::uint64_t content, std::uint64_t offset);

enum class Lasting { kNone, kNotFound, kForbidden, kGone, kUnsatisfiable, kWebPage, kShifted, kEncoded, kManyParts, kTooLong, kBusy, kReset, kStall };
inline constexpr int kNumLasting = 13;

struct ServerCounters {
  std::atomic<std::uint64_t> requests{0}, faults{0}, retry_afters{0}, came_too_early{0}, came_late{0};
};

/// Serves "/<name>" on loopback, a thread for each connection. Thread-safe.
class FaultServer {
 public:
  /// `fault_rate`: share of the answers to opened files that meet a fault that passes.
  FaultServer(double fault_rate, std::uint64_t seed);
  ~FaultServer();
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;

  void Put(const std::string& name, FileState state, Lasting lasting = Lasting::kNone);
  void Remove(const std::string& name);
  std::string Url(const std::string& name) const { return "http://127.0.0.1:" + std::to_string(port_) + "/" + name; }
  const ServerCounters& counters() const { return counters_; }

 private:
  struct File {
    FileState state;
    Lasting lasting = Lasting::kNone;
  };
  struct Request;

  void Accept();
  void Serve(int socket, std::uint64_t seed);
  bool Answer(int socket, const Request& request, std::minstd_rand& random);
  bool AnswerLasting(int socket, const Request& request, Lasting lasting);
  bool AnswerWithFault(int socket, const Request& request, const FileState& state, std::minstd_rand& random);
  void CheckRetryAfter(const Request& request);

  const double fault_rate_;
  const std::uint64_t seed_;
  int listener_ = -1, port_ = 0;
  std::atomic<bool> stop_{false};
  ServerCounters counters_;
  std::mutex mutex_;  // of what follows
  std::map<std::string, File> files_;
  std::map<std::string, std::int64_t> not_before_;  ///< Milliseconds, by request.
  int serving_ = 0;  ///< Threads; they are very many over a run, so each goes when its connection does.
  std::condition_variable ended_;
  std::vector<int> sockets_;
  std::thread acceptor_;
};

}  // namespace rutter::test
