#include "io/http/libcurl.h"

#include <dlfcn.h>

namespace rutter {
namespace {

template <class Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

Libcurl Load() {
  Libcurl curl;
  void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return curl;
  curl.is_loaded = Find(library, "curl_easy_cleanup", curl.easy_cleanup) && Find(library, "curl_easy_getinfo", curl.easy_getinfo) &&
                   Find(library, "curl_easy_init", curl.easy_init) &&
                   Find(library, "curl_easy_reset", curl.easy_reset) && Find(library, "curl_easy_setopt", curl.easy_setopt) &&
                   Find(library, "curl_easy_strerror", curl.easy_strerror) && Find(library, "curl_free", curl.free) &&
                   Find(library, "curl_getdate", curl.getdate) && Find(library, "curl_global_init", curl.global_init) &&
                   Find(library, "curl_multi_add_handle", curl.multi_add_handle) && Find(library, "curl_multi_cleanup", curl.multi_cleanup) &&
                   Find(library, "curl_multi_info_read", curl.multi_info_read) && Find(library, "curl_multi_init", curl.multi_init) &&
                   Find(library, "curl_multi_perform", curl.multi_perform) && Find(library, "curl_multi_poll", curl.multi_poll) &&
                   Find(library, "curl_multi_remove_handle", curl.multi_remove_handle) &&
                   Find(library, "curl_multi_setopt", curl.multi_setopt) && Find(library, "curl_multi_wakeup", curl.multi_wakeup) &&
                   Find(library, "curl_slist_append", curl.slist_append) && Find(library, "curl_slist_free_all", curl.slist_free_all) &&
                   Find(library, "curl_url", curl.url) && Find(library, "curl_url_cleanup", curl.url_cleanup) &&
                   Find(library, "curl_url_get", curl.url_get) && Find(library, "curl_url_set", curl.url_set) &&
                   Find(library, "curl_url_strerror", curl.url_strerror);
  return curl;
}

}  // namespace

const Libcurl& Curl() {
  static const Libcurl curl = Load();
  return curl;
}

}  // namespace rutter
