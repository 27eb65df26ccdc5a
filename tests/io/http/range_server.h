#pragma once
// A web server in this process, for tests: good answers to ranges over kept connections.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace rutter {

/// Serves `bytes` at every path on loopback. A thread for each connection.
class RangeServer {
 public:
  explicit RangeServer(std::vector<std::byte> bytes) : bytes_(std::move(bytes)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 256);
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { Accept(); });
  }
  ~RangeServer() {
    stop_ = true;
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
  }
  std::string Url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/a.bin"; }

  std::atomic<int> requests{0};
  std::atomic<bool> silent{false};  ///< Requests are read and not answered.
  std::string etag = "\"v1\"";      ///< Set before the first request.

 private:
  void Accept() {
    while (!stop_) {
      if (!Readable(listener_)) continue;
      int connection = ::accept(listener_, nullptr, nullptr);
      if (connection >= 0) threads_.emplace_back([this, connection] { Serve(connection); });
    }
  }

  static bool Readable(int descriptor) {
    pollfd wait{descriptor, POLLIN, 0};
    return ::poll(&wait, 1, 20) == 1;
  }

  void Serve(int connection) {
    std::string received;
    while (!stop_) {
      if (!Readable(connection)) continue;
      char buffer[4096];
      ssize_t got = ::recv(connection, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      received.append(buffer, static_cast<std::size_t>(got));
      std::size_t end;
      while ((end = received.find("\r\n\r\n")) != std::string::npos) {
        ++requests;
        if (!silent) Answer(connection, received.substr(0, end));
        received.erase(0, end + 4);
      }
    }
    ::close(connection);
  }

  void Answer(int connection, const std::string& head) const {
    std::size_t at = head.find("bytes=") + 6;
    std::uint64_t first = std::stoull(head.substr(at));
    std::uint64_t last = std::min<std::uint64_t>(std::stoull(head.substr(head.find('-', at) + 1)), bytes_.size() - 1);
    std::string answer = "HTTP/1.1 206 Partial Content\r\nETag: " + etag + "\r\nContent-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
                         std::to_string(bytes_.size()) + "\r\nContent-Length: " + std::to_string(last - first + 1) + "\r\n\r\n";
    answer.append(reinterpret_cast<const char*>(bytes_.data()) + first, last - first + 1);
    for (std::size_t sent = 0; sent < answer.size();) {
      ssize_t done = ::send(connection, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
      if (done <= 0) return;
      sent += static_cast<std::size_t>(done);
    }
  }

  const std::vector<std::byte> bytes_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::thread acceptor_;
  std::vector<std::thread> threads_;  // the acceptor's, until it has ended
};

}  // namespace rutter
