#include "formats/npy/header.h"

#include <utility>

#include "base/text.h"
#include "formats/npy/python_literal.h"
#include "model/value_json.h"

namespace rutter::npy {
namespace {

Error At(Error error, std::string_view source, std::uint64_t offset) {
  error.where.source = source;
  error.where.offset = offset;
  error.where.structure = "NPY header";
  error.where.spec = kSpec;
  return error;
}

}  // namespace

Result<Preamble> DecodePreamble(std::span<const std::byte> bytes, std::string_view source) {
  ByteReader r(bytes, 0, {source, "NPY header", kSpec});
  r.Signature("\x93NUMPY");
  Preamble preamble;
  preamble.major = r.U8();
  preamble.minor = r.U8();
  if (r.ok() && (preamble.major < 1 || preamble.major > 3 || preamble.minor != 0)) {
    r.Fail(ErrorCode::kUnsupported, "version " + std::to_string(preamble.major) + "." + std::to_string(preamble.minor));
  }
  preamble.dictionary_bytes = preamble.major == 1 ? r.U16() : r.U32();
  preamble.dictionary_offset = r.position();
  return r.Finish(preamble);
}

Result<Header> DecodeDictionary(std::string_view text, const Preamble& preamble, std::string_view source, const Limits& limits) {
  ReaderContext context{source, "NPY header", kSpec};
  std::uint64_t offset = preamble.dictionary_offset;
  auto wrong = [&](ErrorCode code, std::string message) { return Fail(At(MakeError(code, std::move(message)), source, offset)); };
  std::string utf8 = preamble.major < 3 ? Latin1ToUtf8(text) : std::string(text);
  if (!IsUtf8(utf8)) return wrong(ErrorCode::kCorrupt, "the header is not UTF-8");
  RUTTER_ASSIGN(Literal dictionary, ParseLiteral(utf8, offset, context, limits));
  if (dictionary.kind != Literal::Kind::kDict) return wrong(ErrorCode::kCorrupt, "the header is no dictionary");
  const Literal* descr = dictionary.Find("descr");
  const Literal* order = dictionary.Find("fortran_order");
  const Literal* shape = dictionary.Find("shape");
  if (descr == nullptr || order == nullptr || shape == nullptr || dictionary.keys.size() != 3) {
    return wrong(ErrorCode::kCorrupt, "the header's keys are not descr, fortran_order and shape");
  }
  Header header;
  if (order->kind != Literal::Kind::kBool) return wrong(ErrorCode::kCorrupt, "fortran_order is neither True nor False");
  header.fortran_order = order->integer != 0;
  if (shape->kind != Literal::Kind::kTuple) return wrong(ErrorCode::kCorrupt, "the shape is no tuple");
  if (shape->items.size() > limits.rank) return wrong(ErrorCode::kLimit, "more dimensions than Limits::rank");
  for (const Literal& length : shape->items) {
    if (length.kind != Literal::Kind::kInteger) return wrong(ErrorCode::kCorrupt, "the shape holds something else than numbers");
    header.shape.push_back(length.integer);
  }
  auto parsed = ParseDescr(*descr, limits);
  if (!parsed) return Fail(At(std::move(parsed).error(), source, offset));
  header.descr = *std::move(parsed);
  header.descr_text = descr->kind == Literal::Kind::kString ? descr->text : std::string(descr->source);
  return header;
}

}  // namespace rutter::npy
