#define _GNU_SOURCE
#include "CHost.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

char **chost_environ(void) { return environ; }

int chost_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int chost_pidfd_signal(int pidfd, int number) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

int chost_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int chost_terminal_columns(int fd) {
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int chost_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int chost_spawn_chdir(posix_spawn_file_actions_t *actions, const char *path) {
  return posix_spawn_file_actions_addchdir_np(actions, path);
}

int chost_spawn_closefrom(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

static int copy_by_buffer(int from, int to, off_t left) {
  static const size_t block = 1 << 16;
  char buffer[block];
  while (left > 0) {
    ssize_t got = read(from, buffer, left < (off_t)block ? (size_t)left : block);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0 ? (errno = EIO, -1) : -1;
    for (ssize_t put = 0; put < got;) {
      ssize_t n = write(to, buffer + put, (size_t)(got - put));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return -1;
      put += n;
    }
    left -= got;
  }
  return 0;
}

int chost_copy_bytes(int from, int to, off_t length) {
  while (length > 0) {
    ssize_t n = copy_file_range(from, NULL, to, NULL, (size_t)length, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
      return copy_by_buffer(from, to, length);
    if (n <= 0) return n == 0 ? (errno = EIO, -1) : -1;
    length -= n;
  }
  return 0;
}

int chost_mkstemp(char *path_template) { return mkostemp(path_template, O_CLOEXEC); }

int chost_exchange(const char *a, const char *b) {
  return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

int chost_rename_new(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

unsigned long long chost_timestamp_counter(void) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return 0;
#endif
}

int chost_set_attribute(int fd, const char *name, const void *value, unsigned long size) {
  return fsetxattr(fd, name, value, size, 0);
}

long chost_list(int directory, void *buffer, unsigned long size) {
  return syscall(SYS_getdents64, directory, buffer, size);
}

long chost_processors(void *bits, unsigned long size) { return syscall(SYS_sched_getaffinity, 0, size, bits); }

int chost_set_processors(const void *bits, unsigned long size) {
  return (int)syscall(SYS_sched_setaffinity, 0, size, bits);
}
