#include "formats/hdf5/fetch_ahead.h"

#include <unordered_set>
#include <utility>
#include <vector>

#include "formats/hdf5/groups/group.h"
#include "formats/hdf5/object_describer.h"

namespace rutter::hdf5 {
namespace {

constexpr int kMaxWaves = 4'096;            ///< Dependent round trips of a whole file; the rest is read piece by piece.
constexpr int kMaxTries = 256;              ///< Of one object.
constexpr std::size_t kWaveMisses = 8'192;  ///< Fetched at once; the source keeps as many pieces until they are read.

/// An object and how far it was got.
struct Step {
  std::uint64_t address = 0;
  std::uint32_t depth = 0;
  int tries = 0;
};

class Waves {
 public:
  Waves(const std::shared_ptr<File>& file, const Superblock& superblock) : file_(file), superblock_(superblock) {}

  Status Run(std::uint64_t root_header) {
    Meet(root_header, 0);
    for (int wave = 0; !steps_.empty() && wave < kMaxWaves; ++wave) {
      // Both remember what they could not read, so they live as long as a wave and are nobody else's.
      ObjectReader objects(*file_, superblock_);
      auto resolver = std::make_shared<Resolver>(file_);
      std::vector<Step> again;
      file_->BeginProbe();
      // The list grows by what is found.
      for (std::size_t next = 0; next < steps_.size(); ++next) {
        Step step = steps_[next];
        const std::size_t before = file_->misses();
        if (before < kWaveMisses) {
          Try(step, objects, resolver);
          if (file_->misses() == before || ++step.tries >= kMaxTries) continue;
        }
        again.push_back(step);
      }
      RUTTER_TRY(file_->EndProbe());
      steps_ = std::move(again);
    }
    return {};
  }

 private:
  void Meet(std::uint64_t address, std::uint32_t depth) {
    if (depth >= file_->limits().group_depth || met_.size() >= file_->limits().objects) return;
    if (met_.insert(address).second) steps_.push_back({address, depth});
  }

  void Try(const Step& step, ObjectReader& objects, const std::shared_ptr<Resolver>& resolver) {
    ObjectHeader header;
    if (!objects.Read(step.address, header)) return;
    if (IsGroup(header)) {
      GroupLinks links;
      (void)ListGroup(objects, header, links);
      for (const GroupEntry& entry : links.entries) {
        if (!entry.failure && entry.link.kind == LinkKind::kHard) Meet(entry.link.address, step.depth + 1);
      }
    }
    if (AddsSources(header)) return;  // describing it opens other files
    Map map;
    std::vector<std::shared_ptr<ByteSource>> open_sources;
    ValueBudget budget(file_->limits());
    ObjectDescriber describer(file_, superblock_, objects.shared_kept(), resolver, budget, map, open_sources);
    Node scratch;
    scratch.address = step.address;
    (void)describer.Describe(scratch, header);
  }

  const std::shared_ptr<File>& file_;
  const Superblock& superblock_;
  std::vector<Step> steps_;  ///< To be tried in this wave.
  std::unordered_set<std::uint64_t> met_;
};

}  // namespace

Status FetchMetadataAhead(const std::shared_ptr<File>& file, const Superblock& superblock, std::uint64_t root_header) {
  return Waves(file, superblock).Run(root_header);
}

}  // namespace rutter::hdf5
