// timer ROUNDS COMMAND… -- COMMAND…: starts the two commands in turn, with standard output to /dev/null, and prints the
// medians of wall and CPU time of each in milliseconds: WALL CPU WALL CPU. A process of a millisecond or two is what is
// measured, so nothing is between posix_spawn(3) and wait4(2).
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

struct sample {
  double wall, cpu;
};

static double milliseconds(struct timeval t) { return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3; }

static double clock_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct sample run(char **argv) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  double start = clock_now();
  pid_t pid;
  if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0) {
    fprintf(stderr, "timer: cannot start %s\n", argv[0]);
    exit(1);
  }
  int status;
  struct rusage usage;
  if (wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fprintf(stderr, "timer: %s failed\n", argv[0]);
    exit(1);
  }
  double wall = clock_now() - start;
  posix_spawn_file_actions_destroy(&actions);
  return (struct sample){.wall = wall, .cpu = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)};
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, ascending);
  return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 0;
  int split = 2;
  while (split < argc && strcmp(argv[split], "--") != 0) split++;
  if (rounds < 1 || rounds > 100000 || split == 2 || split + 1 >= argc) {
    fprintf(stderr, "usage: timer ROUNDS COMMAND... -- COMMAND...\n");
    return 64;
  }
  argv[split] = NULL;
  char **commands[2] = {argv + 2, argv + split + 1};
  double *values[4];
  for (int i = 0; i < 4; i++) {
    values[i] = calloc((size_t)rounds, sizeof(double));
    if (!values[i]) return 1;
  }
  for (int round = 0; round < rounds; round++)
    for (int which = 0; which < 2; which++) {
      struct sample s = run(commands[which]);
      values[2 * which][round] = s.wall;
      values[2 * which + 1][round] = s.cpu;
    }
  for (int i = 0; i < 4; i++) printf("%.4f%c", median(values[i], rounds), i == 3 ? '\n' : ' ');
  return 0;
}
