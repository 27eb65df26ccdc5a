# Warnings for developers, hardening for everybody.
add_library(rutter_flags INTERFACE)
target_include_directories(rutter_flags INTERFACE "${PROJECT_SOURCE_DIR}/src")
target_compile_options(rutter_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -fno-strict-overflow
                                              -fno-delete-null-pointer-checks)
if(RUTTER_DEV)
  target_compile_options(rutter_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(rutter_flags INTERFACE -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE
                                                -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS)
  target_link_options(rutter_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
