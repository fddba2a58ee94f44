#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[256];

static CURLcode (*global_init)(long flags);
static CURL *(*easy_init)(void);
static void (*easy_cleanup)(CURL *);
static void (*easy_reset)(CURL *);
static CURLcode (*easy_perform)(CURL *);
static CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
static const char *(*easy_strerror)(CURLcode);
static struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
static void (*slist_free_all)(struct curl_slist *);

static int bind_symbol(void *library, const char *name, void **function) {
  *function = dlsym(library, name);
  if (*function) return 0;
  snprintf(failure, sizeof failure, "%s", dlerror());
  return -1;
}

static void open_library(void) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(failure, sizeof failure, "%s", dlerror());
    return;
  }
  if (bind_symbol(library, "curl_global_init", (void **)&global_init) ||
      bind_symbol(library, "curl_easy_init", (void **)&easy_init) ||
      bind_symbol(library, "curl_easy_cleanup", (void **)&easy_cleanup) ||
      bind_symbol(library, "curl_easy_reset", (void **)&easy_reset) ||
      bind_symbol(library, "curl_easy_perform", (void **)&easy_perform) ||
      bind_symbol(library, "curl_easy_setopt", (void **)&easy_setopt) ||
      bind_symbol(library, "curl_easy_strerror", (void **)&easy_strerror) ||
      bind_symbol(library, "curl_slist_append", (void **)&slist_append) ||
      bind_symbol(library, "curl_slist_free_all", (void **)&slist_free_all))
    return;
  if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) snprintf(failure, sizeof failure, "curl_global_init failed");
}

int ccurl_open(void) {
  pthread_once(&once, open_library);
  return failure[0] ? -1 : 0;
}

const char *ccurl_error(void) { return failure; }

CURL *ccurl_init(void) { return easy_init(); }
void ccurl_cleanup(CURL *handle) { easy_cleanup(handle); }
void ccurl_reset(CURL *handle) { easy_reset(handle); }
CURLcode ccurl_perform(CURL *handle) { return easy_perform(handle); }
const char *ccurl_text(CURLcode code) { return easy_strerror(code); }

CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) { return easy_setopt(handle, option, value); }
CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
  return easy_setopt(handle, option, value);
}
CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value) {
  return easy_setopt(handle, option, value);
}
CURLcode ccurl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t count) {
  struct curl_blob blob = {.data = (void *)bytes, .len = count, .flags = CURL_BLOB_COPY};
  return easy_setopt(handle, option, &blob);
}
CURLcode ccurl_set_headers(CURL *handle, struct curl_slist *headers) {
  return easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}
CURLcode ccurl_set_error_buffer(CURL *handle, char *buffer) {
  return easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}

CURLcode ccurl_set_callbacks(CURL *handle, const struct ccurl_callbacks *callbacks) {
  CURLcode code = CURLE_OK;
#define SET(option, value) \
  if (code == CURLE_OK) code = easy_setopt(handle, option, value)
  SET(CURLOPT_HEADERFUNCTION, callbacks->header);
  SET(CURLOPT_HEADERDATA, callbacks->context);
  SET(CURLOPT_WRITEFUNCTION, callbacks->write);
  SET(CURLOPT_WRITEDATA, callbacks->context);
  SET(CURLOPT_READFUNCTION, callbacks->read);
  SET(CURLOPT_READDATA, callbacks->context);
  SET(CURLOPT_SEEKFUNCTION, callbacks->seek);
  SET(CURLOPT_SEEKDATA, callbacks->context);
  SET(CURLOPT_XFERINFOFUNCTION, callbacks->progress);
  SET(CURLOPT_XFERINFODATA, callbacks->context);
  SET(CURLOPT_NOPROGRESS, 0L);
#undef SET
  return code;
}

struct curl_slist *ccurl_list_append(struct curl_slist *list, const char *line) { return slist_append(list, line); }
void ccurl_list_free(struct curl_slist *list) { slist_free_all(list); }
