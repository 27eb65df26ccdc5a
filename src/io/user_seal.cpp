#include "io/user_seal.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

namespace rutter {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeyBytes = 32;
using Key = std::array<unsigned char, kKeyBytes>;

std::optional<fs::path> KeyPath() {
  // The specification has relative paths ignored.
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && state[0] == '/') return fs::path(state) / "rutter/seal.key";
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/') return fs::path(home) / ".local/state/rutter/seal.key";
  return std::nullopt;
}

std::optional<Key> ReadKey(const fs::path& path) {
  int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  Key key{};
  ssize_t got = ::read(file, key.data(), key.size());
  ::close(file);
  if (got != static_cast<ssize_t>(key.size())) return std::nullopt;
  return key;
}

tl::unexpected<Error> NoKey(const fs::path& path, const char* why) {
  Error error = MakeError(ErrorCode::kIo, std::string("the key that marks your own maps cannot be made: ") + why);
  error.where.source = path.string();
  return Fail(std::move(error));
}

/// Another process may make the key at the same time: the first link to the name wins, and all read what stands there.
Result<Key> MakeKey(const fs::path& path) {
  std::error_code failure;
  fs::create_directories(path.parent_path(), failure);
  if (failure) return NoKey(path, failure.message().c_str());
  Key key{};
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) return NoKey(path, "no random numbers");
  std::string temporary = path.string() + "." + std::to_string(::getpid());
  int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return NoKey(path, std::strerror(errno));
  bool written = ::write(file, key.data(), key.size()) == static_cast<ssize_t>(key.size());
  written = ::close(file) == 0 && written;
  if (written) (void)!::link(temporary.c_str(), path.c_str());
  ::unlink(temporary.c_str());
  auto made = ReadKey(path);
  if (!made) return NoKey(path, written ? "it cannot be read back" : "it cannot be written");
  return *made;
}

std::string Seal(const Key& key, std::span<const std::string> urls) {
  std::string text = "rutter sources 1\n";
  for (const std::string& url : urls) text += std::to_string(url.size()) + ":" + url + "\n";
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data(), &length) == nullptr) {
    return {};
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string seal;
  for (unsigned k = 0; k < length; ++k) {
    seal += kDigits[hash[k] >> 4];
    seal += kDigits[hash[k] & 15];
  }
  return seal;
}

}  // namespace

Result<std::string> SealSources(std::span<const std::string> urls) {
  auto path = KeyPath();
  if (!path) return Fail(ErrorCode::kIo, "there is no home folder to keep the key that marks your own maps");
  auto key = ReadKey(*path);
  if (!key) {
    RUTTER_ASSIGN(key, MakeKey(*path));
  }
  std::string seal = Seal(*key, urls);
  if (seal.empty()) return Fail(ErrorCode::kInternal, "the sources cannot be sealed");
  return seal;
}

bool IsOwnSeal(std::span<const std::string> urls, std::string_view seal) {
  auto path = KeyPath();
  auto key = path ? ReadKey(*path) : std::nullopt;
  if (!key) return false;
  std::string own = Seal(*key, urls);
  return !own.empty() && own.size() == seal.size() && CRYPTO_memcmp(own.data(), seal.data(), own.size()) == 0;
}

}  // namespace rutter
