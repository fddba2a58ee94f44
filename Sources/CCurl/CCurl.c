#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[256];
static CURLcode (*global_init)(long flags);

static void open_library(void) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library) global_init = (CURLcode(*)(long))dlsym(library, "curl_global_init");
  if (!global_init) {
    snprintf(failure, sizeof failure, "%s", dlerror());
    return;
  }
  if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) snprintf(failure, sizeof failure, "curl_global_init failed");
}

int ccurl_open(void) {
  pthread_once(&once, open_library);
  return failure[0] ? -1 : 0;
}

const char *ccurl_error(void) { return failure; }
