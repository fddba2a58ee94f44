#pragma once
#include <curl/curl.h>

// libcurl, opened by the first request and not at start-up: it brings some forty libraries with it. curl_easy_setopt(3)
// and curl_easy_getinfo(3) take any argument, so each type has a function of its own here.

/// Opens libcurl.so.4. Returns 0, or -1; then `ccurl_error` says why. Safe on several threads.
int ccurl_open(void);

/// What dlopen(3) or dlsym(3) said; empty when all went well.
const char *ccurl_error(void);

// The rest is to be called after `ccurl_open` returned 0.

CURL *ccurl_init(void);
void ccurl_cleanup(CURL *handle);
/// Options back to their defaults; connections and TLS sessions stay.
void ccurl_reset(CURL *handle);
CURLcode ccurl_perform(CURL *handle);
const char *ccurl_text(CURLcode code);

CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value);
CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value);
/// libcurl copies the string.
CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value);
/// libcurl copies the bytes.
CURLcode ccurl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t count);
CURLcode ccurl_set_headers(CURL *handle, struct curl_slist *headers);
/// `buffer` holds CURL_ERROR_SIZE bytes and outlives the transfer.
CURLcode ccurl_set_error_buffer(CURL *handle, char *buffer);

/// The functions that a transfer calls, all with `context`. They return as curl_easy_setopt(3) says.
struct ccurl_callbacks {
  void *context;
  size_t (*header)(char *line, size_t one, size_t count, void *context);
  size_t (*write)(char *bytes, size_t one, size_t count, void *context);
  size_t (*read)(char *buffer, size_t one, size_t count, void *context);
  int (*seek)(void *context, curl_off_t offset, int origin);
  int (*progress)(void *context, curl_off_t total, curl_off_t received, curl_off_t size, curl_off_t sent);
};
CURLcode ccurl_set_callbacks(CURL *handle, const struct ccurl_callbacks *callbacks);

/// NULL when memory ran out; the list is still the caller's then.
struct curl_slist *ccurl_list_append(struct curl_slist *list, const char *line);
void ccurl_list_free(struct curl_slist *list);
