#include "fuzz/memory_meter.h"

#include <atomic>
#include <cerrno>
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define RUTTER_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RUTTER_ADDRESS_SANITIZER 1
#endif
#endif

namespace rutter::fuzz {
namespace {

std::atomic<std::int64_t> g_held{0}, g_peak{0};
std::int64_t g_start = 0;

void Count(std::int64_t bytes) {
  std::int64_t held = g_held.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  std::int64_t peak = g_peak.load(std::memory_order_relaxed);
  while (held > peak && !g_peak.compare_exchange_weak(peak, held, std::memory_order_relaxed)) {
  }
}

}  // namespace

#if defined(RUTTER_ADDRESS_SANITIZER)

// AddressSanitizer has its own allocator, which tells of every block.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                                         void (*on_free)(const volatile void*));
extern "C" std::size_t __sanitizer_get_allocated_size(const volatile void*);

namespace {

void OnMalloc(const volatile void*, std::size_t size) { Count(static_cast<std::int64_t>(size)); }
void OnFree(const volatile void* block) {
  if (block != nullptr) Count(-static_cast<std::int64_t>(__sanitizer_get_allocated_size(block)));
}

}  // namespace

void StartMemoryMeter() {
  static const bool installed = __sanitizer_install_malloc_and_free_hooks(OnMalloc, OnFree) != 0;
  (void)installed;
  g_start = g_held;
  g_peak = g_start;
}

#else

void StartMemoryMeter() {
  g_start = g_held;
  g_peak = g_start;
}

#endif

std::uint64_t PeakMemoryBytes() {
  std::int64_t peak = g_peak - g_start;
  return peak > 0 ? static_cast<std::uint64_t>(peak) : 0;
}

namespace internal {
void CountAllocation(std::int64_t bytes) { Count(bytes); }
}  // namespace internal

}  // namespace rutter::fuzz

#if !defined(RUTTER_ADDRESS_SANITIZER) && !defined(__SANITIZE_THREAD__) && defined(__GLIBC__)

// The C library's own allocator behind counters. Source: GNU C Library manual, "Replacing malloc".
#include <malloc.h>

extern "C" {
void* __libc_malloc(std::size_t);
void __libc_free(void*);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

static void* Counted(void* block) {
  if (block != nullptr) rutter::fuzz::internal::CountAllocation(static_cast<std::int64_t>(malloc_usable_size(block)));
  return block;
}
static void Uncount(void* block) {
  if (block != nullptr) rutter::fuzz::internal::CountAllocation(-static_cast<std::int64_t>(malloc_usable_size(block)));
}

void* malloc(std::size_t size) { return Counted(__libc_malloc(size)); }
void free(void* block) {
  Uncount(block);
  __libc_free(block);
}
void* calloc(std::size_t count, std::size_t size) { return Counted(__libc_calloc(count, size)); }
void* realloc(void* block, std::size_t size) {
  auto before = block == nullptr ? 0 : static_cast<std::int64_t>(malloc_usable_size(block));
  void* moved = __libc_realloc(block, size);
  if (moved != nullptr || size == 0) rutter::fuzz::internal::CountAllocation(-before);
  return Counted(moved);
}
void* memalign(std::size_t alignment, std::size_t size) { return Counted(__libc_memalign(alignment, size)); }
void* aligned_alloc(std::size_t alignment, std::size_t size) { return Counted(__libc_memalign(alignment, size)); }
int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  *block = Counted(__libc_memalign(alignment, size));
  return *block == nullptr ? ENOMEM : 0;
}
}

#endif
