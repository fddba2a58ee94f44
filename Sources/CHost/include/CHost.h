/// What Swift cannot call on Linux: variadic and missing wrappers. Nothing else lives here.
#pragma once
#include <spawn.h>
#include <stddef.h>
#include <sys/types.h>

/// The caller's environment (`environ(7)`); Swift 6 cannot read the mutable global.
char **chost_environ(void);

/// pidfd_open(2). Returns a close-on-exec descriptor, or -1 with errno.
int chost_pidfd_open(pid_t pid);

/// pidfd_send_signal(2). 0 or -1 with errno.
int chost_pidfd_signal(int pidfd, int number);

/// prctl(PR_SET_CHILD_SUBREAPER): orphans of our children come to us, so that teardown finds them. 0 or -1 with errno.
int chost_become_subreaper(void);

/// Columns of the terminal behind `fd`, or 0 when it is not one.
int chost_terminal_columns(int fd);

/// copy_file_range(2) until `length` bytes are copied; falls back to read and write. 0 or -1 with errno.
int chost_copy_bytes(int from, int to, off_t length);

/// pipe2(2) with O_CLOEXEC. 0 or -1 with errno.
int chost_pipe(int ends[2]);

/// posix_spawn_file_actions_addchdir_np(3) and …_addclosefrom_np(3): glibc has them, Swift's module map does not.
int chost_spawn_chdir(posix_spawn_file_actions_t *actions, const char *path);
int chost_spawn_closefrom(posix_spawn_file_actions_t *actions, int first);

/// mkostemp(3) with O_CLOEXEC: a new private file after the template `…XXXXXX`. The descriptor or -1 with errno.
int chost_mkstemp(char *path_template);

/// renameat2(2) with RENAME_EXCHANGE: the two names change places in one step. 0 or -1 with errno.
int chost_exchange(const char *a, const char *b);

/// renameat2(2) with RENAME_NOREPLACE: fails with EEXIST where `to` is. 0 or -1 with errno.
int chost_rename_new(const char *from, const char *to);

/// The processor's time-stamp counter (rdtsc), or 0 where there is none.
unsigned long long chost_timestamp_counter(void);

/// getdents64(2): records of names into `buffer`. Their bytes, 0 at the end, or -1 with errno.
long chost_list(int directory, void *buffer, unsigned long size);

/// fsetxattr(2): the module map of glibc leaves it out. 0 or -1 with errno.
int chost_set_attribute(int fd, const char *name, const void *value, unsigned long size);

/// sched_getaffinity(2) and sched_setaffinity(2) of the calling thread: one bit for each processor. The bytes that were
/// filled, and 0; or -1 with errno.
long chost_processors(void *bits, unsigned long size);
int chost_set_processors(const void *bits, unsigned long size);

/// What a confined thread may do below a path: list directories, read and execute, read and write one device, or anything
/// that makes, changes and removes files.
enum chost_access { chost_access_list, chost_access_read, chost_access_device, chost_access_write };
struct chost_rule {
  const char *path;
  enum chost_access access;
};

/// The least version of Landlock that `chost_confine` takes: Linux 6.2's, the first that holds truncate(2).
enum { chost_landlock_least = 3 };

/// landlock_create_ruleset(2) asked for its version. -1 with errno where there is none.
int chost_landlock_version(void);

/// For good, of the calling thread and what it starts: no file but below `rules` (paths that are not there are left out),
/// no socket but those of IP with `network`, no new rights by execve(2). 0, or -1 with errno, when the thread may be
/// confined in part.
int chost_confine(const struct chost_rule *rules, size_t count, int network);
