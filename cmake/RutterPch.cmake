# Headers that most sources include, parsed once for all. Presets of sanitizers use it: without optimisation, parsing is most of
# what compiling costs. The release preset does without it, so that every source has to name what it includes.
option(RUTTER_PCH "Parse common headers once" OFF)

set(rutter_common_headers
    <algorithm> <array> <atomic> <bit> <charconv> <chrono> <condition_variable> <cstddef> <cstdint> <cstring> <filesystem> <functional> <map> <memory>
    <mutex> <optional> <random> <span> <string> <string_view> <thread> <unordered_map> <utility> <vector> <nlohmann/json.hpp> "${PROJECT_SOURCE_DIR}/src/base/result.h")

# rutter_precompile(TARGET KIND [HEADER ...]): all targets of one KIND (library, test) share what the first of them makes.
function(rutter_precompile target kind)
  if(NOT RUTTER_PCH)
    return()
  endif()
  get_property(first GLOBAL PROPERTY rutter_pch_of_${kind})
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    target_precompile_headers(${target} PRIVATE ${rutter_common_headers} ${ARGN})
    set_property(GLOBAL PROPERTY rutter_pch_of_${kind} ${target})
  endif()
endfunction()
