#include "io/observed_source.h"

#include <utility>

#include "io/url.h"

namespace rutter {
namespace {

class ObservedSource : public ByteSource {
 public:
  ObservedSource(std::shared_ptr<ByteSource> source, Observer observer)
      : source_(std::move(source)), observer_(std::move(observer)), is_local_(!HasScheme(source_->name())) {}

  const std::string& name() const override { return source_->name(); }
  std::uint64_t size() const override { return source_->size(); }
  Fingerprint fingerprint() const override { return source_->fingerprint(); }
  std::uint64_t metadata_grain() const override { return source_->metadata_grain(); }
  bool IsFar() const override { return source_->IsFar(); }
  bool Holds(std::uint64_t offset, std::uint64_t length) override { return source_->Holds(offset, length); }
  std::optional<std::span<const std::byte>> View(std::uint64_t offset, std::uint64_t length) override { return source_->View(offset, length); }
  void Advise(Access access) override { source_->Advise(access); }
  Status CheckUnchanged() override {
    RUTTER_TRY(CheckCancelled(observer_.cancel));
    return source_->CheckUnchanged();
  }

  Status ReadAt(std::uint64_t offset, std::span<std::byte> out) override {
    return Timed(1, out.size(), [&] { return source_->ReadAt(offset, out); });
  }
  Status ReadMetadata(std::uint64_t offset, std::span<std::byte> out) override {
    return Timed(1, out.size(), [&] { return source_->ReadMetadata(offset, out); });
  }
  Status ReadMany(std::span<const ReadRequest> requests) override {
    return Timed(requests.size(), Bytes(requests), [&] { return source_->ReadMany(requests); });
  }
  Status ReadManyUntil(std::span<const ReadRequest> requests, const std::atomic<bool>* cancel) override {
    return Timed(requests.size(), Bytes(requests), [&] { return source_->ReadManyUntil(requests, cancel); });
  }
  void Prefetch(std::span<const ReadRequest> requests) override {
    if (!IsCancelled(observer_.cancel)) source_->Prefetch(requests);
  }

 private:
  static std::uint64_t Bytes(std::span<const ReadRequest> requests) {
    std::uint64_t bytes = 0;
    for (const ReadRequest& request : requests) bytes += request.out.size();
    return bytes;
  }

  template <class Work>
  Status Timed(std::uint64_t ranges, std::uint64_t bytes, Work work) {
    RUTTER_TRY(CheckCancelled(observer_.cancel));
    Trace& trace = *observer_.trace;
    const WallTimer timer;
    Status status = work();
    observer_.failure->Note(status);
    Trace::Add(trace.wait_ns, timer.Nanoseconds());
    Trace::Add(trace.reads, ranges);
    Trace::Add(trace.read_bytes, bytes);
    if (is_local_) {
      Trace::Add(trace.local_reads, ranges);
      Trace::Add(trace.local_bytes, bytes);
    }
    return status;
  }

  const std::shared_ptr<ByteSource> source_;
  const Observer observer_;
  const bool is_local_;
};

class ObservingOpener : public SourceOpener {
 public:
  ObservingOpener(std::shared_ptr<SourceOpener> opener, Observer observer) : opener_(std::move(opener)), observer_(std::move(observer)) {}

  Result<std::shared_ptr<ByteSource>> Open(std::string_view reference, std::string_view base) override {
    RUTTER_TRY(CheckCancelled(observer_.cancel));
    RUTTER_ASSIGN(auto source, opener_->Open(reference, base));
    return Observe(std::move(source), observer_);
  }
  Result<std::shared_ptr<ByteSource>> OpenMapped(std::string_view reference, std::string_view base, const Fingerprint& mapped) override {
    RUTTER_TRY(CheckCancelled(observer_.cancel));
    RUTTER_ASSIGN(auto source, opener_->OpenMapped(reference, base, mapped));
    return Observe(std::move(source), observer_);
  }
  OpenedAhead OpenAhead(std::span<const std::string> references, std::string_view base) override {
    auto opened = opener_->OpenAhead(references, base);
    for (auto& source : opened) {
      if (source && *source) source = Observe(**std::move(source), observer_);
    }
    return opened;
  }

 private:
  const std::shared_ptr<SourceOpener> opener_;
  const Observer observer_;
};

}  // namespace

std::shared_ptr<ByteSource> Observe(std::shared_ptr<ByteSource> source, Observer observer) {
  return std::make_shared<ObservedSource>(std::move(source), std::move(observer));
}

std::shared_ptr<SourceOpener> Observe(std::shared_ptr<SourceOpener> opener, Observer observer) {
  return std::make_shared<ObservingOpener>(std::move(opener), std::move(observer));
}

}  // namespace rutter
