#pragma once
// Where the bytes of one source are asked for: the URL that was given, and the one that redirects led to.

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "io/access_policy.h"
#include "io/http/link_estimate.h"

namespace rutter::http {

/// A redirect is followed once and remembered, so that later requests go to where the data lies; when that URL expires,
/// Renew() has the next request start from the given one. Thread-safe.
class Endpoint {
 public:
  Endpoint(AccessPolicy::Place given, std::shared_ptr<const AccessPolicy> policy) : policy_(std::move(policy)), given_(std::make_shared<const AccessPolicy::Place>(std::move(given))), current_(given_) {}

  /// What maps and errors call it: the URL or the object's name, letter by letter; and the same without a signed query.
  std::string name() const { return given_->object ? given_->object->Text() : given_->url->text; }
  std::string shown() const { return given_->object ? given_->object->Text() : given_->url->WithoutQuery(); }

  using Place = std::shared_ptr<const AccessPolicy::Place>;
  const Place& given() const { return given_; }
  LinkEstimate& link() { return link_; }
  Place Current() const {
    std::lock_guard lock(mutex_);
    return current_;
  }
  /// The place that a redirect leads to. Errors: kPolicy, kInvalidArgument.
  Result<Place> Follow(const Place& from, std::string_view location) const {
    RUTTER_ASSIGN(auto place, policy_->Redirect(*given_, *from->url, location));
    return std::make_shared<const AccessPolicy::Place>(std::move(place));
  }
  /// The same object of a store in another region, or with other keys.
  Place At(std::shared_ptr<const store::Target> target) const {
    AccessPolicy::Place place = *given_;
    place.url = target->url;
    place.target = std::move(target);
    return std::make_shared<const AccessPolicy::Place>(std::move(place));
  }
  /// Data was found there.
  void Settle(Place place) {
    if (place->target != nullptr) place->target->stores->Remember(*place->target);
    std::lock_guard lock(mutex_);
    current_ = std::move(place);
  }
  /// `place` does not answer any more.
  void Renew(const Place& place) {
    std::lock_guard lock(mutex_);
    if (current_ == place) current_ = given_;
  }

 private:
  const std::shared_ptr<const AccessPolicy> policy_;
  const Place given_;
  mutable std::mutex mutex_;
  Place current_;
  LinkEstimate link_;
};

}  // namespace rutter::http
