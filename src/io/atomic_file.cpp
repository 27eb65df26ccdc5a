#include "io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace rutter {
namespace {

tl::unexpected<Error> IoError(const std::string& path, std::string what) {
  Error error = MakeError(ErrorCode::kIo, std::move(what) + ": " + std::strerror(errno));
  error.where.source = path;
  return Fail(std::move(error));
}

std::string FolderOf(const std::string& path) {
  auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

AtomicFile::AtomicFile(std::string path, std::string temporary, int descriptor)
    : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<std::unique_ptr<AtomicFile>> AtomicFile::Create(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    Error error = MakeError(ErrorCode::kInvalidArgument, "is a folder, a map is a file");
    error.where.source = path;
    return Fail(std::move(error));
  }
  std::string temporary = path + ".tmp-XXXXXX";
  int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor < 0) return IoError(path, "cannot write beside it");
  // mkstemp makes files for the owner alone; a map is as readable as any new file.
  mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(descriptor, 0666 & ~mask);
  return std::unique_ptr<AtomicFile>(new AtomicFile(path, std::move(temporary), descriptor));
}

Status AtomicFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t done = ::write(descriptor_, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return IoError(path_, "cannot write after " + std::to_string(written_) + " bytes");
    written_ += static_cast<unsigned long long>(done);
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

Status AtomicFile::Commit() {
  if (::fsync(descriptor_) != 0) return IoError(path_, "cannot sync");
  int closing = std::exchange(descriptor_, -1);
  if (::close(closing) != 0) return IoError(path_, "cannot close");
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return IoError(path_, "cannot rename the finished file");
  temporary_.clear();
  int folder = ::open(FolderOf(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
  return {};
}

}  // namespace rutter
