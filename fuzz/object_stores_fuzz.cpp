// Names of objects in cloud stores and where they lead, what stores say when they refuse, and the files of ~/.aws.
// The first byte chooses the subject; the rest is the text.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "io/access_policy.h"
#include "io/store/ini_file.h"
#include "io/store/store_error.h"

namespace {

using namespace rutter;

void Require(bool holds) {
  if (!holds) std::abort();
}

/// A document leads to objects of its own bucket, and to those that the user named.
void CheckPolicy(std::string_view text) {
  static const AccessPolicy policy({"s3://named/data/"});
  static const ObjectUrl named = *ParseObjectUrl("s3://named/data/");
  for (std::string_view base : {"https://h.org/a/map.json", "/maps/map.json", "s3://maps/a/map.json"}) {
    auto place = policy.Decide(text, base);
    if (!place) continue;
    if (place->object) {
      Require(IsBelow(*place->object, named) || (IsObjectUrl(base) && place->object->bucket == "maps"));
    } else {
      Require(!IsObjectUrl(base) && !place->may_be_private);
    }
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
  for (int status : {301, 307, 400, 403, 404, 412, 416, 503}) {
    head.status = status;
    const http::Answer answer = store::JudgeRefusal(http::JudgeAnswer(head, question), head, text, *target);
    using Kind = http::Answer::Kind;
    Require(answer.kind != Kind::kData && answer.kind != Kind::kWhole && (answer.kind != Kind::kEmpty || status == 416) && answer.error.code != ErrorCode::kInternal);
    if (answer.kind != Kind::kRegion) continue;
    if (auto moved = stores->InRegion(*target, answer.location)) Require((*moved)->url.host == "bucket.s3." + answer.location + ((*moved)->region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com"));
  }
  store::ParseIni(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0: CheckObject(text); break;
    case 1: CheckRefusal(text); break;
    default: CheckPolicy(text);
  }
  return 0;
}
