# Compiles through ccache where it is installed; nothing depends on it.
if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(RUTTER_CCACHE ccache)
  if(RUTTER_CCACHE)
    # What precompiled headers need: ccache looks into them, not at their dates.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${RUTTER_CCACHE})
  endif()
endif()
