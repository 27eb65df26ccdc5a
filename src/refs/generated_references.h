#pragma once
// kerchunk's "gen": many references from one rule.

#include "base/limits.h"
#include "base/result.h"
#include "model/value.h"
#include "refs/chunk_entries.h"
#include "refs/source_table.h"

namespace rutter {

/// Expands every rule of the list into `entries`. The {{...}} parts may hold integer arithmetic (+ - * // % **, brackets)
/// over the dimensions, and names of dimensions and templates; anything else of Jinja is refused.
/// Source: kerchunk, "References spec", version 1. Errors: kCorrupt, kUnsupported, kLimit (number of references).
Status ExpandGenerated(const Value& gen, const Templates& templates, const Limits& limits, ChunkEntries& entries);

}  // namespace rutter
