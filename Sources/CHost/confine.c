// Landlock (landlock(7)) and seccomp(2) for the calling thread and whatever it starts from then on.
#define _GNU_SOURCE
#include "CHost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// linux/landlock.h: Debian 12's knows the second version only.
enum {
  landlock_create_ruleset = 444,
  landlock_add_rule = 445,
  landlock_restrict_self = 446,
};
static const unsigned create_ruleset_version = 1, rule_path_beneath = 1;
struct ruleset {
  uint64_t files, network, scopes;
};
struct path_rule {
  uint64_t access;
  int32_t parent;
} __attribute__((packed));

// LANDLOCK_ACCESS_FS_…
static const uint64_t execute = 1 << 0, write_file = 1 << 1, read_file = 1 << 2, read_directory = 1 << 3,
                      make_device = 1 << 6 | 1 << 11, truncate_file = 1 << 14, control_device = 1 << 15;
static const uint64_t all_of_version_3 = (1 << 15) - 1;
// LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET and LANDLOCK_SCOPE_SIGNAL.
static const uint64_t all_scopes = 3;

int chost_landlock_version(void) {
  return (int)syscall(landlock_create_ruleset, NULL, 0, create_ruleset_version);
}

static uint64_t rights(enum chost_access access) {
  switch (access) {
  case chost_access_list: return read_directory;
  case chost_access_read: return execute | read_file | read_directory;
  case chost_access_device: return read_file | write_file;
  case chost_access_write: return all_of_version_3 & ~make_device;
  }
  return 0;
}

/// What is not there cannot be reached either.
static int allow(int ruleset, const struct chost_rule *rule) {
  int file = open(rule->path, O_PATH | O_CLOEXEC);
  if (file < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -1;
  struct stat status;
  struct path_rule beneath = {rights(rule->access), file};
  int result = fstat(file, &status);
  if (result == 0) {
    if (!S_ISDIR(status.st_mode)) beneath.access &= execute | write_file | read_file | truncate_file;
    if (beneath.access) result = (int)syscall(landlock_add_rule, ruleset, rule_path_beneath, &beneath, 0);
  }
  int kept = errno;
  close(file);
  errno = kept;
  return result;
}

static int restrict_files(const struct chost_rule *rules, size_t count) {
  int version = chost_landlock_version();
  if (version < 0) return -1;
  if (version < chost_landlock_least) return errno = EOPNOTSUPP, -1;
  struct ruleset handled = {all_of_version_3, 0, 0};
  if (version >= 5) handled.files |= control_device;
  if (version >= 6) handled.scopes = all_scopes;
  // Older kernels take a longer structure as long as what they do not know of it is zero.
  int ruleset = (int)syscall(landlock_create_ruleset, &handled, sizeof handled, 0);
  if (ruleset < 0) return -1;
  int result = 0;
  for (size_t i = 0; i < count && result == 0; i++) result = allow(ruleset, &rules[i]);
  if (result == 0) result = (int)syscall(landlock_restrict_self, ruleset, 0);
  int kept = errno;
  close(ruleset);
  errno = kept;
  return result;
}

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#error "packc confines steps on amd64 and arm64"
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define IF(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (then), (otherwise))
#define END(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define FAIL(error) (SECCOMP_RET_ERRNO | (error))

/// No sockets but pairs without a network, else those of IP and of what resolvers ask the kernel by: a socket of the host's
/// (a bus, a container daemon, an agent with keys) would start programs or sign out here, and Landlock does not see its
/// file. No io_uring, which opens sockets past this filter; none of the kernel's keys; no numbers of another architecture.
static int restrict_calls(int network) {
  const uint8_t some = network ? 1 : 0;
  struct sock_filter filter[] = {
      LOAD(arch), IF(NATIVE, 1, 0), END(FAIL(ENOSYS)), LOAD(nr),
#if defined(__x86_64__)
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1), END(FAIL(ENOSYS)),
#endif
      IF(SYS_io_uring_setup, 3, 0), IF(SYS_add_key, 2, 0), IF(SYS_request_key, 1, 0), IF(SYS_keyctl, 0, 1),
      END(FAIL(ENOSYS)),
      IF(SYS_socket, 1, 0), END(SECCOMP_RET_ALLOW),
      LOAD(args[0]), IF(AF_INET, 2, 0), IF(AF_INET6, 1, 0), IF(AF_NETLINK, 0, 1),
      END(some ? SECCOMP_RET_ALLOW : FAIL(EAFNOSUPPORT)), END(FAIL(EAFNOSUPPORT)),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/// Of root's rights only those over files: with CAP_PERFMON, the memory and environment of every process can be read past
/// Landlock. Whoever cannot drop any has none.
static void restrict_rights(void) {
  for (int right = 0; prctl(PR_CAPBSET_READ, right) >= 0; right++)
    if (right != CAP_DAC_OVERRIDE && right != CAP_DAC_READ_SEARCH && right != CAP_FOWNER) prctl(PR_CAPBSET_DROP, right);
}

int chost_confine(const struct chost_rule *rules, size_t count, int network) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
  restrict_rights();
  if (restrict_files(rules, count) < 0) return -1;
  return restrict_calls(network);
}
