#include "model/map.h"

#include <algorithm>
#include <utility>

#include "base/checked.h"

namespace rutter {

std::optional<std::uint64_t> Array::NumElements() const {
  if (is_null) return 0;
  return CheckedProduct(shape);
}

Shape Array::ChunkGrid() const {
  Shape grid(shape.size());
  for (std::size_t k = 0; k < grid.size(); ++k) grid[k] = CeilDiv(shape[k], std::max<std::uint64_t>(1, chunk_shape[k]));
  return grid;
}

std::uint64_t Array::ChunkElements() const { return CheckedProduct(chunk_shape).value_or(~0ull); }

std::string Node::Path() const {
  if (parent == nullptr) return "/";
  std::vector<const Node*> chain;
  for (const Node* node = this; node->parent != nullptr; node = node->parent) chain.push_back(node);
  std::string path;
  for (auto node = chain.rbegin(); node != chain.rend(); ++node) path.append("/").append((*node)->name);
  return path;
}

const Attribute* Node::FindAttribute(std::string_view attribute_name) const {
  for (const Attribute& attribute : attributes) {
    if (attribute.name == attribute_name) return &attribute;
  }
  return nullptr;
}

Node* Node::FindChild(std::string_view child_name) const {
  for (const auto& child : children) {
    if (child->name == child_name) return child.get();
  }
  return nullptr;
}

namespace {

void AdoptChildren(Node& root) {
  for (auto& child : root.children) child->parent = &root;
}

constexpr int kMaxLinkHops = 64;

}  // namespace

Map::Map(Map&& other) noexcept
    : format(std::move(other.format)),
      sources(std::move(other.sources)),
      seal(std::move(other.seal)),
      root(std::move(other.root)),
      notes(std::move(other.notes)) {
  AdoptChildren(root);
}

Map& Map::operator=(Map&& other) noexcept {
  format = std::move(other.format);
  sources = std::move(other.sources);
  seal = std::move(other.seal);
  root = std::move(other.root);
  notes = std::move(other.notes);
  AdoptChildren(root);
  return *this;
}

Node* Map::Find(std::string_view path) {
  // Parts still to follow, the next one last; a link puts its target's parts on top.
  std::vector<std::string> parts;
  auto push = [&parts](std::string_view text) {
    std::size_t end = text.size();
    while (end > 0) {
      std::size_t slash = text.rfind('/', end - 1);
      std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
      if (end > begin) parts.emplace_back(text.substr(begin, end - begin));
      if (slash == std::string_view::npos) break;
      end = slash;
    }
  };
  push(path);
  Node* node = &root;
  int hops = 0;
  while (!parts.empty()) {
    std::string part = std::move(parts.back());
    parts.pop_back();
    if (part == ".") continue;
    Node* child = node->FindChild(part);
    if (child == nullptr) return nullptr;
    if (child->kind == NodeKind::kHardLink || child->kind == NodeKind::kSoftLink) {
      if (++hops > kMaxLinkHops || parts.size() > 4096) return nullptr;
      if (!child->target.empty() && child->target.front() == '/') node = &root;
      push(child->target);
      continue;
    }
    node = child;
  }
  return node;
}

const Node* Map::Find(std::string_view path) const { return const_cast<Map*>(this)->Find(path); }

namespace {

template <class NodeType, class Visit>
void VisitAll(NodeType& root, const Visit& visit) {
  std::vector<NodeType*> stack{&root};
  while (!stack.empty()) {
    NodeType* node = stack.back();
    stack.pop_back();
    visit(*node);
    for (auto child = node->children.rbegin(); child != node->children.rend(); ++child) stack.push_back(child->get());
  }
}

}  // namespace

void VisitNodes(const Node& root, const std::function<void(const Node&)>& visit) { VisitAll(root, visit); }
void VisitNodes(Node& root, const std::function<void(Node&)>& visit) { VisitAll(root, visit); }

namespace {

/// The largest divisor of n that is at most `limit` (>= 1).
std::uint64_t LargestDivisor(std::uint64_t n, std::uint64_t limit) {
  if (n <= limit) return n;
  std::uint64_t best = 1;
  for (std::uint64_t d = 1; d * d <= n && d <= 32'768; ++d) {
    if (n % d != 0) continue;
    if (d <= limit) best = std::max(best, d);
    if (n / d <= limit) best = std::max(best, n / d);
  }
  return best;
}

}  // namespace

Shape ChooseFlatChunks(const Shape& shape, std::uint64_t element_bytes, std::uint64_t target_bytes) {
  Shape chunks(shape.size());
  for (std::size_t k = 0; k < shape.size(); ++k) chunks[k] = std::max<std::uint64_t>(1, shape[k]);
  element_bytes = std::max<std::uint64_t>(1, element_bytes);
  // Bytes of one step along axis k, axes behind it whole.
  for (std::size_t k = 0; k < shape.size(); ++k) {
    std::uint64_t row = element_bytes;
    bool huge = false;
    for (std::size_t j = k + 1; j < shape.size(); ++j) {
      auto product = CheckedMul(row, chunks[j]);
      huge = huge || !product;
      row = product.value_or(~0ull);
    }
    auto whole = huge ? std::nullopt : CheckedMul(row, chunks[k]);
    if (whole && *whole <= target_bytes) break;
    std::uint64_t wanted = std::max<std::uint64_t>(1, target_bytes / row);
    std::uint64_t chosen = LargestDivisor(chunks[k], wanted);
    if (chosen < wanted / 4) {
      // A poor divisor (a prime length): a larger one up to four targets is better than many tiny chunks.
      std::uint64_t larger = LargestDivisor(chunks[k], wanted > ~0ull / 4 ? ~0ull : wanted * 4);
      if (larger > chosen) chosen = larger;
    }
    chunks[k] = chosen;
    if (chosen > 1) break;
  }
  return chunks;
}

}  // namespace rutter
