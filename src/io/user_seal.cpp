#include "io/user_seal.h"

#include <fcntl.h>
// SHA256_Init and its kind are called old, but they alone do not load OpenSSL's configuration, providers and engines, which
// takes 5 million instructions, more than mapping a small file.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
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

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

/// Source: RFC 2104, for keys that are no longer than a block.
std::optional<Digest> HmacSha256(const Key& key, std::string_view text) {
  static_assert(kKeyBytes <= SHA256_CBLOCK);
  auto hash = [&](unsigned char pad, const void* data, std::size_t bytes, Digest& digest) {
    std::array<unsigned char, SHA256_CBLOCK> block;
    block.fill(pad);
    for (std::size_t k = 0; k < key.size(); ++k) block[k] ^= key[k];
    SHA256_CTX context;
    return SHA256_Init(&context) == 1 && SHA256_Update(&context, block.data(), block.size()) == 1 && SHA256_Update(&context, data, bytes) == 1 &&
           SHA256_Final(digest.data(), &context) == 1;
  };
  Digest inner{}, outer{};
  if (!hash(0x36, text.data(), text.size(), inner) || !hash(0x5C, inner.data(), inner.size(), outer)) return std::nullopt;
  return outer;
}

std::string Seal(const Key& key, std::span<const std::string> urls) {
  std::string text = "rutter sources 1\n";
  for (const std::string& url : urls) text += std::to_string(url.size()) + ":" + url + "\n";
  const std::optional<Digest> hash = HmacSha256(key, text);
  if (!hash) return {};
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string seal;
  for (unsigned char byte : *hash) {
    seal += kDigits[byte >> 4];
    seal += kDigits[byte & 15];
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
