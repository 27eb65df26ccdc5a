// A range server on loopback that waits before each answer, for benchmarks over a network that is not there.
//
//   delay_server DELAY_MS PORT FOLDER [CONNECT_MS]
//
// One thread and little work for each request, so that the server is not what is measured. CONNECT_MS is waited once more
// before the first answer of a connection (what a handshake costs). PORT 0 takes any; the port is printed.
// GET /__stat answers and resets {"n": requests, "b": bytes, "mx": most in flight, "c": connections}.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace {

using Clock = std::chrono::steady_clock;

struct File {
  int descriptor = -1;
  long long size = 0;
};

struct Connection {
  int socket = -1;
  std::string in;            // read, and not yet understood
  bool is_new = true;
  bool waits = false;        // an answer is on its way
  std::string head;          // of the answer, as far as it is not sent
  int body = -1;             // the file that it comes from; none where negative
  off_t from = 0;
  long long left = 0;
};

struct Counters {
  long long requests = 0, bytes = 0, connections = 0;
  int in_flight = 0, most = 0;
};

class Server {
 public:
  Server(std::chrono::milliseconds delay, std::chrono::milliseconds connect, std::string folder)
      : delay_(delay), connect_(connect), folder_(std::move(folder)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

  int Listen(int port) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int one = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener_, 511) != 0) return -1;
    socklen_t length = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    Watch(listener_, nullptr, EPOLLIN);
    return ntohs(address.sin_port);
  }

  [[noreturn]] void Run() {
    epoll_event events[256];
    for (;;) {
      int wait = -1;
      if (!due_.empty()) {
        const auto left = std::chrono::duration_cast<std::chrono::microseconds>(due_.begin()->first - Clock::now());
        wait = static_cast<int>(std::max<long long>(0, (left.count() + 999) / 1000));
      }
      const int count = epoll_wait(epoll_, events, 256, wait);
      for (int i = 0; i < count; ++i) {
        auto* connection = static_cast<Connection*>(events[i].data.ptr);
        if (connection == nullptr) {
          Accept();
        } else if ((events[i].events & EPOLLOUT) != 0) {
          if (!Send(*connection) || !Understand(*connection)) Close(connection);
        } else if (!Receive(*connection)) {
          Close(connection);
        }
      }
      while (!due_.empty() && due_.begin()->first <= Clock::now()) {
        Connection* connection = due_.begin()->second;
        due_.erase(due_.begin());
        if (connection == nullptr) continue;
        connection->waits = false;
        --counters_.in_flight;
        if (!Send(*connection) || !Understand(*connection)) Close(connection);
      }
    }
  }

 private:
  void Watch(int descriptor, Connection* connection, std::uint32_t events, int operation = EPOLL_CTL_ADD) const {
    epoll_event event{};
    event.events = events;
    event.data.ptr = connection;
    epoll_ctl(epoll_, operation, descriptor, &event);
  }

  void Accept() {
    int descriptor;
    while ((descriptor = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
      const int one = 1;
      setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      auto* connection = new Connection;
      connection->socket = descriptor;
      ++counters_.connections;
      Watch(descriptor, connection, EPOLLIN);
    }
  }

  void Close(Connection* connection) {
    for (auto& [time, waiting] : due_) {
      if (waiting != connection) continue;
      waiting = nullptr;
      --counters_.in_flight;
    }
    close(connection->socket);
    delete connection;
  }

  bool Receive(Connection& connection) {
    char buffer[16'384];
    const ssize_t got = read(connection.socket, buffer, sizeof buffer);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return false;
    if (got > 0) connection.in.append(buffer, static_cast<std::size_t>(got));
    return Understand(connection);
  }

  /// Takes the next request, one at a time.
  bool Understand(Connection& connection) {
    const std::size_t end = connection.in.find("\r\n\r\n");
    if (end == std::string::npos || connection.waits || !connection.head.empty() || connection.left > 0) return connection.in.size() < 65'536;
    const std::string request = connection.in.substr(0, end + 4);
    connection.in.erase(0, end + 4);
    if (request.starts_with("GET /__stat ")) {
      char text[160];
      const int length = std::snprintf(text, sizeof text, "{\"n\": %lld, \"b\": %lld, \"mx\": %d, \"c\": %lld}", counters_.requests, counters_.bytes, counters_.most, counters_.connections);
      counters_.requests = counters_.bytes = counters_.connections = counters_.most = 0;
      connection.head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" + text;
      return Send(connection);
    }
    Answer(connection, request);
    ++counters_.requests;
    counters_.most = std::max(counters_.most, ++counters_.in_flight);
    connection.waits = true;
    due_.emplace(Clock::now() + delay_ + (connection.is_new ? connect_ : std::chrono::milliseconds(0)), &connection);
    connection.is_new = false;
    return true;
  }

  void Answer(Connection& connection, const std::string& request) {
    const std::size_t slash = request.find('/'), space = request.find(' ', slash);
    const File* file = Open(request.substr(slash + 1, space - slash - 1));
    connection.head.clear();
    connection.body = -1;
    connection.left = 0;
    if (file == nullptr) {
      connection.head = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
      return;
    }
    long long first = 0, last = file->size - 1;
    std::string lower = request;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::size_t range = lower.find("\r\nrange: bytes=");
    if (range != std::string::npos) {
      const char* text = lower.c_str() + range + 15;
      char* after = nullptr;
      if (*text == '-') {
        first = std::max(0LL, file->size - std::strtoll(text + 1, &after, 10));
      } else {
        first = std::strtoll(text, &after, 10);
        if (after[1] >= '0' && after[1] <= '9') last = std::min(last, std::strtoll(after + 1, &after, 10));
      }
      if (first > last) {
        connection.head = "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */" + std::to_string(file->size) + "\r\nContent-Length: 0\r\n\r\n";
        return;
      }
      connection.head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(file->size) + "\r\n";
    } else {
      connection.head = "HTTP/1.1 200 OK\r\n";
    }
    connection.head += "Accept-Ranges: bytes\r\nETag: \"1\"\r\nContent-Type: application/octet-stream\r\nContent-Length: " + std::to_string(last - first + 1) + "\r\n\r\n";
    if (request.starts_with("HEAD ")) return;
    counters_.bytes += last - first + 1;
    connection.body = file->descriptor;
    connection.from = first;
    connection.left = last - first + 1;
  }

  bool Send(Connection& connection) {
    while (!connection.head.empty()) {
      const ssize_t sent = send(connection.socket, connection.head.data(), connection.head.size(), MSG_NOSIGNAL | (connection.left > 0 ? MSG_MORE : 0));
      if (sent < 0) return errno == EAGAIN && Later(connection);
      connection.head.erase(0, static_cast<std::size_t>(sent));
    }
    while (connection.left > 0) {
      const ssize_t sent = sendfile(connection.socket, connection.body, &connection.from, static_cast<std::size_t>(std::min(connection.left, 1LL << 20)));
      if (sent < 0) return errno == EAGAIN && Later(connection);
      if (sent == 0) return false;
      connection.left -= sent;
    }
    Watch(connection.socket, &connection, EPOLLIN, EPOLL_CTL_MOD);
    return true;
  }

  bool Later(Connection& connection) {
    Watch(connection.socket, &connection, EPOLLOUT, EPOLL_CTL_MOD);
    return true;
  }

  const File* Open(std::string name) {
    name = name.substr(name.rfind('/') + 1);
    auto found = files_.find(name);
    if (found != files_.end()) return &found->second;
    File file;
    struct stat info {};
    file.descriptor = open((folder_ + "/" + name).c_str(), O_RDONLY | O_CLOEXEC);
    if (file.descriptor < 0 || fstat(file.descriptor, &info) != 0 || !S_ISREG(info.st_mode)) return nullptr;
    file.size = info.st_size;
    return &files_.emplace(name, file).first->second;
  }

  const std::chrono::milliseconds delay_, connect_;
  const std::string folder_;
  const int epoll_;
  int listener_ = -1;
  std::multimap<Clock::time_point, Connection*> due_;
  std::map<std::string, File> files_;
  Counters counters_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: delay_server DELAY_MS PORT FOLDER [CONNECT_MS]\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  Server server(std::chrono::milliseconds(std::atoi(argv[1])), std::chrono::milliseconds(argc > 4 ? std::atoi(argv[4]) : 0), argv[3]);
  const int port = server.Listen(std::atoi(argv[2]));
  if (port < 0) {
    std::fprintf(stderr, "delay_server: cannot listen on port %s: %s\n", argv[2], std::strerror(errno));
    return 1;
  }
  std::printf("%d\n", port);
  std::fflush(stdout);
  server.Run();
}
