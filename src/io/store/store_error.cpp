#include "io/store/store_error.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace rutter::store {
namespace {

using http::Answer;

bool IsOneOf(std::string_view code, std::initializer_list<std::string_view> codes) { return std::find(codes.begin(), codes.end(), code) != codes.end(); }

}  // namespace

std::string ErrorElement(std::string_view document, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">", close = "</" + std::string(name) + ">";
  const std::size_t start = document.find(open);
  if (start == std::string_view::npos) return {};
  document.remove_prefix(start + open.size());
  const std::size_t end = document.find(close);
  if (end == std::string_view::npos || end > 200) return {};
  std::string_view text = document.substr(0, end);
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F && c != '<' && c != '&'; });
  return is_plain ? std::string(text) : std::string();
}

http::Answer JudgeRefusal(http::Answer answer, const http::ResponseHead& head, std::string_view document, const Target& target) {
  const std::string code = ErrorElement(document, "Code");
  const std::string said = "HTTP " + std::to_string(head.status) + (code.empty() ? "" : ", " + code);
  auto fail = [&](ErrorCode kind, std::string message, std::string hint = {}) {
    answer.kind = Answer::Kind::kFail;
    answer.error.code = kind;
    answer.error.message = std::move(message) + " (" + said + ")";
    answer.error.hint = std::move(hint);
    return answer;
  };
  const bool is_signed = target.credentials != nullptr;

  if (target.object.store == ObjectUrl::Store::kS3 && IsOneOf(std::to_string(head.status), {"301", "307", "400", "403"})) {
    std::string region = head.bucket_region.empty() ? ErrorElement(document, "Region") : head.bucket_region;
    if (!region.empty() && region != target.region) {
      fail(ErrorCode::kIo, "the bucket is in the region " + region, "add --region " + region);
      answer.kind = Answer::Kind::kRegion;
      answer.location = std::move(region);
      return answer;
    }
  }
  if (IsOneOf(code, {"PermanentRedirect", "TemporaryRedirect"})) {
    if (answer.kind == Answer::Kind::kRedirect && !is_signed) return answer;
    return fail(ErrorCode::kIo, "the store sends reads of this bucket to another place, and keys are not sent there", "name its region with --region, or its endpoint with --endpoint");
  }
  if (head.status == 416 && code == "InvalidRange" && answer.kind == Answer::Kind::kRepeat) {
    // Asked for its first bytes: S3 has this answer for an object without any, and tells no size with it.
    answer.kind = Answer::Kind::kEmpty;
    answer.found = {0, std::nullopt, head.etag, head.last_modified};
    answer.size_is_known = true;
    return answer;
  }
  if (IsOneOf(code, {"NoSuchKey", "BlobNotFound"})) return fail(ErrorCode::kNotFound, "there is no such object in the bucket");
  if (IsOneOf(code, {"NoSuchBucket", "ContainerNotFound"})) return fail(ErrorCode::kNotFound, "there is no such bucket", "check its name, and --endpoint where the store is not AWS");
  if (code == "NoSuchVersion") return fail(ErrorCode::kNotFound, "there is no such version of the object");
  if (IsOneOf(code, {"ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired"})) {
    fail(ErrorCode::kIo, "the keys have expired", "log in again, so that AWS_SESSION_TOKEN or ~/.aws/credentials hold new ones");
    answer.kind = Answer::Kind::kNewKeys;
    return answer;
  }
  if (code == "InvalidAccessKeyId") return fail(ErrorCode::kIo, "the store does not know the access key id", "check AWS_ACCESS_KEY_ID and AWS_PROFILE, and --endpoint where the store is not AWS");
  if (code == "SignatureDoesNotMatch") return fail(ErrorCode::kIo, "the store does not accept the signature", "check the secret access key; a proxy that rewrites requests breaks signatures, too");
  if (code == "RequestTimeTooSkewed") return fail(ErrorCode::kIo, "this machine's clock and the store's differ too much", "set the clock");
  if (code == "AuthorizationHeaderMalformed") return fail(ErrorCode::kIo, "the store does not accept the signature's region or form", "name the bucket's region with --region");
  if (code == "InvalidObjectState") return fail(ErrorCode::kUnsupported, "the object is archived and must be restored first", "aws s3api restore-object does that");
  if (IsOneOf(code, {"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "ServerBusy", "RequestLimitExceeded", "Throttling", "ThrottlingException"})) {
    fail(ErrorCode::kIo, "the store is busy or ill", "try again later");
    answer.kind = Answer::Kind::kRepeat;
    return answer;
  }
  if (head.status == 401 || head.status == 403) {
    if (is_signed) {
      return fail(ErrorCode::kIo, "the store does not allow reading the object", "the keys may not read it, or it does not exist and they may not list the bucket; --anonymous reads public objects without keys");
    }
    return fail(ErrorCode::kIo, "the store does not allow reading the object without keys", target.why_anonymous);
  }
  if (answer.kind == Answer::Kind::kFail && !code.empty()) answer.error.message += " (" + code + ")";
  return answer;
}

}  // namespace rutter::store
