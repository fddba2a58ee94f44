/// What the guest's init and the host say to each other. The init is Embedded Swift, which no other module can import,
/// so both sides read this header.
///
/// Four things are shared:
///
/// 1. **The configuration**, `/.packc/config` in the initrd's first segment: records `<letter>=<value>` that each end
///    with a NUL, in this order of meaning, not of place; the first record is `v=1`, the last `z=` (a file that was cut
///    off is told from a whole one). `WIRE_CONFIG_…` are the letters.
///
/// 2. **The manifest**, `/.packc/manifest` in the initrd's last segment: `n=<entries>`, `s=<bytes>` and `z=`, each with
///    a NUL. The kernel stops unpacking at the first error and boots all the same, so a manifest that is there proves
///    that no segment before it was cut off, and its counts that no file was left out.
///
/// 3. **The filter**, `/.packc/seccomp` in the first segment, where the program's system calls are known to the last one:
///    an array of the kernel's `struct sock_filter` (8 bytes each), put in force just before execve(2).
///
/// 4. **The control channel**, the virtio-serial port named `WIRE_CONTROL_PORT`, root's only, both ways:
///
///        0        1                 4                 8
///        +--------+-----------------+-----------------+------------------
///        | type   | zero (3 bytes)  | length (LE)     | payload …
///        +--------+-----------------+-----------------+------------------
///
///    All numbers are little endian. Every payload from the guest begins with a u64: nanoseconds since the kernel's
///    start (CLOCK_BOOTTIME).
///
/// 5. **The output**, the virtio-serial port named `WIRE_OUTPUT_PORT`: the program's bytes as they are, one way. The init
///    looks for it only when the host says WIRE_OPTION_OUTPUT; without it the program writes to the console.
#pragma once
#include <stdint.h>

#define WIRE_VERSION 2
#define WIRE_CONTROL_PORT "dev.packc.control"
#define WIRE_OUTPUT_PORT "dev.packc.output"

enum {
  WIRE_HEADER = 8,
  /// The longest payload: what execve(2) takes as one string.
  WIRE_PAYLOAD_LIMIT = 131072,
  /// The most that all WIRE_HOST_ENVIRONMENT of one start may hold, with a NUL after each.
  WIRE_ENVIRONMENT_LIMIT = 1048576,
  /// The most that the configuration may hold, and the most arguments and variables in it.
  WIRE_CONFIG_LIMIT = 1048576,
  WIRE_STRINGS_LIMIT = 4096,
};

/// Letters of the configuration's records. Those marked * may stand several times and keep their order.
enum {
  WIRE_CONFIG_VERSION = 'v',
  /// * argv
  WIRE_CONFIG_ARGUMENT = 'a',
  /// * KEY=VALUE
  WIRE_CONFIG_ENVIRONMENT = 'e',
  WIRE_CONFIG_DIRECTORY = 'c',
  /// decimal ids
  WIRE_CONFIG_USER = 'u',
  WIRE_CONFIG_GROUP = 'g',
  WIRE_CONFIG_HOSTNAME = 'h',
  /// `10.0.2.15/24`, `dhcp`, or `none`; `ip=` of the kernel's command line goes before it
  WIRE_CONFIG_ADDRESS = 'i',
  WIRE_CONFIG_GATEWAY = 'r',
  /// * name servers
  WIRE_CONFIG_NAMESERVER = 'd',
  /// * absolute path of a module in the initrd, in the order of loading; its file name is `<module>.ko`
  WIRE_CONFIG_MODULE = 'm',
  /// * absolute path that the program may write to
  WIRE_CONFIG_WRITABLE = 'w',
  /// * `name:bytes:/path`: a disk with that serial number is mounted there, else a tmpfs of that size
  WIRE_CONFIG_VOLUME = 'o',
  /// `1`: the root is the disk that the kernel's command line names, `packc.root=<blocks>:<root hash>`
  WIRE_CONFIG_ROOT_DISK = 'k',
  /// decimal bytes: how large a core dump may be, in /tmp; without it there is none
  WIRE_CONFIG_CORE = 'f',
  /// `1`: the root stays writable (debug)
  WIRE_CONFIG_WRITABLE_ROOT = 'x',
  /// `1`: the init says on the console what it does (debug)
  WIRE_CONFIG_VERBOSE = 'l',
  WIRE_CONFIG_END = 'z',
};

/// Letters of the manifest's records.
enum {
  /// Files and links of the root, directories not counted.
  WIRE_MANIFEST_ENTRIES = 'n',
  /// Bytes of all regular files.
  WIRE_MANIFEST_BYTES = 's',
};

/// Host to guest. Up to WIRE_HOST_START they prepare the program's start.
enum {
  /// `KEY=VALUE`: replaces the variable of the configuration.
  WIRE_HOST_ENVIRONMENT = 1,
  /// Random bytes, credited as entropy in full.
  WIRE_HOST_ENTROPY = 2,
  /// u64 seconds since 1970, u32 nanoseconds.
  WIRE_HOST_CLOCK = 3,
  /// u32 WIRE_OPTION_… bits
  WIRE_HOST_START = 4,
  /// u32 milliseconds from SIGTERM to SIGKILL.
  WIRE_HOST_STOP = 5,
  /// The exit report was read; the machine may end.
  WIRE_HOST_ACKNOWLEDGE = 6,
  /// Asks for WIRE_GUEST_STAMP, WIRE_GUEST_LOG and WIRE_GUEST_TOLD; at any time after WIRE_HOST_START.
  WIRE_HOST_TELL_BOOT = 7,
  /// The name of a volume for which there is a disk; before WIRE_HOST_START.
  WIRE_HOST_DISK = 8,
};

enum {
  /// The program is stopped when the host closes its end.
  WIRE_OPTION_TIED = 1,
  /// The host reads the output port.
  WIRE_OPTION_OUTPUT = 2,
  /// The host wants to hear of IPv6 (WIRE_GUEST_IPV6).
  WIRE_OPTION_IPV6 = 4,
};

/// Guest to host; each begins with the u64 time.
enum {
  /// u32 WIRE_VERSION: the init runs and reads.
  WIRE_GUEST_HELLO = 65,
  /// i32 process id: execve(2) succeeded.
  WIRE_GUEST_STARTED = 66,
  /// u8 change (1 there, 0 gone), u8 protocol (6, 17), u8 family (4, 6), u8 zero, u16 port, 16 bytes address (the first
  /// four of them for family 4), both in network order.
  WIRE_GUEST_LISTEN = 67,
  /// i32 errno, then what was tried as text: `execute /app/server`.
  WIRE_GUEST_START_FAILED = 68,
  /// u8 WIRE_EXIT_…, i32 code or signal, u32 how many processes were killed because memory ran out.
  WIRE_GUEST_EXIT = 69,
  /// u8 1 when the machine ends for it, then UTF-8 text.
  WIRE_GUEST_PROBLEM = 70,
  /// u64 offset, then bytes of the program's core dump; what is left out is zero. Without bytes: the dump ends there.
  WIRE_GUEST_CORE = 71,
  /// A step of the init was done at the payload's time; its name as text.
  WIRE_GUEST_STAMP = 72,
  /// One record of /dev/kmsg as it was read, cut off when it is too long.
  WIRE_GUEST_LOG = 73,
  /// Everything that WIRE_HOST_TELL_BOOT asked for has been sent.
  WIRE_GUEST_TOLD = 74,
  /// u64 bytes that have gone through the output port; before WIRE_GUEST_EXIT, whose acknowledgement says that the host
  /// has read them all.
  WIRE_GUEST_OUTPUT = 75,
  /// The machine has an IPv6 address, and the router knows of it.
  WIRE_GUEST_IPV6 = 76,
};

enum { WIRE_EXIT_CODE = 0, WIRE_EXIT_SIGNAL = 1 };

/// Payload lengths of the messages that have a fixed one, without their time.
enum { WIRE_LISTEN_LENGTH = 22, WIRE_EXIT_LENGTH = 9, WIRE_CORE_LENGTH = 8 };

/// The longest payload that the guest sends, and how much of a core dump is in one.
enum { WIRE_GUEST_LIMIT = 69632, WIRE_CORE_PIECE = 65536 };

static inline void wire_put32(uint8_t *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> (8 * i));
}
static inline void wire_put64(uint8_t *at, uint64_t value) {
  for (int i = 0; i < 8; i++) at[i] = (uint8_t)(value >> (8 * i));
}
static inline uint32_t wire_get32(const uint8_t *at) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++) value |= (uint32_t)at[i] << (8 * i);
  return value;
}
static inline uint64_t wire_get64(const uint8_t *at) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value |= (uint64_t)at[i] << (8 * i);
  return value;
}
