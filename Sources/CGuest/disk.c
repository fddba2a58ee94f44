#define _GNU_SOURCE
#include "CGuest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

// The device mapper's requests (kernel: include/uapi/linux/dm-ioctl.h), of which musl knows nothing.
struct request {
  uint32_t version[3];
  /// Bytes of the whole, and where the targets begin.
  uint32_t size, start;
  uint32_t targets;
  int32_t open;
  uint32_t flags, event, padding;
  uint64_t device;
  char name[128], uuid[129], data[7];
};
struct target {
  uint64_t first, sectors;
  int32_t status;
  uint32_t next;
  char type[16];
};
enum { CREATE = 3, SUSPEND = 6, LOAD = 9, READ_ONLY = 1 };

static struct {
  struct request request;
  struct target target;
  char table[512];
} message;

static int send(int fd, int command) {
  // Each answer lies over its request.
  struct request *request = &message.request;
  memset(request, 0, sizeof *request);
  request->version[0] = 4;
  request->size = sizeof message;
  request->start = sizeof *request;
  request->targets = command == LOAD;
  request->flags = READ_ONLY;
  strcpy(request->name, "root");
  return ioctl(fd, _IOWR(0xfd, command, struct request), request) < 0 ? -errno : 0;
}

int guest_map_disk(const char *target, uint64_t sectors, const char *table) {
  if (strlen(table) >= sizeof message.table) return -ENAMETOOLONG;
  int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
  if (fd < 0) return -errno;
  int code = send(fd, CREATE);
  if (code >= 0) {
    // A suspended device that gets its table is resumed by the same request without a flag to suspend it.
    message.target = (struct target){.sectors = sectors};
    strcpy(message.target.type, target);
    strcpy(message.table, table);
    code = send(fd, LOAD);
  }
  if (code >= 0) code = send(fd, SUSPEND);
  close(fd);
  return code;
}
