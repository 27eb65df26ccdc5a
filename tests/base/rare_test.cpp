#include "base/rare.h"

#include <doctest/doctest.h>

#include <string>

namespace rutter {
namespace {

TEST_CASE("rare: absent costs a pointer, copies copy the value") {
  static_assert(sizeof(Rare<std::string>) == sizeof(void*));
  Rare<std::string> none;
  CHECK_FALSE(none.has_value());
  Rare<std::string> text = std::string("text");
  Rare<std::string> copy = text;
  *copy += "!";
  CHECK(*text == "text");
  CHECK(copy->size() == 5);
  copy = text;
  CHECK(*copy == "text");
  Rare<std::string> moved = std::move(copy);
  CHECK(*moved == "text");
  moved = std::nullopt;
  CHECK_FALSE(moved);
  text = none;
  CHECK_FALSE(text);
}

}  // namespace
}  // namespace rutter
