#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// The init's whole heap: blocks one after the other, the last of which can be given back. It makes its buffers once and
/// keeps them, and what it gives back (a directory that was read) it gives back in the order of a stack, so that more
/// than this would be code without use. Pages that nobody touched take no memory.
static _Alignas(16) uint8_t heap[16 << 20];
static size_t used;

/// Before each block: how it was before that one.
struct before {
  size_t used;
  struct before *last;
};
static struct before *last;

static void *take(size_t alignment, size_t length) {
  size_t start = (used + sizeof(struct before) + alignment - 1) & ~(alignment - 1);
  if (start > sizeof heap || length > sizeof heap - start) {
    errno = ENOMEM;
    return NULL;
  }
  struct before *head = (struct before *)(heap + start) - 1;
  *head = (struct before){used, last};
  last = head;
  used = start + length;
  return heap + start;
}

void *malloc(size_t length) { return take(16, length); }

void free(void *block) {
  if (!block || (struct before *)block - 1 != last) return;
  used = last->used;
  last = last->last;
}

void *calloc(size_t count, size_t length) {
  if (length && count > SIZE_MAX / length) return NULL;
  void *block = malloc(count * length);
  // A block may have been used before.
  return block ? memset(block, 0, count * length) : NULL;
}

void *realloc(void *block, size_t length) {
  void *other = malloc(length);
  if (other && block) {
    size_t room = (size_t)((uint8_t *)other - (uint8_t *)block);
    memcpy(other, block, room < length ? room : length);
  }
  return other;
}

void *aligned_alloc(size_t alignment, size_t length) { return take(alignment < 16 ? 16 : alignment, length); }

int posix_memalign(void **block, size_t alignment, size_t length) {
  *block = aligned_alloc(alignment, length);
  return *block ? 0 : ENOMEM;
}
