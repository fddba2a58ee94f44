#define _GNU_SOURCE
#include "CGuest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// random(4). Not every libc brings the kernel's own headers.
#ifndef RNDADDENTROPY
#define RNDADDENTROPY _IOW('R', 3, int[2])
#endif

static int result(long value) { return value < 0 ? -errno : (int)value; }

int guest_pid(void) { return getpid(); }

uint64_t guest_clock(void) {
  struct timespec time = {0};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void guest_sleep(int milliseconds) { poll(NULL, 0, milliseconds); }

void guest_random(void *bytes, size_t length) {
  if (getrandom(bytes, length, GRND_NONBLOCK) == (ssize_t)length) return;
  uint64_t state = guest_clock() | 1;
  for (size_t i = 0; i < length; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    ((uint8_t *)bytes)[i] = (uint8_t)(state >> 56);
  }
}

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
      [GUEST_READ_NOW] = O_RDONLY | O_NONBLOCK,
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
int guest_chown(const char *path, uint32_t user, uint32_t group) { return result(lchown(path, user, group)); }

int guest_space(const char *path, uint64_t *size, uint64_t *free) {
  struct statvfs status;
  if (statvfs(path, &status) < 0) return -errno;
  *size = (uint64_t)status.f_blocks * status.f_frsize;
  *free = (uint64_t)status.f_bavail * status.f_frsize;
  return 0;
}

uint64_t guest_next_data(int fd, uint64_t from) {
  off_t found = lseek(fd, (off_t)from, SEEK_DATA);
  if (found < 0) found = lseek(fd, 0, SEEK_END);
  return found < 0 ? 0 : (uint64_t)found;
}
int guest_seek(int fd, uint64_t offset) { return result(lseek(fd, (off_t)offset, SEEK_SET) < 0 ? -1 : 0); }

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

int guest_mount(const char *source, const char *type, const char *target, int how, const char *data) {
  unsigned long flags = MS_NOSUID;
  if (how & GUEST_MOUNT_NOEXEC) flags |= MS_NOEXEC;
  if (how & GUEST_MOUNT_NODEV) flags |= MS_NODEV;
  if (how & GUEST_MOUNT_READONLY) flags |= MS_RDONLY;
  return result(mount(source, target, type, flags, data));
}
int guest_unmount(const char *target) {
  if (umount2(target, 0) == 0) return 0;
  return result(mount(NULL, target, NULL, MS_REMOUNT | MS_RDONLY, NULL));
}
int guest_bind(const char *source, const char *target) { return result(mount(source, target, NULL, MS_BIND, NULL)); }
int guest_move(const char *from, const char *target) { return result(mount(from, target, NULL, MS_MOVE, NULL)); }
int guest_enter_root(const char *path) {
  if (chdir(path) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0) return -errno;
  return result(chdir("/"));
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
void guest_end(int power_off) {
  for (;;) {
    if (power_off) reboot(RB_POWER_OFF);
    reboot(RB_AUTOBOOT);
    pause();
  }
}

int guest_raw_terminal(int fd) {
  struct termios settings;
  if (tcgetattr(fd, &settings) < 0) return -errno;
  cfmakeraw(&settings);
  return result(tcsetattr(fd, TCSANOW, &settings));
}
int guest_drain_terminal(int fd) {
  tcflow(fd, TCOON);
  return result(tcdrain(fd));
}

int guest_open_terminal(int *program) {
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), locked = 0;
  if (master < 0) return -errno;
  // Linux 4.13: the other end without its name.
  if (ioctl(master, TIOCSPTLCK, &locked) < 0 ||
      (*program = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
    int error = errno;
    close(master);
    return -error;
  }
  guest_raw_terminal(*program);
  return master;
}

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

int guest_poll(struct guest_watch *watches, int count, int milliseconds) {
  struct pollfd polled[GUEST_WATCHES];
  if (count > GUEST_WATCHES) return -EINVAL;
  for (int i = 0; i < count; i++)
    polled[i] = (struct pollfd){.fd = watches[i].fd, .events = watches[i].for_writing ? POLLOUT : POLLIN};
  int ready = poll(polled, (nfds_t)count, milliseconds);
  for (int i = 0; i < count; i++) watches[i].state = ready > 0 ? state(&polled[i]) : 0;
  return result(ready);
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
  *signalled = WIFSIGNALED(status) ? GUEST_SIGNALLED | (WCOREDUMP(status) ? GUEST_DUMPED : 0) : 0;
  *code = *signalled ? WTERMSIG(status) : WEXITSTATUS(status);
  return pid;
}
