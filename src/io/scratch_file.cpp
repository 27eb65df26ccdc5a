#include "io/scratch_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/checked.h"

namespace rutter {

Result<std::shared_ptr<ScratchFile>> ScratchFile::Create(const std::string& folder) {
  int descriptor = -1;
#ifdef O_TMPFILE
  descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
#endif
  if (descriptor < 0) {
    // File systems without nameless files: the name goes at once.
    std::string path = folder + "/rutter-XXXXXX";
    descriptor = ::mkostemp(path.data(), O_CLOEXEC);
    if (descriptor >= 0) ::unlink(path.c_str());
  }
  std::string name = "a scratch file in " + folder;
  if (descriptor < 0) {
    Error error = MakeError(ErrorCode::kIo, std::string("cannot make a scratch file: ") + std::strerror(errno));
    error.where.source = folder;
    return Fail(std::move(error));
  }
  return std::shared_ptr<ScratchFile>(new ScratchFile(std::move(name), descriptor));
}

ScratchFile::~ScratchFile() { ::close(descriptor_); }

tl::unexpected<Error> ScratchFile::Failed(const char* what) const {
  Error error = MakeError(ErrorCode::kIo, std::string(what) + ": " + std::strerror(errno));
  error.where.source = name_;
  return Fail(std::move(error));
}

Status ScratchFile::Append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t done = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return Failed("cannot write");
    size_ += static_cast<std::uint64_t>(done);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return {};
}

Status ScratchFile::ReadAt(std::uint64_t offset, std::span<std::byte> out) {
  if (!RangeInside(offset, out.size(), size_)) return Fail(ErrorCode::kInternal, "a read beyond the end of a scratch file");
  while (!out.empty()) {
    ssize_t got = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("cannot read");
    if (got == 0) return Fail(ErrorCode::kIo, "a scratch file became shorter");
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

}  // namespace rutter
