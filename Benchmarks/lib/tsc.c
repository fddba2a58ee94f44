/* The rate of the time-stamp counter in kHz: what a guest under TCG is told, since it cannot measure it on a busy host. */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC_RAW, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

int main(void) {
  double start = now(), end;
  unsigned long long first = __rdtsc(), last;
  do {
    end = now();
    last = __rdtsc();
  } while (end - start < 100);
  printf("%.0f\n", (last - first) / (end - start));
}
