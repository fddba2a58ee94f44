#include "http.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_token(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("!#$%&'*+-.^_`|~", c);
}

static bool equals(const char *bytes, size_t length, const char *word) {
  return length == strlen(word) && memcmp(bytes, word, length) == 0;
}

static enum http_result parse_line(const char *line, size_t length, struct http_request *request) {
  const char *end = line + length;
  const char *cursor = line;
  while (cursor < end && *cursor != '\0' && is_token(*cursor)) cursor++;
  size_t method = (size_t)(cursor - line);
  if (method == 0 || cursor == end || *cursor != ' ') return HTTP_BAD;
  request->method = equals(line, method, "GET") ? HTTP_GET : equals(line, method, "HEAD") ? HTTP_HEAD : HTTP_OTHER;

  const char *path = ++cursor;
  while (cursor < end && *cursor > ' ' && *cursor < 0x7f) cursor++;
  const char *path_end = cursor;
  if (path == path_end || *path != '/' || cursor == end || *cursor != ' ') return HTTP_BAD;
  cursor++;
  if (!equals(cursor, (size_t)(end - cursor), "HTTP/1.1") && !equals(cursor, (size_t)(end - cursor), "HTTP/1.0"))
    return HTTP_BAD;

  const char *query = memchr(path, '?', (size_t)(path_end - path));
  size_t path_length = (size_t)((query ? query : path_end) - path);
  if (path_length >= HTTP_PATH_MAX) return HTTP_PATH_TOO_LONG;
  memcpy(request->path, path, path_length);
  request->path[path_length] = '\0';
  return HTTP_OK;
}

enum http_result http_parse(const char *bytes, size_t length, struct http_request *request) {
  const char *head_end = memmem(bytes, length, "\r\n\r\n", 4);
  if (!head_end) return length >= HTTP_HEAD_MAX ? HTTP_HEAD_TOO_LONG : HTTP_MORE;
  if (head_end - bytes > HTTP_HEAD_MAX - 4) return HTTP_HEAD_TOO_LONG;
  // It is there, since the head's end begins with one.
  const char *line_end = memmem(bytes, length, "\r\n", 2);
  return parse_line(bytes, (size_t)(line_end - bytes), request);
}

static const char *reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 414: return "URI Too Long";
    case 431: return "Request Header Fields Too Large";
    default: return "Service Unavailable";
  }
}

size_t http_answer(char *out, size_t room, int status, const char *type, const char *body, enum http_method method) {
  int length = snprintf(out, room,
                        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%sConnection: close\r\n\r\n%s",
                        status, reason(status), type, strlen(body), status == 405 ? "Allow: GET, HEAD\r\n" : "",
                        method == HTTP_HEAD ? "" : body);
  return length > 0 && (size_t)length < room ? (size_t)length : 0;
}
