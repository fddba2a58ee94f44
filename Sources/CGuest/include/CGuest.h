/// System calls for the guest's init: what Embedded Swift cannot say (variadic calls, ioctl structures, what happens
/// between fork and exec). No decision is made here. Unless said otherwise a result is >= 0 or -errno.
#pragma once
#include <stddef.h>
#include <stdint.h>

int guest_pid(void);
/// Nanoseconds since the kernel's start.
uint64_t guest_clock(void);
void guest_sleep(int milliseconds);
/// What getrandom(2) has; before it has anything, bits of the clock: for numbers that need not be secret.
void guest_random(void *bytes, size_t length);
int guest_set_clock(uint64_t seconds, uint32_t nanoseconds);

// Files.
enum { GUEST_READ, GUEST_WRITE, GUEST_CREATE, GUEST_BOTH, GUEST_READ_NOW };
/// Close-on-exec, never the controlling terminal; GUEST_BOTH and GUEST_READ_NOW do not block.
int guest_open(const char *path, int how);
int guest_close(int fd);
int guest_close_on_exec(int fd);
long guest_read(int fd, void *bytes, size_t length);
long guest_write(int fd, const void *bytes, size_t length);
int guest_mkdir(const char *path, uint32_t mode);
int guest_rmdir(const char *path);
int guest_unlink(const char *path);
int guest_symlink(const char *target, const char *path);
int guest_exists(const char *path);
int guest_chown_descriptor(int fd, uint32_t user, uint32_t group);
int guest_chown(const char *path, uint32_t user, uint32_t group);
/// Bytes of a file system, and how many of them are free.
int guest_space(const char *path, uint64_t *size, uint64_t *free);
/// The next byte that is not in a hole, or after which there are none: the file's size.
uint64_t guest_next_data(int fd, uint64_t from);
int guest_seek(int fd, uint64_t offset);

// Directories: calls `entry` for each name but `.` and `..`; `kind` is 'd', 'f', or '-' for all else, `size` is that of a
// regular file, `device` tells file systems apart.
typedef int (*guest_entry)(void *context, const char *name, char kind, uint64_t size, uint64_t device);
int guest_list(const char *path, void *context, guest_entry entry);
uint64_t guest_device(const char *path);

// Mounts.
enum { GUEST_MOUNT_NOEXEC = 1, GUEST_MOUNT_NODEV = 2, GUEST_MOUNT_READONLY = 4 };
/// All of them are nosuid.
int guest_mount(const char *source, const char *type, const char *target, int how, const char *data);
/// When it is busy, at least nothing more can be written to it.
int guest_unmount(const char *target);
/// A file or directory at a second place; a mount to another place.
int guest_bind(const char *source, const char *target);
int guest_move(const char *mount, const char *target);
/// Makes the mount at `path` the root of this process and of those that it starts.
int guest_enter_root(const char *path);
/// Makes the disk /dev/dm-0, so many sectors of 512 bytes, by one line of a device mapper's table.
int guest_map_disk(const char *target, uint64_t sectors, const char *table);
/// The mount, not the file system: the init itself still runs from a file that is removed, which forbids the latter.
int guest_remount_root_read_only(void);

// The machine.
int guest_load_module(const char *path, const char *parameters);
int guest_set_hostname(const char *name, size_t length);
int guest_add_entropy(const void *bytes, size_t length);
void guest_sync(void);
/// RB_POWER_OFF if asked for, else or where that is not possible RB_AUTOBOOT; does not return.
void guest_end(int power_off);

// Network, by ioctl (netdevice(7)).
int guest_interface_up(const char *name);
/// Addresses as they are in memory (network order).
int guest_interface_address(const char *name, const uint8_t address[4], int prefix);
int guest_interface_mtu(const char *name, int bytes);
/// The way to one address that is not on the interface's own network.
int guest_host_route(const char *name, const uint8_t address[4]);
int guest_default_route(const uint8_t gateway[4]);
/// A socket on port 68 of one interface that may send to everybody (RFC 2131).
int guest_dhcp_socket(const char *name);
int guest_dhcp_send(int fd, const uint8_t to[4], const void *bytes, size_t length);
/// Waits so long for one message; its length, or -errno (EAGAIN when none came).
long guest_dhcp_receive(int fd, void *bytes, size_t capacity, int milliseconds);

// Terminals.
int guest_raw_terminal(int fd);
/// Waits until everything has left the machine, also when somebody had stopped the output.
int guest_drain_terminal(int fd);
/// A pseudo-terminal that changes no byte (pty(7)): its master, which does not block, and in `program` the side that a
/// program writes to.
int guest_open_terminal(int *program);

// Events.
/// Blocks every signal and gives a descriptor that becomes readable for SIGCHLD and those that ask a process to do
/// something: SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGPWR.
int guest_signals(void);
/// Control-Alt-Delete becomes a SIGINT to the init instead of a hard reset.
void guest_catch_reset(void);
/// The next pending signal of that descriptor, 0 without one.
int guest_next_signal(int fd);
enum { GUEST_READABLE = 1, GUEST_HUNG_UP = 2, GUEST_WRITABLE = 4 };
enum { GUEST_WATCHES = 3 };
struct guest_watch {
  /// -1: none
  int fd;
  /// Else for reading.
  int for_writing;
  /// GUEST_… bits
  int state;
};
/// poll(2); at most GUEST_WATCHES.
int guest_poll(struct guest_watch *watches, int count, int milliseconds);
int guest_wait_writable(int fd, int milliseconds);

// Processes.
struct guest_program {
  char *const *arguments;
  char *const *environment;
  const char *directory;
  /// Where output and error go.
  int output;
  uint32_t user, group;
  /// Bytes of a core dump; processes and threads of the user.
  uint64_t core_limit, process_limit;
  /// An array of struct sock_filter, or NULL.
  const void *filter;
  /// Bytes of it.
  size_t filter_length;
  /// The streams, the directory, the user and the limits are as they should be (in a container).
  int as_it_is;
};
/// Starts the program: standard input /dev/null, its own session, no capability, no new privileges. The process id, or
/// -errno of the step that failed (execve(2) too); `step` names it.
int guest_start(const struct guest_program *program, const char **step);
int guest_signal(int pid, int signal);
/// Signals everything but the init.
void guest_signal_all(int signal);
enum { GUEST_SIGNALLED = 1, GUEST_DUMPED = 2 };
/// Reaps one child that ended: its id, 0 when there is none; `code` is the exit code or, with `signalled`
/// (GUEST_SIGNALLED), the signal; GUEST_DUMPED when there is a core dump, too.
int guest_reap(int *code, int *signalled);
