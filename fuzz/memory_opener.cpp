#include "fuzz/memory_opener.h"

namespace rutter::fuzz {
namespace {

std::string_view LastPart(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

}  // namespace

void MemoryOpener::Add(const std::string& name, std::span<const std::byte> bytes) {
  files_[std::string(LastPart(name))] = bytes;
}

Result<std::shared_ptr<ByteSource>> MemoryOpener::Open(std::string_view reference, std::string_view) {
  auto found = files_.find(LastPart(reference));
  if (found == files_.end()) return Fail(ErrorCode::kNotFound, "no file " + std::string(reference) + " in memory");
  return MakeBorrowedSource(std::string(reference), found->second);
}

}  // namespace rutter::fuzz
