/// The little of HTTP/1.1 (RFC 9112) that a server of three pages needs: a request's first line and the end of its head.
#pragma once
#include <stddef.h>

enum {
  /// A request's head may be so long and no longer.
  HTTP_HEAD_MAX = 8192,
  HTTP_PATH_MAX = 1024,
};

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OTHER };

struct http_request {
  enum http_method method;
  /// Without the query; NUL-terminated.
  char path[HTTP_PATH_MAX];
};

/// What `http_parse` found.
enum http_result {
  HTTP_OK,
  /// The head has not ended yet: read more.
  HTTP_MORE,
  HTTP_BAD,
  /// The head is longer than HTTP_HEAD_MAX.
  HTTP_HEAD_TOO_LONG,
  /// The path is longer than HTTP_PATH_MAX.
  HTTP_PATH_TOO_LONG,
};

/// Looks at the first `length` bytes of a request.
enum http_result http_parse(const char *bytes, size_t length, struct http_request *request);

/// Writes a whole answer (head and body; no body for HEAD) into `out`. Returns its length, 0 when it does not fit.
size_t http_answer(char *out, size_t room, int status, const char *type, const char *body, enum http_method method);
