#define _GNU_SOURCE
#include "CGuest.h"

#include <errno.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : (int)value; }

static int with_interface(const char *name, struct ifreq *request) {
  memset(request, 0, sizeof *request);
  strncpy(request->ifr_name, name, IFNAMSIZ - 1);
  return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

int guest_interface_up(const char *name) {
  struct ifreq request;
  int fd = with_interface(name, &request);
  if (fd < 0) return -errno;
  int code = result(ioctl(fd, SIOCGIFFLAGS, &request));
  if (code >= 0) {
    request.ifr_flags |= IFF_UP;
    code = result(ioctl(fd, SIOCSIFFLAGS, &request));
  }
  close(fd);
  return code;
}

static void set_address(struct sockaddr *at, const uint8_t address[4]) {
  struct sockaddr_in value = {.sin_family = AF_INET};
  memcpy(&value.sin_addr, address, 4);
  memcpy(at, &value, sizeof value);
}

int guest_interface_address(const char *name, const uint8_t address[4], int prefix) {
  struct ifreq request;
  int fd = with_interface(name, &request);
  if (fd < 0) return -errno;
  set_address(&request.ifr_addr, address);
  int code = result(ioctl(fd, SIOCSIFADDR, &request));
  if (code >= 0) {
    uint32_t mask = htonl(prefix == 0 ? 0 : 0xffffffffu << (32 - prefix));
    set_address(&request.ifr_netmask, (const uint8_t *)&mask);
    code = result(ioctl(fd, SIOCSIFNETMASK, &request));
  }
  close(fd);
  return code;
}

int guest_interface_mtu(const char *name, int bytes) {
  struct ifreq request;
  int fd = with_interface(name, &request);
  if (fd < 0) return -errno;
  request.ifr_mtu = bytes;
  int code = result(ioctl(fd, SIOCSIFMTU, &request));
  close(fd);
  return code;
}

/// Adds a way that is not there yet.
static int add_route(struct rtentry *route) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int code = result(ioctl(fd, SIOCADDRT, route));
  close(fd);
  return code == -EEXIST ? 0 : code;
}

int guest_host_route(const char *name, const uint8_t address[4]) {
  static const uint8_t every_bit[4] = {255, 255, 255, 255};
  char device[IFNAMSIZ] = {0};
  strncpy(device, name, IFNAMSIZ - 1);
  struct rtentry route = {.rt_flags = RTF_UP | RTF_HOST, .rt_dev = device};
  set_address(&route.rt_dst, address);
  set_address(&route.rt_genmask, every_bit);
  return add_route(&route);
}

int guest_default_route(const uint8_t gateway[4]) {
  static const uint8_t any[4];
  struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
  set_address(&route.rt_dst, any);
  set_address(&route.rt_genmask, any);
  set_address(&route.rt_gateway, gateway);
  return add_route(&route);
}

int guest_dhcp_socket(const char *name) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1;
  if (fd < 0) return -errno;
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(68)};
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof one) < 0 ||
      setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1) < 0 ||
      bind(fd, (const struct sockaddr *)&here, sizeof here) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

int guest_dhcp_send(int fd, const uint8_t to[4], const void *bytes, size_t length) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(67)};
  memcpy(&place.sin_addr, to, 4);
  return result(sendto(fd, bytes, length, 0, (const struct sockaddr *)&place, sizeof place));
}

long guest_dhcp_receive(int fd, void *bytes, size_t capacity, int milliseconds) {
  struct pollfd polled = {.fd = fd, .events = POLLIN};
  if (poll(&polled, 1, milliseconds) <= 0) return -EAGAIN;
  long count = recv(fd, bytes, capacity, MSG_DONTWAIT);
  return count < 0 ? -errno : count;
}
