// What we read of servers ourselves: response heads, Content-Range, Retry-After, URLs, redirects, and what is concluded; names
// of objects, what stores say when they refuse, and the files of ~/.aws.
// The first byte chooses the subject; the rest is the text.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "io/access_policy.h"
#include "io/http/answer.h"
#include "io/http/response_head.h"
#include "io/store/ini_file.h"
#include "io/store/store_error.h"
#include "io/url.h"

namespace {

using namespace rutter;

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckRange(const http::ContentRange& range) {
  Require(range.first.has_value() == range.last.has_value());
  if (range.first) Require(*range.first <= *range.last);
  if (range.first && range.total) Require(*range.last < *range.total);
}

/// No answer, whatever it says, may lead to bytes of another place or version.
void CheckAnswer(const http::ResponseHead& head, const http::Question& question) {
  using Kind = http::Answer::Kind;
  const http::Answer answer = http::JudgeAnswer(head, question);
  const std::uint64_t wanted = question.last - question.first + 1;
  switch (answer.kind) {
    case Kind::kData:
      Require(head.problem.empty() && head.content_encoding.empty() && answer.length >= 1 && answer.length <= wanted);
      if (answer.exact) {
        Require(head.status == 206 && answer.skip == 0 && head.content_range->first == question.first);
        Require(*head.content_range->last - question.first + 1 == answer.length);
        if (head.content_length) Require(*head.content_length == answer.length);
      } else {
        Require(head.status == 200 && question.known && answer.skip == question.first && answer.length == wanted && question.last < http::kReadOverBytes);
        Require(head.content_length == question.known->size);
      }
      if (question.known) {
        if (answer.size_is_known) Require(answer.found.size == question.known->size);
        if (!head.etag.empty() && !question.known->etag.empty()) Require(head.etag == question.known->etag);
      }
      break;
    case Kind::kWhole: Require(!question.known && head.status == 200 && head.problem.empty() && (head.content_length || head.is_chunked)); break;
    case Kind::kEmpty: Require(!question.known && head.status == 416); break;
    case Kind::kRedirect: Require(head.status >= 300 && head.status < 400 && !answer.location.empty()); break;
    case Kind::kRepeat:
    case Kind::kRenew:
    case Kind::kRegion:
    case Kind::kNewKeys:
    case Kind::kFail: Require(!answer.error.message.empty() && answer.error.code != ErrorCode::kInternal && answer.error.where.source == question.source); break;
  }
}

void CheckHead(std::string_view text) {
  http::ResponseHeadParser parser;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    parser.AddLine(text.substr(0, end));
    text.remove_prefix(end);
  }
  http::Question question;
  question.source = "https://h/x";
  question.last = 65'535;
  CheckAnswer(parser.head(), question);
  question.first = 100;
  question.last = 199;
  question.known = Fingerprint{1000, std::nullopt, "\"v1\"", ""};
  CheckAnswer(parser.head(), question);
  question.first = question.last = 1ull << 40;
  question.known = Fingerprint{1ull << 41, std::nullopt, "", "Sat, 21 Nov 2026 08:00:00 GMT"};
  question.was_redirected = true;
  CheckAnswer(parser.head(), question);
}

void CheckUrl(const Url& url) {
  Require(url.scheme == "http" || url.scheme == "https");
  Require(!url.host.empty() && !url.port.empty() && url.path.starts_with('/'));
  Require(url.text.find('@') == std::string::npos || url.text.find('@') > url.Origin().size());
  for (std::string_view segment : {"/../", "/./"}) Require((url.path + "/").find(segment) == std::string::npos);
  auto again = ParseUrl(url.text);
  Require(again && again->text == url.text && again->host == url.host && again->port == url.port && again->path == url.path);
  auto folder = ParseUrl(FolderOf(url));
  Require(folder && IsBelow(url, *folder) && IsBelow(url, url));
}

void CheckUrls(std::string_view text) {
  if (auto url = ParseUrl(text)) CheckUrl(*url);
  static const Url base = *ParseUrl("https://h.org/a/b?s=1");
  if (auto url = ResolveUrl(base, text)) {
    CheckUrl(*url);
    Require(HasScheme(text) || text.starts_with("//") || url->Origin() == base.Origin());
  }
  if (auto url = FollowLocation(base, text)) CheckUrl(*url);
}

/// Either the URL or the object that was named, or what the document itself may lead to.
bool IsNamed(const AccessPolicy::Place& place) {
  static const Url url = *ParseUrl("http://named.org/data/");
  static const ObjectUrl object = *ParseObjectUrl("s3://named/data/");
  return (place.url && IsBelow(*place.url, url)) || (place.object && IsBelow(*place.object, object));
}

void CheckPolicy(std::string_view text) {
  static const AccessPolicy policy({"/tmp/", "http://named.org/data/", "s3://named/data/"});
  if (auto place = policy.Decide(text, "https://h.org/a/map.json")) {
    Require(place->path.empty() && (IsNamed(*place) || (place->url && place->url->Origin() == "https://h.org")));
    Require(place->may_be_private == IsNamed(*place));
  }
  if (auto place = policy.Decide(text, "/maps/map.json")) {
    Require(IsNamed(*place) || place->path.starts_with("/maps") || place->path.starts_with("/tmp"));
  }
  if (auto place = policy.Decide(text, "s3://maps/a/map.json")) {
    Require(place->path.empty() && (IsNamed(*place) || (place->object && place->object->bucket == "maps")));
  }
  const Url from = *ParseUrl("https://h.org/x");
  AccessPolicy::Place given;
  given.url = from;
  if (auto place = policy.Redirect(given, from, text)) {
    Require(place->url && place->url->scheme == "https" && !place->may_be_private && !place->object && place->target == nullptr);
  }
}

/// An object's URL is of its own bucket, whatever its key.
void CheckObject(std::string_view text) {
  static const auto stores = std::make_shared<store::ObjectStores>(store::StoreOptions(), [](const char*) { return std::string(); });
  auto object = ParseObjectUrl(text);
  if (!object) return;
  auto again = ParseObjectUrl(object->Text());
  Require(again && again->Text() == object->Text() && again->key == object->key && IsSameBucket(*again, *object));
  auto folder = ParseObjectUrl(FolderOf(*object));
  Require(folder && IsBelow(*object, *folder) && IsBelow(*object, *object));
  auto target = stores->Find(*object);
  if (!target) return;
  const Url& url = (*target)->url;
  Require(url.scheme == "https" && url.query.empty());
  Require(url.host.ends_with(".amazonaws.com") || url.host == "storage.googleapis.com" || url.host.ends_with(".blob.core.windows.net"));
  const std::string key = "/" + EncodeKey(object->key);
  Require(url.path == key || url.path == "/" + object->bucket + key);
}

/// No refusal is data, and no region that a store tells is more than a word.
void CheckRefusal(std::string_view text) {
  static const auto stores = std::make_shared<store::ObjectStores>(store::StoreOptions(), [](const char*) { return std::string(); });
  static const auto target = *stores->Find(*ParseObjectUrl("s3://bucket/key"));
  http::ResponseHead head;
  http::Question question;
  question.source = "s3://bucket/key";
  question.last = 99;
  for (int status : {301, 307, 400, 403, 404, 412, 503}) {
    head.status = status;
    const http::Answer answer = store::JudgeRefusal(http::JudgeAnswer(head, question), head, text, *target);
    using Kind = http::Answer::Kind;
    Require(answer.kind != Kind::kData && answer.kind != Kind::kWhole && answer.kind != Kind::kEmpty && answer.error.code != ErrorCode::kInternal);
    if (answer.kind != Kind::kRegion) continue;
    if (auto moved = stores->InRegion(*target, answer.location)) Require((*moved)->url.host == "bucket.s3." + answer.location + ((*moved)->region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com"));
  }
  store::ParseIni(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0: CheckHead(text); break;
    case 1: CheckUrls(text); break;
    case 2: CheckPolicy(text); break;
    case 4: CheckObject(text); break;
    case 5: CheckRefusal(text); break;
    default:
      if (auto range = http::ParseContentRange(text)) CheckRange(*range);
      http::ParseRetryAfter(text, 1'800'000'000);
  }
  return 0;
}
