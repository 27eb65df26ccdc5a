#include "base/error.h"

#include <utility>

namespace rutter {

const char* ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid-argument";
    case ErrorCode::kNotFound: return "not-found";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kCorrupt: return "corrupt";
    case ErrorCode::kTruncated: return "truncated";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kLimit: return "limit";
    case ErrorCode::kPolicy: return "policy";
    case ErrorCode::kSourceChanged: return "source-changed";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kInternal: return "internal";
  }
  return "internal";
}

int ExitCode(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return 2;
    case ErrorCode::kNotFound:
    case ErrorCode::kIo: return 3;
    case ErrorCode::kCorrupt:
    case ErrorCode::kTruncated: return 4;
    case ErrorCode::kUnsupported: return 5;
    case ErrorCode::kLimit: return 6;
    case ErrorCode::kPolicy: return 7;
    case ErrorCode::kSourceChanged: return 8;
    case ErrorCode::kCancelled: return 130;
    case ErrorCode::kInternal: return 70;
  }
  return 70;
}

std::string Error::ToString() const {
  std::string text = ErrorCodeName(code);
  text += ": ";
  text += message;
  if (!where.structure.empty()) text += " in " + where.structure;
  if (where.offset) text += " at byte " + std::to_string(*where.offset);
  bool place = !where.structure.empty() || where.offset;
  if (!where.source.empty()) text += (place ? " of " : ": ") + where.source;
  if (!where.path.empty()) text += ", node " + where.path;
  if (!where.spec.empty()) text += " (" + where.spec + ")";
  return text;
}

Error MakeError(ErrorCode code, std::string message) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  return error;
}

}  // namespace rutter
