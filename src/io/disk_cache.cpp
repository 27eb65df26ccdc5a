#include "io/disk_cache.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace rutter {
namespace {

namespace fs = std::filesystem;

constexpr char kFolderName[] = "rutter-1", kLatest[] = "latest", kEnding[] = ".seg";
constexpr std::uint64_t kMagic = 0x3167655372747552;      // "RutrSeg1"
constexpr std::uint64_t kSegmentBytes = 64ull << 20;      // then the next one is begun, so that eviction is not all or nothing
constexpr std::uint64_t kLongestRecord = 64ull << 20;
constexpr std::uint64_t kLookEvery = 32;                  // looks at the folder after 1/32 of the bytes that it may hold
constexpr std::int64_t kSettledSeconds = 60;              // a file can change twice within a second; after a minute it did not

struct RecordHead {
  std::uint64_t magic = kMagic, offset = 0, length = 0, sum = 0, head_sum = 0;
};
static_assert(sizeof(RecordHead) == 40);

/// A sum that tells damage, not malice: the folder is its owner's alone.
std::uint64_t Sum(std::span<const std::byte> bytes, std::uint64_t seed) {
  constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87, kPrime2 = 0xC2B2AE3D27D4EB4F;
  std::array<std::uint64_t, 4> lanes = {seed ^ kPrime1, seed + kPrime2, seed, bytes.size() * kPrime1};
  auto mix = [](std::uint64_t lane, std::uint64_t word) {
    lane = (lane ^ word) * kPrime2;
    return (lane << 31 | lane >> 33) * kPrime1;
  };
  std::size_t at = 0;
  for (; at + 32 <= bytes.size(); at += 32) {
    std::array<std::uint64_t, 4> words;
    std::memcpy(words.data(), bytes.data() + at, 32);
    for (std::size_t k = 0; k < 4; ++k) lanes[k] = mix(lanes[k], words[k]);
  }
  for (; at < bytes.size(); ++at) lanes[at % 4] = mix(lanes[at % 4], std::to_integer<std::uint64_t>(bytes[at]) + 1);
  std::uint64_t sum = mix(lanes[0], lanes[1]);
  sum = mix(sum, lanes[2]);
  sum = mix(sum, lanes[3]);
  return sum ^ sum >> 29;
}

std::uint64_t Seed(const std::string& key, std::uint64_t offset) { return Sum(std::as_bytes(std::span(key)), offset); }

std::uint64_t HeadSum(const RecordHead& head, const std::string& key) {
  return Sum(std::as_bytes(std::span(&head, 1)).first(offsetof(RecordHead, head_sum)), Seed(key, ~head.offset));
}

std::string Sha256(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), hash.data(), &length, EVP_sha256(), nullptr) != 1) return {};
  std::string out;
  for (unsigned k = 0; k < length; ++k) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", hash[k]);
    out += digits.data();
  }
  return out;
}

std::string Counted(const std::string& text) { return std::to_string(text.size()) + ":" + text + "\n"; }

bool IsStrongTag(const std::string& etag) { return etag.size() > 2 && etag.front() == '"' && etag.back() == '"'; }

/// Seconds since 1970 of an HTTP date in its usual form, "Sat, 21 Nov 2026 08:00:00 GMT".
std::optional<std::int64_t> HttpDate(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return static_cast<std::int64_t>(::timegm(&parts));
}

bool ReadExactly(int descriptor, std::uint64_t offset, std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::pread(descriptor, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    offset += static_cast<std::uint64_t>(got);
    out = out.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

}  // namespace

DiskCache::DiskCache(DiskCacheOptions options) : options_(std::move(options)), root_(options_.folder + "/" + kFolderName) {
  std::error_code failure;
  fs::create_directories(options_.folder, failure);
  ::mkdir(root_.c_str(), 0700);
  ::mkdir((root_ + "/" + kLatest).c_str(), 0700);
}

DiskCache::~DiskCache() = default;

std::shared_ptr<DiskCache::Version> DiskCache::Open(const std::string& url, const Fingerprint& fingerprint, std::int64_t now_seconds) {
  if (fingerprint.size == 0) return nullptr;
  std::string validator;
  if (IsStrongTag(fingerprint.etag)) {
    validator = fingerprint.etag;
  } else {
    auto modified = HttpDate(fingerprint.last_modified);
    if (!modified || *modified > now_seconds - kSettledSeconds) return nullptr;
    validator = "modified " + fingerprint.last_modified;
  }
  const std::string key = Sha256(Counted(url) + std::to_string(fingerprint.size) + "\n" + Counted(validator));
  if (key.empty()) return nullptr;
  std::lock_guard lock(mutex_);
  if (auto open = open_[key].lock()) return open;
  auto version = std::make_shared<Version>(*this, root_ + "/" + key, key);
  open_[key] = version;
  return version;
}

std::optional<Fingerprint> DiskCache::Latest(const std::string& url, std::int64_t now_seconds) const {
  const int file = ::open((root_ + "/" + kLatest + "/" + Sha256(url)).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::string text(8'192, '\0');
  const ssize_t got = ::read(file, text.data(), text.size());
  ::close(file);
  if (got <= 0 || got == static_cast<ssize_t>(text.size())) return std::nullopt;
  text.resize(static_cast<std::size_t>(got));
  // Five lines: sum of the others, seconds, size, ETag, Last-Modified.
  std::array<std::string, 5> lines;
  std::size_t at = 0;
  for (std::string& line : lines) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) return std::nullopt;
    line = text.substr(at, end - at);
    at = end + 1;
  }
  const std::string rest = text.substr(lines[0].size() + 1);
  if (at != text.size() || lines[0] != Sha256(url + "\n" + rest)) return std::nullopt;
  std::int64_t seconds = 0;
  Fingerprint found;
  std::from_chars(lines[1].data(), lines[1].data() + lines[1].size(), seconds);
  std::from_chars(lines[2].data(), lines[2].data() + lines[2].size(), found.size);
  found.etag = lines[3];
  found.last_modified = lines[4];
  // A clock that was set back makes nothing fresh.
  if (seconds > now_seconds || now_seconds - seconds > options_.fresh_seconds) return std::nullopt;
  return found;
}

void DiskCache::Confirm(const std::string& url, const Fingerprint& fingerprint, std::int64_t now_seconds) {
  if (fingerprint.etag.find('\n') != std::string::npos || fingerprint.last_modified.find('\n') != std::string::npos) return;
  const std::string rest = std::to_string(now_seconds) + "\n" + std::to_string(fingerprint.size) + "\n" + fingerprint.etag + "\n" + fingerprint.last_modified + "\n";
  const std::string text = Sha256(url + "\n" + rest) + "\n" + rest, path = root_ + "/" + kLatest + "/" + Sha256(url);
  std::string temporary = path + ".XXXXXX";
  const int file = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0) return;
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (::close(file) != 0 || !written || std::rename(temporary.c_str(), path.c_str()) != 0) ::unlink(temporary.c_str());
}

void DiskCache::Wrote(std::uint64_t bytes) {
  {
    std::lock_guard lock(mutex_);
    written_ += bytes;
    if (looked_ && written_ < options_.max_bytes / kLookEvery && known_bytes_ + written_ <= options_.max_bytes) return;
    looked_ = true;
    written_ = 0;
  }
  const std::uint64_t left = Evict();
  std::lock_guard lock(mutex_);
  known_bytes_ = left;
}

std::uint64_t DiskCache::Evict() const {
  struct Found {
    std::int64_t used = 0;  // nanoseconds
    std::uint64_t bytes = 0;
    std::string path;
  };
  std::vector<Found> all;
  std::uint64_t bytes = 0;
  std::error_code failure;
  for (fs::directory_iterator folder(root_, failure), end; !failure && folder != end; folder.increment(failure)) {
    std::error_code gone;
    for (fs::directory_iterator file(folder->path(), gone), last; !gone && file != last; file.increment(gone)) {
      const std::string path = file->path().string();
      struct stat info {};
      if (!path.ends_with(kEnding) || ::stat(path.c_str(), &info) != 0) continue;
      all.push_back({info.st_mtim.tv_sec * std::int64_t{1'000'000'000} + info.st_mtim.tv_nsec, static_cast<std::uint64_t>(info.st_size), path});
      bytes += all.back().bytes;
    }
  }
  if (bytes <= options_.max_bytes) return bytes;
  std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.used < b.used; });
  for (const Found& oldest : all) {
    if (bytes <= options_.max_bytes - options_.max_bytes / 8) break;
    // Who has it open reads on: its bytes go with the last descriptor.
    if (::unlink(oldest.path.c_str()) == 0) bytes -= oldest.bytes;
    ::rmdir(fs::path(oldest.path).parent_path().c_str());  // where it is empty now
  }
  return bytes;
}

DiskCache::Version::Version(DiskCache& cache, std::string folder, std::string key) : cache_(cache), folder_(std::move(folder)), key_(std::move(key)) {
  std::error_code failure;
  for (fs::directory_iterator file(folder_, failure), end; !failure && file != end; file.increment(failure)) {
    if (file->path().string().ends_with(kEnding)) Scan(file->path().string());
  }
}

DiskCache::Version::~Version() {
  for (const Segment& segment : segments_) ::close(segment.descriptor);
}

void DiskCache::Version::Scan(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  struct stat info {};
  if (descriptor < 0) return;
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(descriptor);
    return;
  }
  const auto size = static_cast<std::uint64_t>(info.st_size);
  bool any = false;
  for (std::uint64_t at = 0; at + sizeof(RecordHead) <= size;) {
    RecordHead head;
    if (!ReadExactly(descriptor, at, std::as_writable_bytes(std::span(&head, 1))) || head.magic != kMagic || head.head_sum != HeadSum(head, key_) || head.length > kLongestRecord) break;
    at += sizeof head;
    if (head.length > size - at) break;
    Keep(head.offset, {head.length, at, head.sum, segments_.size()});
    at += head.length;
    any = true;
  }
  if (any) {
    segments_.push_back({descriptor, path, false});
  } else {
    ::close(descriptor);
  }
}

void DiskCache::Version::Keep(std::uint64_t offset, const Record& record) {
  Record& kept = records_[offset];
  if (record.length > kept.length) kept = record;
  longest_ = std::max(longest_, record.length);
}

bool DiskCache::Version::Read(std::uint64_t offset, std::span<std::byte> out) {
  std::lock_guard lock(mutex_);
  std::vector<std::byte> bytes;
  while (!out.empty()) {
    // The record that reaches furthest of those that hold the byte at `offset`.
    const Record* best = nullptr;
    std::uint64_t best_offset = 0;
    for (auto at = records_.upper_bound(offset); at != records_.begin();) {
      --at;
      if (offset - at->first >= longest_) break;
      if (offset - at->first >= at->second.length) continue;
      if (best == nullptr || at->first + at->second.length > best_offset + best->length) {
        best = &at->second;
        best_offset = at->first;
      }
    }
    if (best == nullptr) return false;
    bytes.resize(static_cast<std::size_t>(best->length));
    Segment& segment = segments_[best->segment];
    if (!ReadExactly(segment.descriptor, best->place, bytes) || Sum(bytes, Seed(key_, best_offset)) != best->sum) {
      records_.erase(best_offset);
      return false;
    }
    if (!std::exchange(segment.is_touched, true)) ::utimensat(AT_FDCWD, segment.path.c_str(), nullptr, 0);
    const std::uint64_t skip = offset - best_offset;
    const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), best->length - skip));
    std::memcpy(out.data(), bytes.data() + skip, take);
    offset += take;
    out = out.subspan(take);
  }
  return true;
}

bool DiskCache::Version::OpenOwnSegment() {
  if (own_ >= 0 && own_bytes_ < kSegmentBytes) return true;
  static std::atomic<unsigned> number{0};
  for (int attempt = 0; attempt < 2; ++attempt) {
    // Another process may take the empty folder away in between.
    if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) break;
    std::string path = folder_ + "/" + std::to_string(::getpid()) + "-" + std::to_string(number++) + "-XXXXXX" + kEnding;
    const int descriptor = ::mkostemps(path.data(), static_cast<int>(sizeof kEnding - 1), O_CLOEXEC | O_APPEND);
    if (descriptor < 0) continue;
    own_ = static_cast<int>(segments_.size());
    own_bytes_ = 0;
    segments_.push_back({descriptor, path, true});
    return true;
  }
  gave_up_ = true;
  return false;
}

void DiskCache::Version::Write(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (bytes.empty() || bytes.size() > kLongestRecord || bytes.size() > cache_.options_.max_bytes / 4) return;
  {
    std::lock_guard lock(mutex_);
    if (gave_up_ || !OpenOwnSegment()) return;
    RecordHead head;
    head.offset = offset;
    head.length = bytes.size();
    head.sum = Sum(bytes, Seed(key_, offset));
    head.head_sum = HeadSum(head, key_);
    std::array<iovec, 2> parts = {iovec{&head, sizeof head}, iovec{const_cast<std::byte*>(bytes.data()), bytes.size()}};
    const std::size_t total = sizeof head + bytes.size();
    const ssize_t written = ::writev(segments_[static_cast<std::size_t>(own_)].descriptor, parts.data(), 2);
    if (written != static_cast<ssize_t>(total)) {
      // A full disk, most likely. Nothing behind a record that is not whole would be found.
      gave_up_ = true;
      return;
    }
    Keep(offset, {bytes.size(), own_bytes_ + sizeof head, head.sum, static_cast<std::size_t>(own_)});
    own_bytes_ += total;
  }
  cache_.Wrote(bytes.size() + sizeof(RecordHead));
}

}  // namespace rutter
