#pragma once
// The version of this interface. Everything lives in the inline namespace rutter::v1: programs write rutter::File, and the
// names that the linker sees carry the version.

#if defined(RUTTER_BUILDS_LIBRARY)
#define RUTTER_V1 namespace v1  // beside the library's own names, not among them
#else
#define RUTTER_V1 inline namespace v1
#endif

#if defined(__GNUC__)
#define RUTTER_EXPORT __attribute__((visibility("default")))
#else
#define RUTTER_EXPORT
#endif
