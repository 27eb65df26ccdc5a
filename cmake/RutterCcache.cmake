# Compiles through ccache where it is installed; nothing depends on it.
if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(RUTTER_CCACHE ccache)
  if(RUTTER_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${RUTTER_CCACHE}")
  endif()
endif()
