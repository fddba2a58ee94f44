#define _GNU_SOURCE
#include "CGuest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : (int)value; }

int guest_pid(void) { return getpid(); }

uint64_t guest_clock(void) {
  struct timespec time = {0};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void guest_sleep(int milliseconds) { poll(NULL, 0, milliseconds); }

int guest_set_clock(uint64_t seconds, uint32_t nanoseconds) {
  struct timespec time = {.tv_sec = (time_t)seconds, .tv_nsec = nanoseconds};
  return result(clock_settime(CLOCK_REALTIME, &time));
}

int guest_open(const char *path, int how) {
  static const int flags[] = {
      [GUEST_READ] = O_RDONLY,
      [GUEST_WRITE] = O_WRONLY,
      [GUEST_CREATE] = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW,
      [GUEST_BOTH] = O_RDWR | O_NONBLOCK,
  };
  return result(open(path, flags[how] | O_CLOEXEC | O_NOCTTY, 0644));
}
int guest_close(int fd) { return result(close(fd)); }
int guest_close_on_exec(int fd) { return result(fcntl(fd, F_SETFD, FD_CLOEXEC)); }
long guest_read(int fd, void *bytes, size_t length) {
  long count = read(fd, bytes, length);
  return count < 0 ? -errno : count;
}
long guest_write(int fd, const void *bytes, size_t length) {
  long count = write(fd, bytes, length);
  return count < 0 ? -errno : count;
}
int guest_mkdir(const char *path, uint32_t mode) {
  if (mkdir(path, mode) < 0) return -errno;
  return result(chmod(path, mode));
}
int guest_rmdir(const char *path) { return result(rmdir(path)); }
int guest_unlink(const char *path) { return result(unlink(path)); }
int guest_symlink(const char *target, const char *path) { return result(symlink(target, path)); }
int guest_exists(const char *path) { return access(path, F_OK) == 0; }
int guest_chown_descriptor(int fd, uint32_t user, uint32_t group) { return result(fchown(fd, user, group)); }

uint64_t guest_device(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0 ? status.st_dev : 0;
}

int guest_list(const char *path, void *context, guest_entry entry) {
  DIR *directory = opendir(path);
  if (!directory) return -errno;
  struct dirent *found;
  int stop = 0;
  while (!stop && (found = readdir(directory))) {
    if (!strcmp(found->d_name, ".") || !strcmp(found->d_name, "..")) continue;
    struct stat status;
    if (fstatat(dirfd(directory), found->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0) continue;
    char kind = S_ISDIR(status.st_mode) ? 'd' : S_ISREG(status.st_mode) ? 'f' : '-';
    stop = entry(context, found->d_name, kind, (uint64_t)status.st_size, status.st_dev);
  }
  closedir(directory);
  return stop;
}

int guest_mount(const char *type, const char *target, int how, const char *data) {
  unsigned long flags = MS_NOSUID;
  if (how & GUEST_MOUNT_NOEXEC) flags |= MS_NOEXEC;
  if (how & GUEST_MOUNT_NODEV) flags |= MS_NODEV;
  if (how & GUEST_MOUNT_READONLY) flags |= MS_RDONLY;
  return result(mount(type, target, type, flags, data));
}
int guest_remount_root_read_only(void) {
  return result(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
}

int guest_load_module(const char *path, const char *parameters) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int code = result(syscall(SYS_finit_module, fd, parameters, 0));
  close(fd);
  return code;
}
int guest_set_hostname(const char *name, size_t length) { return result(sethostname(name, length)); }

int guest_add_entropy(const void *bytes, size_t length) {
  // struct rand_pool_info (random(4)): bits, bytes, then the bytes themselves.
  struct {
    int bits, size;
    uint8_t bytes[512];
  } pool;
  if (length > sizeof pool.bytes) length = sizeof pool.bytes;
  pool.bits = (int)length * 8;
  pool.size = (int)length;
  memcpy(pool.bytes, bytes, length);
  int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int code = result(ioctl(fd, RNDADDENTROPY, &pool));
  close(fd);
  return code;
}

void guest_sync(void) { sync(); }
void guest_end(void) {
  for (;;) {
    reboot(RB_AUTOBOOT);
    pause();
  }
}

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

int guest_default_route(const uint8_t gateway[4]) {
  static const uint8_t any[4];
  struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
  set_address(&route.rt_dst, any);
  set_address(&route.rt_genmask, any);
  set_address(&route.rt_gateway, gateway);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int code = result(ioctl(fd, SIOCADDRT, &route));
  close(fd);
  return code;
}

int guest_raw_terminal(int fd) {
  struct termios settings;
  if (tcgetattr(fd, &settings) < 0) return -errno;
  cfmakeraw(&settings);
  return result(tcsetattr(fd, TCSANOW, &settings));
}
int guest_drain_terminal(int fd) { return result(tcdrain(fd)); }

int guest_signals(void) {
  sigset_t all, wanted;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  static const int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGPWR};
  sigemptyset(&wanted);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaddset(&wanted, numbers[i]);
  return result(signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
}

void guest_catch_reset(void) { reboot(RB_DISABLE_CAD); }

int guest_next_signal(int fd) {
  struct signalfd_siginfo info;
  return read(fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

static int state(const struct pollfd *polled) {
  return (polled->revents & POLLIN ? GUEST_READABLE : 0) | (polled->revents & (POLLHUP | POLLERR) ? GUEST_HUNG_UP : 0);
}

int guest_poll(int first, int second, int milliseconds, int *first_state, int *second_state) {
  struct pollfd polled[] = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
  int count = poll(polled, 2, milliseconds);
  *first_state = count > 0 ? state(&polled[0]) : 0;
  *second_state = count > 0 ? state(&polled[1]) : 0;
  return result(count);
}

int guest_wait_writable(int fd, int milliseconds) {
  struct pollfd polled = {.fd = fd, .events = POLLOUT};
  return poll(&polled, 1, milliseconds) > 0 && polled.revents & POLLOUT;
}

int guest_signal(int pid, int signal) { return result(kill(pid, signal)); }
void guest_signal_all(int signal) { kill(-1, signal); }

int guest_reap(int *code, int *signalled) {
  int status;
  pid_t pid = waitpid(-1, &status, WNOHANG);
  if (pid <= 0) return 0;
  *signalled = WIFSIGNALED(status);
  *code = *signalled ? WTERMSIG(status) : WEXITSTATUS(status);
  return pid;
}
