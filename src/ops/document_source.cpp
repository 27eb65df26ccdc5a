#include "ops/document_source.h"

#include <algorithm>
#include <span>
#include <utility>

#include "io/url.h"
#include "refs/reference_reader.h"

namespace rutter {
namespace {

constexpr std::uint64_t kMostExpansion = 1'200;
constexpr std::uint64_t kFreeBytes = 16 << 20;  // of text, before its size is compared
constexpr std::uint64_t kStoredPiece = 256 << 10, kRemotePiece = 8 << 20;

}  // namespace

Result<std::size_t> StoredText::Read(std::uint64_t offset, std::span<char> out) {
  if (offset >= source_.size()) return 0;
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), source_.size() - offset)));
  RUTTER_TRY(source_.ReadAt(offset, std::as_writable_bytes(out)));
  return out.size();
}

std::size_t StoredText::piece_bytes() const {
  // A piece from afar costs a round trip; the transport cuts it into parts that are under way together.
  return HasScheme(source_.name()) ? kRemotePiece : DocumentText::piece_bytes();
}

tl::unexpected<Error> CompressedText::Here(Error error) const {
  error.where.source = source_.name();
  error.where.offset = fetched_ - (stored_.size() - used_);
  error.where.structure = format_ == StreamFormat::kGzip ? "gzip stream" : "Zstandard stream";
  return Fail(std::move(error));
}

Status CompressedText::Fetch() {
  stored_.resize(static_cast<std::size_t>(std::min(HasScheme(source_.name()) ? kRemotePiece : kStoredPiece, source_.size() - fetched_)));
  used_ = 0;
  RUTTER_TRY(source_.ReadAt(fetched_, stored_));
  fetched_ += stored_.size();
  return {};
}

Result<std::size_t> CompressedText::Read(std::uint64_t offset, std::span<char> out) {
  if (offset == 0) {
    decoder_ = MakeStreamDecoder(format_);
    stored_.clear();
    used_ = 0;
    fetched_ = produced_ = 0;
    between_ = true;
  }
  if (offset != produced_ || decoder_ == nullptr) return Fail(ErrorCode::kInternal, "a compressed document is read out of order");
  std::span<std::byte> room = std::as_writable_bytes(out);
  while (!room.empty()) {
    if (used_ == stored_.size()) {
      if (fetched_ == source_.size() && between_) break;
      if (fetched_ != source_.size()) RUTTER_TRY(Fetch());
    }
    auto step = decoder_->Decode(std::span(stored_).subspan(used_), room);
    if (!step) return Here(std::move(step).error());
    used_ += step->consumed;
    produced_ += step->produced;
    room = room.subspan(step->produced);
    between_ = step->between;
    if (step->consumed == 0 && step->produced == 0 && !between_ && used_ == stored_.size() && fetched_ == source_.size()) {
      return Here(MakeError(ErrorCode::kTruncated, "the compressed map ends early"));
    }
    if (produced_ > kFreeBytes && produced_ / kMostExpansion > fetched_) {
      return Here(MakeError(ErrorCode::kLimit, "the compressed map grows to more than " + std::to_string(kMostExpansion) + " times its size"));
    }
  }
  return out.size() - room.size();
}

std::unique_ptr<DocumentText> TextOfMap(ByteSource& source, std::string_view head) {
  if (LooksLikeReferences(head)) return std::make_unique<StoredText>(source);
  StreamFormat format = DetectStream(head);
  if (format == StreamFormat::kNone) return nullptr;
  auto text = std::make_unique<CompressedText>(source, format);
  std::vector<char> begin(4'096);
  auto length = text->Read(0, begin);
  if (!length || !LooksLikeReferences({begin.data(), *length})) return nullptr;
  return text;
}

}  // namespace rutter
