#pragma once
// What an object store says when it refuses a request.

#include <string>
#include <string_view>

#include "io/http/answer.h"
#include "io/store/object_stores.h"

namespace rutter::store {

/// The element of an error document of S3's form: <Error><Code>NoSuchKey</Code>...</Error>. Plain letters only; empty where
/// there is none.
std::string ErrorElement(std::string_view document, std::string_view name);

/// The same answer in the light of what the store says in its error document: kRegion with the bucket's region, kNewKeys
/// where the keys have expired, kRepeat where the store is busy, kEmpty where the object has no bytes; else kFail with a
/// hint that fits.
http::Answer JudgeRefusal(http::Answer answer, const http::ResponseHead& head, std::string_view document, const Target& target);

}  // namespace rutter::store
