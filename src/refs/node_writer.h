#pragma once
// The members of a document that belong to nodes: groups, arrays and links, one after the other.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/data_access.h"
#include "model/map.h"
#include "refs/document_writer.h"
#include "refs/extras.h"
#include "refs/lindi_metadata.h"
#include "refs/names.h"
#include "refs/reference_writer.h"

namespace rutter {

/// What all nodes of a document share; only read, so that several threads may write nodes.
struct DocumentParts {
  const Map& map;
  const DataAccess& data;
  const WriteOptions& options;
  const LindiReferences* lindi = nullptr;  ///< Not null: LINDI's forms.
  std::span<const std::string> urls_json;  ///< By source, quoted JSON strings.
};

/// The names of an array's dimensions, or of the array that a link leads to.
struct NodeDimensions {
  std::string names_json;  ///< Quoted names, with commas between them.
  bool invented = false;   ///< Some of them are not the file's own.
};

/// Chooses the dimension names of all nodes of a map; they depend on each other, so this is one thread's work.
std::vector<NodeDimensions> NameDimensions(const Map& map, std::span<const NamedNode> nodes, const WriteOptions& options, const LindiReferences* lindi);

/// What is known of nodes once they are written.
struct NodesWritten {
  WriteReport report;
  Extras extras;
  std::uint64_t loose_text = 0, past_end = 0, shuffled = 0;  ///< Arrays, chunks, arrays.

  /// Adds what was found of the nodes behind these.
  void Add(NodesWritten&& later);
};

/// Writes nodes in their order; `dimensions` belongs to them. Errors: those of `out`, kInternal.
Status WriteNodes(const DocumentParts& shared, std::span<const NamedNode> nodes, std::span<const NodeDimensions> dimensions, DocumentWriter& out,
                  NodesWritten& result);

}  // namespace rutter
