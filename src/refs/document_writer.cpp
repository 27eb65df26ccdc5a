#include "refs/document_writer.h"

#include <algorithm>
#include <charconv>

#include "model/value_json.h"

namespace rutter {

void DocumentWriter::Key(std::string_view key) {
  buffer_ += first_ ? "\n" : ",\n";
  first_ = false;
  AppendJsonString(key, buffer_);
  buffer_ += ": ";
}

Status DocumentWriter::Metadata(std::string_view key, std::string_view json, bool as_object) {
  Key(key);
  if (as_object) {
    buffer_ += json;
  } else {
    AppendJsonString(json, buffer_);
  }
  return MaybeFlush();
}

Status DocumentWriter::Inline(std::string_view key, std::string_view bytes) {
  Key(key);
  buffer_ += "\"base64:";
  AppendBase64(bytes, buffer_);
  buffer_ += '"';
  return MaybeFlush();
}

Status DocumentWriter::Reference(std::string_view key_json, std::string_view suffix, std::string_view url_json, std::uint64_t offset,
                                 std::uint64_t length) {
  // The hot loop of a large map: one resize, then plain stores.
  std::size_t at = buffer_.size();
  buffer_.resize(at + key_json.size() + suffix.size() + url_json.size() + 64);
  char* out = buffer_.data() + at;
  auto put = [&out](std::string_view text) { out = std::copy(text.begin(), text.end(), out); };
  put(first_ ? "\n" : ",\n");
  first_ = false;
  put(key_json);
  put(suffix);
  put("\": [");
  put(url_json);
  *out++ = ',';
  out = std::to_chars(out, out + 20, offset).ptr;
  *out++ = ',';
  out = std::to_chars(out, out + 20, length).ptr;
  *out++ = ']';
  buffer_.resize(static_cast<std::size_t>(out - buffer_.data()));
  return MaybeFlush();
}

Status DocumentWriter::Flush() {
  bytes_ += buffer_.size();
  Status status = write_(buffer_);
  buffer_.clear();
  return status;
}

}  // namespace rutter
