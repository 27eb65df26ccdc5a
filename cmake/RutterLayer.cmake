# rutter_layer(NAME DEPS ...): one static library per folder of src/, which sees only what DEPS names.
# Sources are found by pattern, so that a new file is one new file.
function(rutter_layer name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(NOT sources)
    message(WARNING "layer ${name} has no sources")
    add_library(rutter_${name} INTERFACE)
    target_link_libraries(rutter_${name} INTERFACE rutter_flags ${ARG_DEPS} ${ARG_LIBRARIES})
    return()
  endif()
  add_library(rutter_${name} STATIC ${sources})
  target_link_libraries(rutter_${name} PUBLIC rutter_flags ${ARG_DEPS} PRIVATE ${ARG_LIBRARIES})
endfunction()
