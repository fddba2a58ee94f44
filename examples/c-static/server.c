// A web server in one thread: poll(2) over a fixed number of connections, each with a fixed buffer and a deadline.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http.h"

enum { CONNECTIONS = 64, SECONDS = 10, ANSWER_MAX = 1024 };

struct connection {
  int socket;
  time_t deadline;
  size_t got;
  char request[HTTP_HEAD_MAX];
  /// The answer; 0 bytes while the request is still being read.
  size_t length, sent;
  char answer[ANSWER_MAX];
};

static struct connection connections[CONNECTIONS];
static unsigned long answered;
static time_t started;
static volatile sig_atomic_t stopping;

static void stop(int number) {
  (void)number;
  stopping = 1;
}

static time_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

static void answer(struct connection *c, int status, const char *type, const char *body, enum http_method method) {
  c->length = http_answer(c->answer, sizeof c->answer, status, type, body, method);
  answered++;
}

static void refuse(struct connection *c, int status, const char *text) {
  answer(c, status, "text/plain; charset=utf-8", text, HTTP_GET);
}

static void route(struct connection *c, const struct http_request *request) {
  if (request->method == HTTP_OTHER) {
    refuse(c, 405, "only GET and HEAD\n");
  } else if (strcmp(request->path, "/") == 0) {
    answer(c, 200, "text/plain; charset=utf-8", "Hello from C, without a shell or a C library around.\n",
           request->method);
  } else if (strcmp(request->path, "/healthz") == 0) {
    answer(c, 200, "text/plain; charset=utf-8", "ok", request->method);
  } else if (strcmp(request->path, "/stats") == 0) {
    char body[128];
    snprintf(body, sizeof body, "{\"answered\":%lu,\"seconds\":%lld}\n", answered, (long long)(now() - started));
    answer(c, 200, "application/json", body, request->method);
  } else {
    refuse(c, 404, "there is no such page\n");
  }
}

static void drop(struct connection *c) {
  close(c->socket);
  c->socket = -1;
}

static void read_request(struct connection *c) {
  ssize_t count = recv(c->socket, c->request + c->got, sizeof c->request - c->got, 0);
  if (count <= 0) {
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) drop(c);
    return;
  }
  c->got += (size_t)count;
  struct http_request request;
  switch (http_parse(c->request, c->got, &request)) {
    case HTTP_MORE: break;
    case HTTP_OK: route(c, &request); break;
    case HTTP_BAD: refuse(c, 400, "that is not HTTP/1.1\n"); break;
    case HTTP_PATH_TOO_LONG: refuse(c, 414, "the path is too long\n"); break;
    case HTTP_HEAD_TOO_LONG: refuse(c, 431, "the head is too long\n"); break;
  }
}

static void write_answer(struct connection *c) {
  ssize_t count = send(c->socket, c->answer + c->sent, c->length - c->sent, MSG_NOSIGNAL);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count > 0) c->sent += (size_t)count;
  if (count <= 0) {
    drop(c);
  } else if (c->sent == c->length) {
    // A close with unread bytes would be a reset that takes the answer with it.
    shutdown(c->socket, SHUT_WR);
    char rest[4096];
    while (recv(c->socket, rest, sizeof rest, MSG_DONTWAIT) > 0) {}
    drop(c);
  }
}

static void accept_one(int listener) {
  struct connection *free_one = NULL;
  for (int i = 0; i < CONNECTIONS && !free_one; i++)
    if (connections[i].socket < 0) free_one = &connections[i];
  // With none free the caller waits in the kernel's queue.
  if (!free_one) return;
  int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0) return;
  free_one->socket = socket;
  free_one->deadline = now() + SECONDS;
  free_one->got = free_one->length = free_one->sent = 0;
}

static void serve(int listener, const sigset_t *waiting) {
  while (!stopping) {
    struct pollfd watched[CONNECTIONS + 1];
    bool full = true;
    for (int i = 0; i < CONNECTIONS; i++) {
      struct connection *c = &connections[i];
      if (c->socket >= 0 && now() >= c->deadline) drop(c);
      if (c->socket < 0) full = false;
      watched[i] = (struct pollfd){.fd = c->socket, .events = c->length ? POLLOUT : POLLIN};
    }
    watched[CONNECTIONS] = (struct pollfd){.fd = full ? -1 : listener, .events = POLLIN};
    // Signals come in only while waiting here, so none is missed between the test and the wait.
    struct timespec second = {.tv_sec = 1};
    if (ppoll(watched, CONNECTIONS + 1, &second, waiting) <= 0) continue;
    for (int i = 0; i < CONNECTIONS; i++) {
      if (connections[i].socket < 0 || !watched[i].revents) continue;
      if (connections[i].length) {
        write_answer(&connections[i]);
      } else {
        read_request(&connections[i]);
      }
    }
    if (watched[CONNECTIONS].revents) accept_one(listener);
  }
}

static int listen_on(unsigned short port) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_ANY)};
  if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
      bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 128) < 0) {
    perror("cannot listen");
    exit(1);
  }
  return listener;
}

static unsigned short chosen_port(void) {
  const char *text = getenv("PORT");
  if (!text || !*text) return 8080;
  char *end;
  long port = strtol(text, &end, 10);
  if (*end || port < 1 || port > 65535) {
    fprintf(stderr, "PORT=%s is not a port\n", text);
    exit(64);
  }
  return (unsigned short)port;
}

int main(void) {
  started = now();
  for (int i = 0; i < CONNECTIONS; i++) connections[i].socket = -1;
  sigset_t blocked, waiting;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  sigprocmask(SIG_BLOCK, &blocked, &waiting);
  struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);

  unsigned short port = chosen_port();
  int listener = listen_on(port);
  fprintf(stderr, "listening on port %u\n", port);
  serve(listener, &waiting);
  fprintf(stderr, "stopped after %lu answers\n", answered);
  return 0;
}
