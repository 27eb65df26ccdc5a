// Local files through pread. No mmap: a file that another process cuts short would end this one by SIGBUS, and page faults
// of a cold file read the wrong bytes (docs/architecture.md, "Threads and I/O").

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/cancel.h"
#include "base/checked.h"
#include "io/byte_source.h"

namespace rutter {
namespace {

std::int64_t MtimeNs(const struct stat& info) {
  return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec;
}

constexpr std::size_t kPieceBytes = 8 << 20;  // read between two looks at whether the caller gave up

class FileSource : public ByteSource {
 public:
  FileSource(std::string path, int descriptor, const struct stat& info)
      : path_(std::move(path)), descriptor_(descriptor), size_(static_cast<std::uint64_t>(info.st_size)), mtime_ns_(MtimeNs(info)) {}
  ~FileSource() override { ::close(descriptor_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  const std::string& name() const override { return path_; }
  std::uint64_t size() const override { return size_; }
  Fingerprint fingerprint() const override { return {size_, mtime_ns_, {}, {}}; }

  Status ReadAt(std::uint64_t offset, std::span<std::byte> out) override {
    if (!RangeInside(offset, out.size(), size_)) return Truncated(offset, out.size(), size_);
    std::size_t done = 0;
    while (done < out.size()) {
      ssize_t got = ::pread(descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        Error error = MakeError(ErrorCode::kIo, std::string("cannot read: ") + std::strerror(errno));
        error.where.source = path_;
        error.where.offset = offset + done;
        return Fail(std::move(error));
      }
      if (got == 0) return Truncated(offset, out.size(), offset + done);
      done += static_cast<std::size_t>(got);
    }
    return {};
  }

  Status ReadMany(std::span<const ReadRequest> requests) override {
    Prefetch(requests);
    for (const ReadRequest& request : requests) RUTTER_TRY(ReadAt(request.offset, request.out));
    return {};
  }

  Status ReadManyUntil(std::span<const ReadRequest> requests, const std::atomic<bool>* cancel) override {
    Prefetch(requests);
    for (const ReadRequest& request : requests) {
      std::size_t done = 0;
      do {
        RUTTER_TRY(CheckCancelled(cancel));
        const std::size_t piece = std::min(kPieceBytes, request.out.size() - done);
        RUTTER_TRY(ReadAt(request.offset + done, request.out.subspan(done, piece)));
        done += piece;
      } while (done < request.out.size());
    }
    return {};
  }

  void Prefetch(std::span<const ReadRequest> requests) override {
    // The kernel starts all of these reads at once, so a cold file is read at the device's queue depth by one thread.
    if (!scattered_ || requests.size() < 2) return;
    for (const ReadRequest& request : requests) {
      ::posix_fadvise(descriptor_, static_cast<off_t>(request.offset), static_cast<off_t>(request.length()), POSIX_FADV_WILLNEED);
    }
  }

  void Advise(Access access) override {
    scattered_ = access == Access::kScattered;
    int advice = access == Access::kScattered    ? POSIX_FADV_RANDOM
                 : access == Access::kSequential ? POSIX_FADV_SEQUENTIAL
                                                 : POSIX_FADV_NORMAL;
    ::posix_fadvise(descriptor_, 0, 0, advice);
  }

  Status CheckUnchanged() override {
    struct stat info {};
    if (::fstat(descriptor_, &info) != 0) {
      Error error = MakeError(ErrorCode::kIo, std::string("cannot stat: ") + std::strerror(errno));
      error.where.source = path_;
      return Fail(std::move(error));
    }
    if (MtimeNs(info) == mtime_ns_ && static_cast<std::uint64_t>(info.st_size) == size_) return {};
    Error error = MakeError(ErrorCode::kSourceChanged, "the file changed while it was read");
    error.where.source = path_;
    error.hint = "read it again when its writer is done";
    return Fail(std::move(error));
  }

 private:
  tl::unexpected<Error> Truncated(std::uint64_t offset, std::uint64_t length, std::uint64_t end) const {
    Error error = MakeError(ErrorCode::kTruncated, "needs " + std::to_string(length) + " bytes at " + std::to_string(offset) +
                                                       ", the file ends at " + std::to_string(end));
    error.where.source = path_;
    error.where.offset = end;
    return Fail(std::move(error));
  }

  std::string path_;
  int descriptor_;
  std::uint64_t size_;
  std::int64_t mtime_ns_;
  std::atomic<bool> scattered_{false};
};

}  // namespace

Result<std::shared_ptr<ByteSource>> OpenFile(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    Error error = MakeError(errno == ENOENT || errno == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo,
                            std::string("cannot open: ") + std::strerror(errno));
    error.where.source = path;
    return Fail(std::move(error));
  }
  struct stat info {};
  std::string problem;
  if (::fstat(descriptor, &info) != 0) {
    problem = std::strerror(errno);
  } else if (S_ISDIR(info.st_mode)) {
    problem = "is a folder";
  } else if (!S_ISREG(info.st_mode)) {
    problem = "is not a regular file";
  }
  if (!problem.empty()) {
    ::close(descriptor);
    Error error = MakeError(ErrorCode::kIo, "cannot open: " + problem);
    error.where.source = path;
    return Fail(std::move(error));
  }
  return std::make_shared<FileSource>(path, descriptor, info);
}

}  // namespace rutter
