#include "model/map.h"

#include <doctest/doctest.h>

using namespace rutter;

namespace {

Node* Add(Node& parent, std::string name, NodeKind kind, std::string target = "") {
  auto node = std::make_unique<Node>();
  node->name = std::move(name);
  node->kind = kind;
  node->target = std::move(target);
  node->parent = &parent;
  parent.children.push_back(std::move(node));
  return parent.children.back().get();
}

}  // namespace

TEST_CASE("paths are found through links, and loops end") {
  Map map;
  Node* a = Add(map.root, "a", NodeKind::kGroup);
  Node* data = Add(*a, "data", NodeKind::kArray);
  Add(map.root, "alias", NodeKind::kHardLink, "/a");
  Add(*a, "soft", NodeKind::kSoftLink, "data");
  Add(map.root, "loop", NodeKind::kSoftLink, "/loop");
  CHECK(map.Find("/a/data") == data);
  CHECK(map.Find("a/data") == data);
  CHECK(map.Find("/alias/data") == data);
  CHECK(map.Find("/alias/soft") == data);
  CHECK(map.Find("/") == &map.root);
  CHECK(map.Find("/loop") == nullptr);
  CHECK(map.Find("/nothing") == nullptr);
  CHECK(data->Path() == "/a/data");
  Map moved = std::move(map);
  CHECK(moved.Find("/alias/data") == data);
  CHECK(data->Path() == "/a/data");
}
