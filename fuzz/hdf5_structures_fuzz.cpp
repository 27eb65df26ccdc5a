// A fuzz target for each structure of HDF5 files: --structure=NAME chooses one, else the input's first byte does.
// Seeds: seeds/hdf5_structures/make.py.

#include <cstdio>
#include <cstring>
#include <string_view>

#include "fuzz/hdf5_mutator.h"
#include "fuzz/structures/structures.h"
#include "io/source_opener.h"

namespace {

using namespace rutter;
using namespace rutter::fuzz;

struct Structure {
  const char* name;
  void (*run)(const StructureInput& in);
};

// The order is that of the seeds' first bytes: new rows come last.
constexpr Structure kStructures[] = {
    {"fractal_heap", RunFractalHeap},
    {"group_btree", RunGroupBTree},
    {"btree_v2", RunBTreeV2},
    {"chunk_btree_v1", RunChunkBTreeV1},
    {"fixed_array", RunFixedArray},
    {"extensible_array", RunExtensibleArray},
    {"chunk_btree_v2", RunChunkBTreeV2},
    {"global_heap", RunGlobalHeap},
    {"local_heap", RunLocalHeap},
    {"layout", RunLayout},
    {"filter_pipeline", RunFilterPipeline},
    {"fill_value", RunFillValue},
    {"external_files", RunExternalFiles},
    {"selection", RunSelection},
    {"virtual_mappings", RunVirtualMappings},
    {"implicit", RunImplicit},
    {"single_chunk", RunSingleChunk},
    {"superblock", RunSuperblock},
    {"object_header", RunObjectHeader},
    {"links", RunLinks},
    {"attributes", RunAttributes},
    {"dataset", RunDataset},
    {"datatype", RunDatatype},
    {"dataspace", RunDataspace},
    {"attribute_message", RunAttributeMessage},
    {"link_message", RunLinkMessage},
    {"small_messages", RunSmallMessages},
    {"shared_message", RunSharedMessage},
    {"symbol_table_node", RunSymbolTableNode},
    {"cache_image", RunCacheImage},
};

const Structure* g_only = nullptr;

}  // namespace

#ifdef RUTTER_LIBFUZZER
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr std::string_view kOption = "--structure=";
  for (int i = 1; i < *argc; ++i) {
    std::string_view argument((*argv)[i]);
    if (argument == "--structures") {
      for (const Structure& structure : kStructures) std::printf("%s\n", structure.name);
      std::exit(0);
    }
    if (!argument.starts_with(kOption)) continue;
    for (const Structure& structure : kStructures) {
      if (argument.substr(kOption.size()) == structure.name) g_only = &structure;
    }
    if (g_only != nullptr) continue;
    std::fprintf(stderr, "no structure is called so\n");
    std::exit(1);
  }
  return 0;
}
#endif

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kControlBytes) return 0;
  constexpr std::uint8_t kWidths[] = {8, 4, 2, 8};
  StructureInput in;
  in.sizes = {kWidths[data[1] % 4], kWidths[data[1] / 4 % 4]};
  in.rank = data[2];
  in.chunk = data[3];
  in.flags = data[4];
  std::memcpy(&in.address, data + 8, 8);
  in.bytes = std::as_bytes(std::span(data + kControlBytes, size - kControlBytes));
  in.file = std::make_shared<hdf5::File>(MakeBorrowedSource("input", in.bytes), MakeRefusingOpener(), Limits::Strict());
  in.file->SetLayout(in.sizes, 0);
  const Structure& structure = g_only != nullptr ? *g_only : kStructures[data[0] % std::size(kStructures)];
  structure.run(in);
  return 0;
}
