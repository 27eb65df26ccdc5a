// What an observed source tells those who share it: counts, and the first failure of the world.

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "io/observed_source.h"

using namespace rutter;

namespace {

/// Gives one kind of error, or zeros.
class FailingSource : public ByteSource {
 public:
  explicit FailingSource(const ErrorCode* code) : code_(code) {}
  const std::string& name() const override { return name_; }
  std::uint64_t size() const override { return 100; }
  Fingerprint fingerprint() const override { return {100, std::nullopt, {}, {}}; }
  Status ReadAt(std::uint64_t, std::span<std::byte>) override {
    if (*code_ == ErrorCode::kInternal) return {};
    return Fail(*code_, "as the test wants it");
  }

 private:
  std::string name_ = "failing.bin";
  const ErrorCode* code_;
};

}  // namespace

TEST_CASE("a disk that gives no bytes is remembered, damage and cancelling are not") {
  ErrorCode code = ErrorCode::kInternal;  // none
  const Observer observer{std::make_shared<Trace>(), nullptr, std::make_shared<FirstFailure>()};
  auto source = Observe(std::make_shared<FailingSource>(&code), observer);
  std::array<std::byte, 10> out{};
  CHECK(source->ReadAt(0, out));
  for (ErrorCode other : {ErrorCode::kTruncated, ErrorCode::kCorrupt, ErrorCode::kCancelled, ErrorCode::kLimit}) {
    code = other;
    CHECK_FALSE(source->ReadAt(0, out));
    CHECK(observer.failure->status());
  }
  code = ErrorCode::kIo;
  CHECK_FALSE(source->ReadMetadata(0, out));
  REQUIRE_FALSE(observer.failure->status());
  CHECK(observer.failure->status().error().code == ErrorCode::kIo);
  // The first one stays.
  code = ErrorCode::kSourceChanged;
  CHECK_FALSE(source->ReadAt(0, out));
  CHECK(observer.failure->status().error().code == ErrorCode::kIo);
  CHECK(observer.trace->reads == 7);
  CHECK(observer.trace->local_bytes == 70);
}
