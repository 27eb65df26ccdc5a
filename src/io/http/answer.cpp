#include "io/http/answer.h"

#include <utility>

namespace rutter::http {
namespace {

class Judge {
 public:
  Judge(const ResponseHead& head, const Question& question) : head_(head), question_(question) {}

  Answer Run() {
    if (head_.status >= 300 && head_.status < 400) return Redirect();
    if (head_.status == 206) return Partial();
    if (head_.status == 200) return Complete();
    return Refusal();
  }

 private:
  Answer Make(Answer::Kind kind) const {
    Answer answer;
    answer.kind = kind;
    return answer;
  }

  Answer Wrong(Answer::Kind kind, ErrorCode code, std::string message, std::string hint = {}) const {
    Answer answer = Make(kind);
    answer.error = MakeError(code, std::move(message));
    answer.error.where.source = question_.source;
    answer.error.where.offset = question_.first;
    answer.error.hint = std::move(hint);
    return answer;
  }
  Answer Fail(ErrorCode code, std::string message, std::string hint = {}) const { return Wrong(Answer::Kind::kFail, code, std::move(message), std::move(hint)); }
  /// A server that contradicts itself; one machine of many may be ill, so it is asked again.
  Answer Bad(std::string message) const { return Wrong(Answer::Kind::kRepeat, ErrorCode::kIo, "the server's answer is wrong: " + std::move(message)); }
  Answer Changed(std::string message) const {
    return Fail(ErrorCode::kSourceChanged, "the source changed while it was read: " + std::move(message), "read it again when its writer is done; map it again");
  }
  std::string Wanted() const { return "bytes " + std::to_string(question_.first) + "-" + std::to_string(question_.last); }

  /// Fills what both kinds of success share; false with `answer` set where the head is no answer to this question.
  bool Success(Answer& answer, std::optional<std::uint64_t> size) const {
    if (!head_.problem.empty()) {
      answer = Bad(head_.problem);
    } else if (!head_.content_encoding.empty()) {
      answer = Fail(ErrorCode::kIo, "the server sends the bytes encoded with " + head_.content_encoding + ", which was not asked for");
    } else if (auto difference = Difference(size); !difference.empty()) {
      answer = Changed(difference);
    } else {
      answer.found = {size.value_or(0), std::nullopt, head_.etag, head_.last_modified};
      answer.size_is_known = size.has_value();
      return true;
    }
    return false;
  }

  std::string Difference(std::optional<std::uint64_t> size) const {
    if (!question_.known) return {};
    const Fingerprint& known = *question_.known;
    if (size && *size != known.size) return "it had " + std::to_string(known.size) + " bytes and has " + std::to_string(*size) + " now";
    if (!known.etag.empty() && !head_.etag.empty() && head_.etag != known.etag) return "its ETag is another";
    if (!known.last_modified.empty() && !head_.last_modified.empty() && head_.last_modified != known.last_modified) return "its Last-Modified is another";
    return {};
  }

  Answer Partial() const {
    if (head_.content_type.starts_with("multipart/")) return Fail(ErrorCode::kIo, "the server answers one range in several parts");
    if (!head_.content_range && head_.problem.empty()) return Bad("206 without Content-Range");
    Answer answer = Make(Answer::Kind::kData);
    if (!Success(answer, head_.content_range ? head_.content_range->total : std::nullopt)) return answer;
    const ContentRange& range = *head_.content_range;
    if (!range.first || *range.first != question_.first || *range.last > question_.last) {
      return Bad("asked for " + Wanted() + ", its Content-Range says " + (range.first ? std::to_string(*range.first) + "-" + std::to_string(*range.last) : "*"));
    }
    answer.length = *range.last - *range.first + 1;
    answer.exact = true;
    if (head_.content_length && *head_.content_length != answer.length) {
      return Bad("Content-Length " + std::to_string(*head_.content_length) + " for " + std::to_string(answer.length) + " bytes");
    }
    return answer;
  }

  Answer Complete() const {
    if (head_.IsWebPage()) {
      return Fail(ErrorCode::kIo, "the server answers with a web page in place of data", "the page may ask for a login, or tell about the file; find the file's own URL");
    }
    if (!question_.known) {
      Answer answer = Make(Answer::Kind::kWhole);
      if (!Success(answer, head_.content_length)) return answer;
      if (!head_.content_length && !head_.is_chunked) return Fail(ErrorCode::kIo, "the server does not tell how many bytes the file has");
      answer.whole_length = head_.content_length;
      return answer;
    }
    Answer answer = Make(Answer::Kind::kData);
    if (!Success(answer, head_.content_length)) return answer;
    if (!head_.content_length) return Bad("200 of unknown length for a range");
    if (question_.last >= kReadOverBytes) return Bad("it ignores the range, and " + Wanted() + " lie too far behind the start to read up to them");
    answer.skip = question_.first;
    answer.length = question_.last - question_.first + 1;
    return answer;
  }

  Answer Redirect() const {
    if (head_.status == 304 || head_.location.empty()) return Fail(ErrorCode::kIo, "HTTP " + std::to_string(head_.status) + " without a place to go to");
    if (!head_.problem.empty()) return Bad(head_.problem);
    Answer answer = Make(Answer::Kind::kRedirect);
    answer.location = head_.location;
    return answer;
  }

  Answer Refusal() const {
    const std::string status = "HTTP " + std::to_string(head_.status);
    switch (head_.status) {
      case 404:
      case 410: return Fail(ErrorCode::kNotFound, "there is no such file on the server (" + status + ")");
      case 400:
      case 401:
      case 403:
        if (question_.was_redirected) return Wrong(Answer::Kind::kRenew, ErrorCode::kIo, "the server refuses the URL that a redirect gave (" + status + ")");
        if (head_.status == 400) return Fail(ErrorCode::kIo, "the server does not understand the request (" + status + ")");
        return Fail(ErrorCode::kIo, "the server does not allow reading it (" + status + ")", "a signed URL may have expired, or the file needs a login");
      case 409:
      case 412: return Changed("the server says that it is another version (" + status + ")");
      case 416: return OutOfRange();
      case 408:
      case 425:
      case 429:
      case 500:
      case 502:
      case 503:
      case 504: {
        Answer answer = Wrong(Answer::Kind::kRepeat, ErrorCode::kIo, "the server is busy or ill (" + status + ")", "try again later");
        answer.wait_seconds = ParseRetryAfter(head_.retry_after, question_.now);
        return answer;
      }
      default: return Fail(ErrorCode::kIo, "the server answers " + status);
    }
  }

  Answer OutOfRange() const {
    std::optional<std::uint64_t> total = head_.content_range && head_.problem.empty() ? head_.content_range->total : std::nullopt;
    if (!question_.known) {
      if (total != std::uint64_t{0}) return Bad("416 to a range that every file has");
      Answer answer = Make(Answer::Kind::kEmpty);
      answer.found = {0, std::nullopt, head_.etag, head_.last_modified};
      answer.size_is_known = true;
      return answer;
    }
    if (total && *total != question_.known->size) return Changed("it had " + std::to_string(question_.known->size) + " bytes and has " + std::to_string(*total) + " now");
    return Fail(ErrorCode::kTruncated, "the server says that " + Wanted() + " of " + std::to_string(question_.known->size) + " lie behind the end (HTTP 416)", "map it again");
  }

  const ResponseHead& head_;
  const Question& question_;
};

}  // namespace

bool IsStrong(const std::string& etag) { return etag.size() >= 2 && etag.front() == '"' && etag.back() == '"'; }

Answer JudgeAnswer(const ResponseHead& head, const Question& question) { return Judge(head, question).Run(); }

}  // namespace rutter::http
