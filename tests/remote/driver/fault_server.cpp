#include "fault_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace rutter::test {
namespace {

std::int64_t NowMs() { return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

bool SendAll(int socket, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t sent = ::send(socket, text.data() + at, text.size() - at, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    at += static_cast<std::size_t>(sent);
  }
  return true;
}

void ResetOnClose(int socket) {
  const linger hard{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

std::string Field(const std::string& head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 4;
  return head.substr(from, head.find("\r\n", from) - from);
}

}  // namespace

std::byte ByteOf(std::uint64_t content, std::uint64_t offset) {
  std::uint64_t x = (offset / 8 + content * 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
  x ^= x >> 31;
  return static_cast<std::byte>(x >> (offset % 8 * 8));
}

struct FaultServer::Request {
  std::string path, if_match, if_unmodified, range;
  std::uint64_t first = 0, last = 0;
  bool opens = false;

  std::string Body(const FileState& state, std::uint64_t from, std::uint64_t to) const {
    std::string body(static_cast<std::size_t>(to - from + 1), '\0');
    for (std::size_t k = 0; k < body.size(); ++k) body[k] = static_cast<char>(ByteOf(state.content, from + k));
    return body;
  }
  static std::string Validators(const FileState& state) {
    return (state.etag.empty() ? "" : "ETag: " + state.etag + "\r\n") + (state.last_modified.empty() ? "" : "Last-Modified: " + state.last_modified + "\r\n");
  }
  std::string Head(const FileState& state, std::uint64_t from, std::uint64_t to) const {
    return "HTTP/1.1 206 Partial Content\r\n" + Validators(state) + "Content-Range: bytes " + std::to_string(from) + "-" + std::to_string(to) + "/" + std::to_string(state.size) +
           "\r\nContent-Length: " + std::to_string(to - from + 1) + "\r\n\r\n";
  }
};

FaultServer::FaultServer(double fault_rate, std::uint64_t seed) : fault_rate_(fault_rate), seed_(seed) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener_, 512) != 0) std::abort();
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

FaultServer::~FaultServer() {
  stop_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  std::unique_lock lock(mutex_);
  for (int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  ended_.wait(lock, [&] { return serving_ == 0; });
}

void FaultServer::Put(const std::string& name, FileState state, Lasting lasting) {
  std::lock_guard lock(mutex_);
  files_[name] = {std::move(state), lasting};
}

void FaultServer::Remove(const std::string& name) {
  std::lock_guard lock(mutex_);
  files_.erase(name);
}

void FaultServer::Accept() {
  for (std::uint64_t number = 0; !stop_; ++number) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int one = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    ++serving_;
    std::thread([this, socket, seed = seed_ + number] { Serve(socket, seed); }).detach();
  }
}

void FaultServer::Serve(int socket, std::uint64_t seed) {
  std::minstd_rand random(static_cast<unsigned>(seed * 2654435761u + 1));
  std::string in;
  char buffer[8'192];
  while (!stop_) {
    const std::size_t end = in.find("\r\n\r\n");
    if (end == std::string::npos) {
      const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      in.append(buffer, static_cast<std::size_t>(got));
      continue;
    }
    const std::string head = in.substr(0, end + 2);
    in.erase(0, end + 4);
    Request request;
    request.path = head.substr(5, head.find(' ', 5) - 5);
    request.if_match = Field(head, "If-Match");
    request.if_unmodified = Field(head, "If-Unmodified-Since");
    request.range = Field(head, "Range");
    if (request.range.starts_with("bytes=")) {
      char* after = nullptr;
      request.first = std::strtoull(request.range.c_str() + 6, &after, 10);
      request.last = std::strtoull(after + 1, nullptr, 10);
    }
    request.opens = request.first == 0 && request.last == 65'535;
    ++counters_.requests;
    if (!Answer(socket, request, random)) break;
  }
  std::lock_guard lock(mutex_);
  std::erase(sockets_, socket);
  ::close(socket);
  --serving_;
  ended_.notify_all();
}

void FaultServer::CheckRetryAfter(const Request& request) {
  std::lock_guard lock(mutex_);
  auto waits = not_before_.find(request.path + request.range);
  if (waits == not_before_.end()) return;
  const std::int64_t late = NowMs() - waits->second;
  if (late < 0) ++counters_.came_too_early;
  if (late > 1'000) ++counters_.came_late;  // a busy machine; the client adds at most a twentieth
  not_before_.erase(waits);
}

bool FaultServer::Answer(int socket, const Request& request, std::minstd_rand& random) {
  CheckRetryAfter(request);
  File file;
  {
    std::lock_guard lock(mutex_);
    auto found = files_.find(request.path);
    if (found == files_.end()) return SendAll(socket, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    file = found->second;
  }
  const FileState& state = file.state;
  if (file.lasting != Lasting::kNone && !request.opens) return AnswerLasting(socket, request, file.lasting);
  if (fault_rate_ > 0 && !request.opens && std::uniform_real_distribution<>(0, 1)(random) < fault_rate_) {
    ++counters_.faults;
    return AnswerWithFault(socket, request, state, random);
  }
  if (state.checks_conditions && ((!request.if_match.empty() && request.if_match != state.etag) || (!request.if_unmodified.empty() && request.if_unmodified != state.last_modified))) {
    return SendAll(socket, "HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n");
  }
  if (request.first >= state.size) return SendAll(socket, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */" + std::to_string(state.size) + "\r\nContent-Length: 0\r\n\r\n");
  const std::uint64_t last = std::min(request.last, state.size - 1);
  return SendAll(socket, request.Head(state, request.first, last) + request.Body(state, request.first, last));
}

bool FaultServer::AnswerLasting(int socket, const Request& request, Lasting lasting) {
  switch (lasting) {
    case Lasting::kNotFound: return SendAll(socket, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
    case Lasting::kForbidden: return SendAll(socket, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    case Lasting::kGone: return SendAll(socket, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
    case Lasting::kUnsatisfiable: return SendAll(socket, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n");
    case Lasting::kWebPage: return SendAll(socket, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>");
    case Lasting::kEncoded: return SendAll(socket, "HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n");
    case Lasting::kManyParts: return SendAll(socket, "HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=B\r\nContent-Length: 3\r\n\r\n--B");
    case Lasting::kBusy: return SendAll(socket, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    case Lasting::kShifted: {
      const std::string range = std::to_string(request.first + 1) + "-" + std::to_string(request.last + 1);
      return SendAll(socket, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + range + "/*\r\nContent-Length: 0\r\n\r\n");
    }
    case Lasting::kTooLong: {
      const std::string body(static_cast<std::size_t>(request.last - request.first + 9), 'x');
      return SendAll(socket, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(request.first) + "-" + std::to_string(request.last) + "/*\r\nConnection: close\r\n\r\n" + body) && false;
    }
    case Lasting::kReset: ResetOnClose(socket); return false;
    case Lasting::kStall:
    case Lasting::kNone: break;
  }
  char byte;
  (void)!::recv(socket, &byte, 1, 0);  // until the client gives up
  return false;
}

bool FaultServer::AnswerWithFault(int socket, const Request& request, const FileState& state, std::minstd_rand& random) {
  const std::uint64_t last = std::min(request.last, state.size - 1);
  const std::string head = request.Head(state, request.first, last), body = request.Body(state, request.first, last);
  const std::size_t part = std::uniform_int_distribution<std::size_t>(0, body.size() - 1)(random);
  // Those that make the client wait are rare.
  const int kind = std::uniform_int_distribution<int>(0, 1'999)(random);
  if (kind == 0) return AnswerLasting(socket, request, Lasting::kStall);
  if (kind <= 4) {
    ++counters_.retry_afters;
    std::lock_guard lock(mutex_);
    not_before_[request.path + request.range] = NowMs() + 1'000;
    return SendAll(socket, "HTTP/1.1 503 Slow Down\r\nRetry-After: 1\r\nContent-Length: 4\r\n\r\nbusy");
  }
  switch (kind % 14) {
    case 0: return SendAll(socket, "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\nsorry");
    case 1: return SendAll(socket, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    case 2: return SendAll(socket, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
    case 3: return false;                                            // closed without a word
    case 4: ResetOnClose(socket); return false;
    case 5: SendAll(socket, head.substr(0, head.size() / 2)); return false;
    case 6: SendAll(socket, head + body.substr(0, part)); return false;  // cut in the body
    case 7: SendAll(socket, head + body.substr(0, part)); ResetOnClose(socket); return false;
    case 8: SendAll(socket, std::string("\0\1nonsense\r\n\r\n", 14)); return false;
    case 9: {  // the place is another than the one asked for
      const std::uint64_t moved = request.first + 1 + last < state.size ? 1 : 0;
      return SendAll(socket, request.Head(state, request.first + moved, last + moved) + request.Body(state, request.first + moved, last + moved));
    }
    case 10: {  // less than asked for, and it says so
      return SendAll(socket, request.Head(state, request.first, request.first + part) + request.Body(state, request.first, request.first + part));
    }
    case 11: {  // the length says more than the range
      std::string wrong = head;
      wrong.replace(wrong.find("Content-Length: ") + 16, std::string::npos, std::to_string(body.size() + 7) + "\r\n\r\n");
      SendAll(socket, wrong + body + "garbage");
      return false;
    }
    case 12: {  // more bytes than it says
      std::string open = head.substr(0, head.find("Content-Length: ")) + "Connection: close\r\n\r\n";
      SendAll(socket, open + body + "more");
      return false;
    }
    default: return SendAll(socket, "HTTP/1.1 206 Partial Content\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);  // no Content-Range
  }
}

}  // namespace rutter::test
