#include "io/source_opener.h"

#include <utility>

#include "io/access_policy.h"
#include "io/http/client.h"
#include "io/http/http_source.h"

namespace rutter {
namespace {

class PolicyOpener : public SourceOpener {
 public:
  PolicyOpener(const std::vector<std::string>& allowed, std::shared_ptr<http::Client> client)
      : policy_(std::make_shared<AccessPolicy>(allowed)), client_(client != nullptr ? std::move(client) : std::make_shared<http::Client>()) {}

  Result<std::shared_ptr<ByteSource>> Open(std::string_view reference, std::string_view base) override { return OpenPlace(reference, base, nullptr); }
  Result<std::shared_ptr<ByteSource>> OpenMapped(std::string_view reference, std::string_view base, const Fingerprint& mapped) override {
    return OpenPlace(reference, base, &mapped);
  }
  OpenedAhead OpenAhead(std::span<const std::string> references, std::string_view base) override {
    OpenedAhead results(references.size());
    std::vector<std::shared_ptr<http::Endpoint>> endpoints;
    std::vector<std::size_t> numbers;
    for (std::size_t k = 0; k < references.size(); ++k) {
      auto place = Find(references[k], base);
      if (!place || !place->url) continue;
      endpoints.push_back(std::make_shared<http::Endpoint>(*std::move(place), policy_));
      numbers.push_back(k);
    }
    if (endpoints.empty()) return results;
    auto opened = http::OpenHttpMany(client_, endpoints);
    for (std::size_t k = 0; k < numbers.size(); ++k) results[numbers[k]] = std::move(opened[k]);
    return results;
  }

 private:
  Result<AccessPolicy::Place> Find(std::string_view reference, std::string_view base) {
    RUTTER_ASSIGN(AccessPolicy::Place place, policy_->Decide(reference, base));
    if (place.object) {
      RUTTER_ASSIGN(place.target, client_->stores()->Find(*place.object));
      place.url = place.target->url;
    }
    return place;
  }

  Result<std::shared_ptr<ByteSource>> OpenPlace(std::string_view reference, std::string_view base, const Fingerprint* mapped) {
    RUTTER_ASSIGN(AccessPolicy::Place place, Find(reference, base));
    if (!place.url) return OpenFile(place.path);
    auto endpoint = std::make_shared<http::Endpoint>(std::move(place), policy_);
    if (mapped != nullptr && mapped->size != 0) return http::OpenHttpMapped(client_, std::move(endpoint), *mapped);
    return http::OpenHttp(client_, std::move(endpoint));
  }

  std::shared_ptr<const AccessPolicy> policy_;
  std::shared_ptr<http::Client> client_;
};

class RefusingOpener : public SourceOpener {
 public:
  Result<std::shared_ptr<ByteSource>> Open(std::string_view reference, std::string_view) override {
    Error error = MakeError(ErrorCode::kPolicy, "no other file may be followed here");
    error.where.source = std::string(reference.substr(0, 256));
    return Fail(std::move(error));
  }
};

}  // namespace

std::shared_ptr<SourceOpener> MakeSourceOpener(std::vector<std::string> allowed, std::shared_ptr<http::Client> client) {
  return std::make_shared<PolicyOpener>(allowed, std::move(client));
}

std::shared_ptr<SourceOpener> MakeRefusingOpener() { return std::make_shared<RefusingOpener>(); }

}  // namespace rutter
