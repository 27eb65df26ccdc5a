#include "io/store/store_error.h"

#include <doctest/doctest.h>

using namespace rutter;
using namespace rutter::store;
using Kind = http::Answer::Kind;

namespace {

http::Answer Judge(int status, const std::string& document, bool is_signed = true, const std::string& region_field = "", const std::string& location = "") {
  Target target;
  target.object = *ParseObjectUrl("s3://bucket/key");
  target.region = "us-east-1";
  target.why_anonymous = "no keys";
  if (is_signed) target.credentials = std::make_shared<const Credentials>(Credentials{"AK", "secret", ""});
  http::ResponseHead head;
  head.status = status;
  head.bucket_region = region_field;
  head.location = location;
  http::Question question;
  question.last = 99;
  return JudgeRefusal(http::JudgeAnswer(head, question), head, document, target);
}

std::string Document(const std::string& code, const std::string& more = "") { return "<?xml version=\"1.0\"?>\n<Error><Code>" + code + "</Code><Message>words</Message>" + more + "</Error>"; }

}  // namespace

TEST_CASE("elements of an error document") {
  CHECK(ErrorElement(Document("NoSuchKey"), "Code") == "NoSuchKey");
  CHECK(ErrorElement("<Code>a", "Code").empty());
  CHECK(ErrorElement("<Code>a<b>c</b></Code>", "Code").empty());
  CHECK(ErrorElement("<Code>\x1B[31m</Code>", "Code").empty());
  CHECK(ErrorElement("<Code>" + std::string(300, 'a') + "</Code>", "Code").empty());
  CHECK(ErrorElement("", "Code").empty());
}

TEST_CASE("what stores say becomes a kind of failure and a hint") {
  struct Row {
    int status;
    const char* code;
    Kind kind;
    ErrorCode error;
    const char* hint;
  };
  for (const Row& row : {Row{404, "NoSuchKey", Kind::kFail, ErrorCode::kNotFound, ""}, {404, "NoSuchBucket", Kind::kFail, ErrorCode::kNotFound, "--endpoint"},
                         {403, "AccessDenied", Kind::kFail, ErrorCode::kIo, "--anonymous"}, {403, "SignatureDoesNotMatch", Kind::kFail, ErrorCode::kIo, "secret access key"},
                         {403, "InvalidAccessKeyId", Kind::kFail, ErrorCode::kIo, "AWS_PROFILE"}, {403, "RequestTimeTooSkewed", Kind::kFail, ErrorCode::kIo, "clock"},
                         {400, "ExpiredToken", Kind::kNewKeys, ErrorCode::kIo, "log in again"}, {403, "InvalidObjectState", Kind::kFail, ErrorCode::kUnsupported, "restore"},
                         {503, "SlowDown", Kind::kRepeat, ErrorCode::kIo, "later"}, {400, "RequestTimeout", Kind::kRepeat, ErrorCode::kIo, "later"},
                         {412, "PreconditionFailed", Kind::kFail, ErrorCode::kSourceChanged, "map it again"}, {301, "PermanentRedirect", Kind::kFail, ErrorCode::kIo, "--region"}}) {
    CAPTURE(std::string(row.code));
    auto answer = Judge(row.status, Document(row.code));
    CHECK(answer.kind == row.kind);
    CHECK(answer.error.code == row.error);
    CHECK(answer.error.message.find(row.code) != std::string::npos);
    CHECK(answer.error.hint.find(row.hint) != std::string::npos);
  }
  CHECK(Judge(403, Document("AccessDenied"), false).error.hint == "no keys");
  auto empty = Judge(416, Document("InvalidRange"));
  CHECK(empty.kind == Kind::kEmpty);
  CHECK(empty.size_is_known);
  CHECK(Judge(403, "").error.message.find("HTTP 403") != std::string::npos);
}

TEST_CASE("another region, by a field or in the document, at most once for each region") {
  for (int status : {301, 307, 400, 403}) {
    auto answer = Judge(status, Document("PermanentRedirect"), true, "eu-west-1", "https://elsewhere.org/x");
    CHECK(answer.kind == Kind::kRegion);
    CHECK(answer.location == "eu-west-1");
  }
  CHECK(Judge(400, Document("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>")).location == "eu-west-1");
  CHECK(Judge(400, Document("AuthorizationHeaderMalformed", "<Region>us-east-1</Region>")).kind == Kind::kFail);
  CHECK(Judge(404, Document("NoSuchKey"), true, "eu-west-1").kind == Kind::kFail);
  // Elsewhere, with no word of a region: a signed request does not go there.
  CHECK(Judge(307, Document("TemporaryRedirect"), true, "", "https://elsewhere.org/x").kind == Kind::kFail);
  CHECK(Judge(307, Document("TemporaryRedirect"), false, "", "https://elsewhere.org/x").kind == Kind::kRedirect);
}
