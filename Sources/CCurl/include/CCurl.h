#pragma once
#include <curl/curl.h>

// libcurl, opened by the first request and not at start-up: it brings some forty libraries with it.

/// Opens libcurl.so.4. Returns 0, or -1; then `ccurl_error` says why.
int ccurl_open(void);

/// What dlopen(3) or dlsym(3) said; empty when all went well.
const char *ccurl_error(void);
