// `make check`: the parser against a table, and against every prefix and every one-byte change of a good request.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"

static int failures;

static void expect(int ok, const char *what) {
  if (!ok) {
    printf("failed: %s\n", what);
    failures++;
  }
}

static enum http_result parse(const char *text, size_t length, struct http_request *request) {
  // A copy of exactly this length, so that the sanitizer sees a read beyond it.
  char *copy = malloc(length ? length : 1);
  memcpy(copy, text, length);
  enum http_result result = http_parse(copy, length, request);
  free(copy);
  return result;
}

static void table(void) {
  static const struct {
    const char *text;
    enum http_result result;
  } rows[] = {
      {"", HTTP_MORE},
      {"GET / HTTP/1.1\r\n", HTTP_MORE},
      {"GET / HTTP/1.1\r\n\r\n", HTTP_OK},
      {"HEAD /a?b=c HTTP/1.0\r\nHost: x\r\n\r\n", HTTP_OK},
      {"DELETE /a HTTP/1.1\r\n\r\n", HTTP_OK},
      {"\r\n\r\n", HTTP_BAD},
      {"GET\r\n\r\n", HTTP_BAD},
      {"GET \r\n\r\n", HTTP_BAD},
      {"GET /\r\n\r\n", HTTP_BAD},
      {"GET  / HTTP/1.1\r\n\r\n", HTTP_BAD},
      {"GET / HTTP/2.0\r\n\r\n", HTTP_BAD},
      {"GET / HTTP/1.1 \r\n\r\n", HTTP_BAD},
      {"GET a HTTP/1.1\r\n\r\n", HTTP_BAD},
      {"GET /\x01 HTTP/1.1\r\n\r\n", HTTP_BAD},
      {"GET /\xc3\xa9 HTTP/1.1\r\n\r\n", HTTP_BAD},
      {" GET / HTTP/1.1\r\n\r\n", HTTP_BAD},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct http_request request;
    expect(parse(rows[i].text, strlen(rows[i].text), &request) == rows[i].result, rows[i].text);
  }
  struct http_request request;
  parse(rows[3].text, strlen(rows[3].text), &request);
  expect(request.method == HTTP_HEAD && strcmp(request.path, "/a") == 0, "method and path");
}

static void bounds(void) {
  char long_one[2 * HTTP_HEAD_MAX];
  struct http_request request;
  memset(long_one, 'a', sizeof long_one);
  expect(parse(long_one, HTTP_HEAD_MAX, &request) == HTTP_HEAD_TOO_LONG, "a head without end");
  memcpy(long_one, "GET /", 5);
  memcpy(long_one + 5 + HTTP_PATH_MAX, " HTTP/1.1\r\n\r\n", 13);
  expect(parse(long_one, HTTP_PATH_MAX + 18, &request) == HTTP_PATH_TOO_LONG, "a long path");
  char out[64];
  expect(http_answer(out, sizeof out, 200, "text/plain", "x", HTTP_GET) == 0, "an answer without room");
}

static void mutations(void) {
  static const char good[] = "GET /path?query HTTP/1.1\r\nHost: example.com\r\n\r\n";
  char copy[sizeof good - 1];
  struct http_request request;
  for (size_t length = 0; length < sizeof copy; length++)
    expect(parse(good, length, &request) == HTTP_MORE, "every prefix wants more");
  for (size_t at = 0; at < sizeof copy; at++)
    for (int byte = 0; byte < 256; byte++) {
      memcpy(copy, good, sizeof copy);
      copy[at] = (char)byte;
      enum http_result result = parse(copy, sizeof copy, &request);
      expect(result != HTTP_OK || memchr(request.path, 0, sizeof request.path), "a path ends");
    }
}

int main(void) {
  table();
  bounds();
  mutations();
  if (!failures) puts("ok");
  return failures != 0;
}
