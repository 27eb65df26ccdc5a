#include "io/http/transfer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "io/address.h"
#include "io/store/store_error.h"

namespace rutter::http {
namespace {

constexpr std::size_t kDiscardBytes = 64 * 1024;       // of an error's body; more costs more than a new connection
constexpr std::uint64_t kProgressBytes = 64 * 1024;    // an attempt that brought these does not count as a failed try
constexpr std::uint64_t kBytesPerExtraSecond = 64 * 1024;
constexpr unsigned kMaxRenewals = 4;
constexpr std::size_t kErrorDocumentBytes = 8 * 1024;  // of a store's refusal; they have some hundred
/// The SHA-256 of a request's body that is empty.
constexpr std::string_view kHashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::chrono::milliseconds kLongestWrongWait{1'000};  // time heals a busy server, but hardly one that answers wrong

/// The bundle of certificates that users of curl and AWS's tools set; nullptr for the system's.
const char* CertificateBundle() {
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE", "AWS_CA_BUNDLE"}) {
    if (const char* path = std::getenv(name); path != nullptr && path[0] != '\0') return path;
  }
  return nullptr;
}

bool IsCertificateProblem(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR || code == CURLE_SSL_INVALIDCERTSTATUS;
}

bool IsOwnFault(CURLcode code) {
  return code == CURLE_FAILED_INIT || code == CURLE_BAD_FUNCTION_ARGUMENT || code == CURLE_UNKNOWN_OPTION || code == CURLE_NOT_BUILT_IN || code == CURLE_URL_MALFORMAT;
}

}  // namespace

Transfer::Transfer(Fetch fetch, const ClientOptions& options, ClientStatistics& statistics)
    : fetch_(std::move(fetch)), options_(options), statistics_(statistics), place_(fetch_.endpoint->Current()), again_at_(Clock::now()) {
  deadline_ = again_at_ + options.timeout + std::chrono::seconds(fetch_.out.size() / kBytesPerExtraSecond);
}

Error Transfer::ErrorOf(ErrorCode code, std::string message, std::string hint) const {
  Error error = MakeError(code, std::move(message));
  error.where.source = fetch_.endpoint->shown();
  error.where.offset = fetch_.offset + received_;
  error.hint = std::move(hint);
  return error;
}

Question Transfer::MakeQuestion() const {
  Question question;
  question.source = fetch_.endpoint->shown();
  question.first = fetch_.offset + received_;
  question.last = fetch_.offset + fetch_.out.size() - 1;
  question.known = fetch_.known;
  question.was_redirected = place_ != fetch_.endpoint->given() && place_->target == nullptr;
  question.now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  return question;
}

Status Transfer::Prepare(CURL* handle) {
  parser_ = ResponseHeadParser();
  answer_.reset();
  attempt_skipped_ = attempt_received_ = 0;
  discarded_ = 0;
  body_too_long_ = stopped_ = busy_ = repeats_ = false;
  blocked_address_.clear();
  refusal_.clear();
  curl_error_[0] = '\0';

  const store::Credentials* keys = place_->target == nullptr ? nullptr : place_->target->credentials.get();
  std::vector<std::string> lines = {"Accept: */*"};
  if (keys == nullptr) {
    lines.push_back("Accept-Encoding: identity");
  } else {
    lines.push_back("x-amz-content-sha256: " + std::string(kHashOfNothing));
    if (!keys->session_token.empty()) lines.push_back("x-amz-security-token: " + keys->session_token);
  }
  if (fetch_.known && IsStrong(fetch_.known->etag)) {
    lines.push_back("If-Match: " + fetch_.known->etag);
  } else if (fetch_.known && !fetch_.known->last_modified.empty()) {
    lines.push_back("If-Unmodified-Since: " + fetch_.known->last_modified);
  }
  headers_.reset();
  for (const std::string& line : lines) {
    curl_slist* longer = Curl().slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) return Fail(ErrorCode::kLimit, "out of memory");
    (void)headers_.release();
    headers_.reset(longer);
  }
  const std::string range = std::to_string(fetch_.offset + received_) + "-" + std::to_string(fetch_.offset + fetch_.out.size() - 1);
  const long left = static_cast<long>(std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count()));

  std::string refused;
  auto option = [&](CURLoption name, auto value) {
    if (CURLcode code = Curl().easy_setopt(handle, name, value); code != CURLE_OK) refused = std::to_string(name) + ": " + Curl().easy_strerror(code);
  };
  option(CURLOPT_URL, place_->url->text.c_str());
  option(CURLOPT_PROTOCOLS_STR, "http,https");
  option(CURLOPT_RANGE, range.c_str());
  option(CURLOPT_HTTPHEADER, headers_.get());
  if (keys != nullptr) {
    option(CURLOPT_AWS_SIGV4, ("aws:amz:" + place_->target->region + ":s3").c_str());
    option(CURLOPT_USERNAME, keys->key_id.c_str());
    option(CURLOPT_PASSWORD, keys->secret.c_str());
    // As an option, because fields of the list are signed, and there are proxies and stores that rewrite this one.
    option(CURLOPT_ACCEPT_ENCODING, "identity");
    option(CURLOPT_HTTP_CONTENT_DECODING, 0L);
  }
  option(CURLOPT_USERAGENT, "rutter");
  option(CURLOPT_FOLLOWLOCATION, 0L);
  option(CURLOPT_NOSIGNAL, 1L);
  // A wish: a handle that was used on a connection which others still use (HTTP/2) has its buffer yet, and keeps it.
  (void)Curl().easy_setopt(handle, CURLOPT_BUFFERSIZE, 256L * 1024);
  option(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  option(CURLOPT_PIPEWAIT, place_->url->scheme == "https" ? 1L : 0L);
  option(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  option(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  option(CURLOPT_LOW_SPEED_LIMIT, options_.low_speed_bytes);
  option(CURLOPT_LOW_SPEED_TIME, options_.low_speed_seconds);
  option(CURLOPT_TIMEOUT_MS, left);
  option(CURLOPT_ERRORBUFFER, static_cast<char*>(curl_error_));
  option(CURLOPT_PRIVATE, static_cast<void*>(this));
  option(CURLOPT_HEADERFUNCTION, &Transfer::OnHeader);
  option(CURLOPT_HEADERDATA, static_cast<void*>(this));
  option(CURLOPT_WRITEFUNCTION, &Transfer::OnBody);
  option(CURLOPT_WRITEDATA, static_cast<void*>(this));
  if (const char* bundle = CertificateBundle()) option(CURLOPT_CAINFO, bundle);
  if (!place_->may_be_private) {
    // The address that a connection really goes to is checked, so there must be no proxy between.
    option(CURLOPT_NOPROXY, "*");
    option(CURLOPT_OPENSOCKETFUNCTION, &Transfer::OnSocket);
    option(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    option(CURLOPT_PREREQFUNCTION, &Transfer::OnConnected);
    option(CURLOPT_PREREQDATA, static_cast<void*>(this));
  }
  if (!refused.empty()) return Fail(ErrorCode::kInternal, "libcurl refuses option " + refused);
  ++tries_;
  ++statistics_.requests;
  return {};
}

// ---- while an attempt runs -------------------------------------------------------------------------------------------

curl_socket_t Transfer::OnSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto* transfer = static_cast<Transfer*>(self);
  if (!IsPublicAddress(&address->addr, address->addrlen)) {
    transfer->blocked_address_ = "one that is not public";
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int Transfer::OnConnected(void* self, char* remote, char*, int, int) {
  // A connection that another fetch opened may be used again: look once more.
  auto* transfer = static_cast<Transfer*>(self);
  if (remote != nullptr && IsPublicAddress(std::string_view(remote))) return CURL_PREREQFUNC_OK;
  transfer->blocked_address_ = remote == nullptr ? "unknown" : remote;
  return CURL_PREREQFUNC_ABORT;
}

std::size_t Transfer::OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  // Fields behind the body (trailers) say nothing that was not decided.
  if (!transfer->answer_) transfer->parser_.AddLine({data, size * count});
  return size * count;
}

std::size_t Transfer::OnBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  if (transfer->abandoned_) return 0;  // `out` is the caller's again
  transfer->statistics_.bytes += size * count;
  // CURL_WRITEFUNC_ERROR came later than this libcurl; any other number than all ends the transfer.
  return transfer->TakeBody(std::as_bytes(std::span(data, size * count))) ? size * count : 0;
}

void Transfer::JudgeHead() {
  answer_ = JudgeAnswer(parser_.head(), MakeQuestion());
  if (answer_->kind != Answer::Kind::kData && answer_->kind != Answer::Kind::kWhole && answer_->kind != Answer::Kind::kEmpty) return;
  // From here on this fetch is of one version, whatever the caller knew.
  if (answer_->kind == Answer::Kind::kData && fetch_.known) {
    if (fetch_.known->etag.empty()) fetch_.known->etag = answer_->found.etag;
    if (fetch_.known->last_modified.empty()) fetch_.known->last_modified = answer_->found.last_modified;
  }
  result_.found = answer_->found;
  result_.size_is_known = answer_->size_is_known;
}

bool Transfer::TakeBody(std::span<const std::byte> bytes) {
  if (!answer_) JudgeHead();
  if (answer_->kind == Answer::Kind::kData) return TakeData(bytes);
  if (answer_->kind == Answer::Kind::kWhole) {
    if (answer_->whole_length.value_or(0) > options_.whole_bytes || bytes.size() > options_.whole_bytes - result_.whole.size()) {
      answer_->kind = Answer::Kind::kFail;
      answer_->error = ErrorOf(ErrorCode::kUnsupported, "the server cannot send parts of a file, and this one is too large to fetch whole",
                               "copy the file, or put it on a server that answers ranges");
      return false;
    }
    result_.whole.insert(result_.whole.end(), bytes.begin(), bytes.end());
    return true;
  }
  // The end of a refusal's small body is worth waiting for, because it keeps the connection.
  discarded_ += bytes.size();
  if (place_->target != nullptr) refusal_.append(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kErrorDocumentBytes - refusal_.size()));
  return parser_.head().status >= 300 && discarded_ <= kDiscardBytes;
}

bool Transfer::TakeData(std::span<const std::byte> bytes) {
  if (std::uint64_t skip = std::min<std::uint64_t>(bytes.size(), answer_->skip - attempt_skipped_); skip > 0) {
    attempt_skipped_ += skip;
    bytes = bytes.subspan(static_cast<std::size_t>(skip));
  }
  auto take = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), answer_->length - attempt_received_));
  if (take > 0) std::memcpy(fetch_.out.data() + received_, bytes.data(), take);
  received_ += take;
  attempt_received_ += take;
  if (take == bytes.size()) {
    stopped_ = !answer_->exact && attempt_received_ == answer_->length;
    return !stopped_;
  }
  if (answer_->exact) {
    body_too_long_ = true;
  } else {
    stopped_ = true;
  }
  return false;
}

// ---- the end of an attempt -------------------------------------------------------------------------------------------

bool Transfer::Finish(CURLcode code, CURL* handle, std::minstd_rand& random) {
  again_at_ = Clock::now();
  if (code == CURLE_OK && answer_ && answer_->kind == Answer::Kind::kData) ObserveLink(handle);
  if (!blocked_address_.empty() && !answer_ && parser_.head().status == 0) {
    const Url& url = *place_->url;
    return EndWith(ErrorOf(ErrorCode::kPolicy, url.Origin() + " has an address that is not public (" + blocked_address_ + "), where only what you name is reached",
                           "add --allow " + FolderOf(url) + " to follow it"));
  }
  if (!answer_ && code == CURLE_OK) JudgeHead();
  if (!answer_) return TransportFailed(code, random);
  if (place_->target != nullptr && parser_.head().status >= 300) answer_ = store::JudgeRefusal(std::move(*answer_), parser_.head(), refusal_, *place_->target);
  switch (answer_->kind) {
    case Answer::Kind::kData: return FinishData(code, random);
    case Answer::Kind::kWhole: return FinishWhole(code, random);
    case Answer::Kind::kEmpty:
      result_.found = answer_->found;
      result_.size_is_known = answer_->size_is_known;
      return true;
    case Answer::Kind::kRepeat:
      busy_ = parser_.head().status == 429 || parser_.head().status == 503;
      return Repeat(std::move(answer_->error), parser_.head().status >= 400 ? Fault::kPassing : Fault::kWrong, answer_->wait_seconds, random);
    case Answer::Kind::kRedirect: return FollowRedirect();
    case Answer::Kind::kRenew: return AskForPlaceAgain();
    case Answer::Kind::kRegion:
    case Answer::Kind::kNewKeys: return AskStoreAgain();
    case Answer::Kind::kFail: break;
  }
  return EndWith(std::move(answer_->error));
}

void Transfer::ObserveLink(CURL* handle) {
  curl_off_t sent = 0, first_byte = 0, total = 0;
  Curl().easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &sent);
  Curl().easy_getinfo(handle, CURLINFO_STARTTRANSFER_TIME_T, &first_byte);
  Curl().easy_getinfo(handle, CURLINFO_TOTAL_TIME_T, &total);
  fetch_.endpoint->link().Observe(std::chrono::microseconds(first_byte - sent), std::chrono::microseconds(total - first_byte), attempt_received_);
}

bool Transfer::FinishData(CURLcode code, std::minstd_rand& random) {
  if (body_too_long_) {
    // Which of the bytes are the wanted ones is anybody's guess.
    received_ -= static_cast<std::size_t>(attempt_received_);
    return Repeat(ErrorOf(ErrorCode::kIo, "the server's answer is wrong: it sends more bytes than its Content-Range says"), Fault::kWrong, {}, random);
  }
  if (attempt_received_ < answer_->length) {
    if (opening()) received_ = 0;
    if (attempt_received_ >= kProgressBytes) tries_ = wrong_ = 0;
    hops_ = 0;
    if (code != CURLE_OK) return TransportFailed(code, random);
    return Repeat(ErrorOf(ErrorCode::kIo, "the server's answer is wrong: its body ends early"), Fault::kPassing, {}, random);
  }
  if (place_ != fetch_.endpoint->given()) fetch_.endpoint->Settle(place_);
  if (opening() || received_ == fetch_.out.size()) return true;
  // A server may send less than was asked for; what follows is asked for on its own.
  if (attempt_received_ >= kProgressBytes) tries_ = wrong_ = 0;
  if (++wrong_ < options_.wrong_tries) return false;
  return EndWith(ErrorOf(ErrorCode::kIo, "the server sends the bytes in too small pieces"));
}

bool Transfer::FinishWhole(CURLcode code, std::minstd_rand& random) {
  bool all = code == CURLE_OK && (!answer_->whole_length || *answer_->whole_length == result_.whole.size());
  if (!all) {
    result_.whole.clear();
    if (code != CURLE_OK) return TransportFailed(code, random);
    return Repeat(ErrorOf(ErrorCode::kIo, "the server's answer is wrong: its body ends early"), Fault::kPassing, {}, random);
  }
  if (place_ != fetch_.endpoint->given()) fetch_.endpoint->Settle(place_);
  result_.is_whole = true;
  result_.size_is_known = true;
  result_.found.size = result_.whole.size();
  return true;
}

bool Transfer::FollowRedirect() {
  if (++hops_ > options_.redirects) return EndWith(ErrorOf(ErrorCode::kIo, "more than " + std::to_string(options_.redirects) + " redirects"));
  auto next = fetch_.endpoint->Follow(place_, answer_->location);
  if (!next) return EndWith(std::move(next).error());
  place_ = *std::move(next);
  --tries_;  // a redirect is no failure
  ++statistics_.redirects;
  return false;
}

bool Transfer::AskForPlaceAgain() {
  // A URL that this fetch was sent to just now is refused for good; one from earlier has expired.
  if (hops_ > 0 || ++renewals_ > kMaxRenewals) return EndWith(std::move(answer_->error));
  fetch_.endpoint->Renew(place_);
  place_ = fetch_.endpoint->given();
  return false;
}

bool Transfer::AskStoreAgain() {
  const store::Target& target = *place_->target;
  std::shared_ptr<const store::Target> next;
  if (answer_->kind == Answer::Kind::kNewKeys) {
    next = target.stores->WithNewKeys(target);
  } else if (auto in_region = target.stores->InRegion(target, answer_->location)) {
    next = *std::move(in_region);
  }
  if (next == nullptr || ++renewals_ > kMaxRenewals) return EndWith(std::move(answer_->error));
  place_ = fetch_.endpoint->At(std::move(next));
  --tries_;  // the store answered, and told what to do
  return false;
}

bool Transfer::TransportFailed(CURLcode code, std::minstd_rand& random) {
  const std::string what = curl_error_[0] != '\0' ? std::string(curl_error_) : Curl().easy_strerror(code);
  const std::string host = place_->url->Origin();
  if (IsCertificateProblem(code)) {
    return EndWith(ErrorOf(ErrorCode::kIo, "the certificate of " + host + " cannot be trusted: " + what, "CURL_CA_BUNDLE names a file with the certificates of your own authorities"));
  }
  if (IsOwnFault(code)) return EndWith(ErrorOf(ErrorCode::kInternal, "libcurl: " + what));
  if (code == CURLE_OUT_OF_MEMORY) return EndWith(ErrorOf(ErrorCode::kLimit, "out of memory"));
  if (code == CURLE_COULDNT_RESOLVE_HOST && opening() && tries_ >= 2) return EndWith(ErrorOf(ErrorCode::kIo, "no such host: " + what, "check the URL and the network"));
  const Fault fault = code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL ? Fault::kWrong : Fault::kPassing;
  return Repeat(ErrorOf(ErrorCode::kIo, (code == CURLE_OPERATION_TIMEDOUT ? "too slow: " : "the connection to " + host + " failed: ") + what), fault, {}, random);
}

bool Transfer::Repeat(Error error, Fault fault, std::optional<std::uint64_t> wait_seconds, std::minstd_rand& random) {
  wrong_ = fault == Fault::kWrong ? wrong_ + 1 : 0;
  if (wrong_ >= options_.wrong_tries || (opening() && tries_ >= options_.tries)) {
    error.message += " (" + std::to_string(tries_) + " tries)";
    return EndWith(std::move(error));
  }
  // Full jitter: neighbours that failed together do not come back together.
  const auto longest = fault == Fault::kWrong ? std::min(options_.longest_wait, kLongestWrongWait) : options_.longest_wait;
  const std::int64_t bound = std::min<std::int64_t>(longest.count(), options_.first_wait.count() << std::min(std::max(tries_, 1) - 1, 16));
  auto wait = std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(0, bound)(random));
  if (wait_seconds) {
    const auto asked = std::chrono::seconds(std::min(*wait_seconds, options_.longest_retry_after));
    wait = asked + std::min<std::chrono::milliseconds>(wait, std::chrono::duration_cast<std::chrono::milliseconds>(asked) / 20);
  }
  again_at_ = Clock::now() + wait;
  if (again_at_ >= deadline_) {
    error.message += " (no time is left for another try)";
    error.hint = "--timeout gives it more";
    return EndWith(std::move(error));
  }
  ++statistics_.repeats;
  repeats_ = true;
  return false;
}

bool Transfer::EndWith(Error error) {
  if (error.where.source.empty()) error.where.source = fetch_.endpoint->shown();
  result_.status = Fail(std::move(error));
  return true;
}

void Transfer::Complete() {
  result_.bytes = received_;
  if (!result_.status) result_.whole.clear();
  auto done = std::move(fetch_.done);
  if (done) done(std::move(result_));
}

}  // namespace rutter::http
