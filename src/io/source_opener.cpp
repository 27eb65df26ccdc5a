#include "io/source_opener.h"

#include <filesystem>
#include <system_error>
#include <utility>

namespace rutter {
namespace {

namespace fs = std::filesystem;

bool IsBelow(const fs::path& path, const fs::path& folder) {
  auto folder_part = folder.begin();
  auto path_part = path.begin();
  for (; folder_part != folder.end(); ++folder_part, ++path_part) {
    if (folder_part->empty()) break;  // a trailing slash
    if (path_part == path.end() || *path_part != *folder_part) return false;
  }
  return true;
}

bool IsUrl(std::string_view text) {
  auto colon = text.find("://");
  return colon != std::string_view::npos && colon > 1 && text.find('/') > colon;
}

class FileOpener : public SourceOpener {
 public:
  explicit FileOpener(std::vector<std::string> allowed) {
    for (const std::string& folder : allowed) {
      std::error_code failure;
      fs::path resolved = fs::weakly_canonical(folder, failure);
      if (!failure) allowed_.push_back(std::move(resolved));
    }
  }

  Result<std::shared_ptr<ByteSource>> Open(std::string_view reference, std::string_view base) override {
    if (reference.starts_with("file://")) reference.remove_prefix(7);
    if (reference.find('\0') != std::string_view::npos) return Refuse(std::string(reference), "a path holds a NUL", {});
    if (IsUrl(reference)) {
      Error error = MakeError(ErrorCode::kUnsupported, "only local sources can be read, not " + std::string(reference));
      return Fail(std::move(error));
    }
    std::error_code failure;
    fs::path folder = base.empty() ? fs::current_path(failure) : fs::absolute(fs::path(std::string(base)), failure).parent_path();
    if (failure) return Refuse(std::string(reference), failure.message(), {});
    fs::path path = fs::path(std::string(reference));
    if (path.is_relative()) path = folder / path;
    fs::path resolved = fs::weakly_canonical(path, failure);
    if (failure) return Refuse(path.string(), failure.message(), {});
    fs::path own = fs::weakly_canonical(folder, failure);
    bool allowed = !failure && IsBelow(resolved, own);
    for (const fs::path& prefix : allowed_) allowed = allowed || IsBelow(resolved, prefix);
    if (!allowed) {
      return Refuse(resolved.string(), "the path leads outside the folder of " + std::string(base),
                    "add --allow " + resolved.parent_path().string() + " to follow it");
    }
    return OpenFile(resolved.string());
  }

 private:
  static tl::unexpected<Error> Refuse(std::string path, std::string message, std::string hint) {
    Error error = MakeError(ErrorCode::kPolicy, std::move(message));
    error.where.source = std::move(path);
    error.hint = std::move(hint);
    return Fail(std::move(error));
  }

  std::vector<fs::path> allowed_;
};

class RefusingOpener : public SourceOpener {
 public:
  Result<std::shared_ptr<ByteSource>> Open(std::string_view reference, std::string_view) override {
    Error error = MakeError(ErrorCode::kPolicy, "no other file may be followed here");
    error.where.source = std::string(reference.substr(0, 256));
    return Fail(std::move(error));
  }
};

}  // namespace

std::shared_ptr<SourceOpener> MakeFileOpener(std::vector<std::string> allowed) {
  return std::make_shared<FileOpener>(std::move(allowed));
}

std::shared_ptr<SourceOpener> MakeRefusingOpener() { return std::make_shared<RefusingOpener>(); }

}  // namespace rutter
