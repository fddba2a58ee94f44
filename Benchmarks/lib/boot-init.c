/* Process 1 of the machines of kernel.sh, the same for every kernel: says when it was reached, loads the modules of
 * /modules in the order of their names, gives eth0 QEMU's address, and answers HTTP on port 8080. With PROGRAM it is a
 * program for a kernel that has done all that by itself. */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void say(const char *text) {
  struct timespec now = {0};
  char line[128];
  clock_gettime(CLOCK_BOOTTIME, &now);
  int length = snprintf(line, sizeof line, "%s %ld.%06ld\n", text, (long)now.tv_sec, now.tv_nsec / 1000);
  if (write(1, line, length) < 0) return;
}

#ifndef PROGRAM
static void load_modules(void) {
  struct dirent **names;
  char path[512];
  int count = scandir("/modules", &names, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    if (names[i]->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/modules/%s", names[i]->d_name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) syscall(SYS_finit_module, file, "", 0);
    close(file);
  }
}

static int set_up(void) {
  struct ifreq request;
  struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
  int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  memset(&request, 0, sizeof request);
  strcpy(request.ifr_name, "eth0");
  address->sin_family = AF_INET;
  inet_pton(AF_INET, "10.0.2.15", &address->sin_addr);
  for (int tries = 0; tries < 1000; tries++) {
    if (ioctl(control, SIOCSIFADDR, &request) == 0) break;
    usleep(2000);
  }
  inet_pton(AF_INET, "255.255.255.0", &address->sin_addr);
  ioctl(control, SIOCSIFNETMASK, &request);
  memset(&request.ifr_addr, 0, sizeof request.ifr_addr);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  int code = ioctl(control, SIOCSIFFLAGS, &request);
  close(control);
  return code;
}
#endif

int main(void) {
  say("first");
#ifndef PROGRAM
  load_modules();
  if (set_up() < 0) say("no-network");
#endif
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(8080)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 16) < 0) {
    say("no-server");
    reboot(RB_AUTOBOOT);
  }
  say("listening");
  for (;;) {
    static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
    char request[4096];
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    if (read(client, request, sizeof request) > 0 && write(client, answer, sizeof answer - 1) > 0) shutdown(client, SHUT_WR);
    close(client);
  }
}
