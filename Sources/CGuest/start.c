#define _GNU_SOURCE
#include "CGuest.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/// linux/filter.h: what prctl(2) takes as a filter.
struct filter_program {
  unsigned short length;
  const void *instructions;
};

/// What the child tells the init when it cannot become the program.
struct failure {
  int error;
  const char *step;
};

static const char *lookup(char *const *environment) {
  for (; *environment; environment++)
    if (!strncmp(*environment, "PATH=", 5)) return *environment + 5;
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/// execvpe(3) by the program's own PATH; returns only with errno.
static void execute(const struct guest_program *program) {
  const char *name = program->arguments[0];
  if (strchr(name, '/')) {
    execve(name, program->arguments, program->environment);
    return;
  }
  int kept = ENOENT;
  for (const char *from = lookup(program->environment); *from;) {
    size_t length = strcspn(from, ":");
    char path[4096];
    if (length > 0 && length + strlen(name) + 2 <= sizeof path) {
      memcpy(path, from, length);
      path[length] = '/';
      strcpy(path + length + 1, name);
      execve(path, program->arguments, program->environment);
      if (errno != ENOENT && errno != ENOTDIR) kept = errno;
    }
    from += length + (from[length] == ':');
  }
  errno = kept;
}

static int drop_privileges(const struct guest_program *program) {
  // The bounding set last of all root's rights: without it not even a program of user 0 gets a capability by execve(2).
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
    if (prctl(PR_CAPBSET_DROP, capability) < 0) return -1;
  if (setgroups(0, NULL) < 0) return -1;
  if (setresgid(program->group, program->group, program->group) < 0) return -1;
  if (setresuid(program->user, program->user, program->user) < 0) return -1;
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static const char *set_up(const struct guest_program *program) {
  struct rlimit files = {65536, 65536}, core = {program->core_limit, program->core_limit},
                processes = {program->process_limit, program->process_limit};
  int input = open("/dev/null", O_RDONLY);
  if (input < 0) return "open /dev/null";
  if (dup2(input, 0) < 0 || dup2(program->output, 1) < 0 || dup2(program->output, 2) < 0) return "set up the streams";
  if (input > 2) close(input);
  setsid();
  setrlimit(RLIMIT_NOFILE, &files);
  setrlimit(RLIMIT_CORE, &core);
  setrlimit(RLIMIT_NPROC, &processes);
  if (chdir(program->directory) < 0) return "enter the working directory";
  return drop_privileges(program) < 0 ? "drop privileges" : NULL;
}

static const char *become(const struct guest_program *program) {
  sigset_t none;
  const char *failed = program->as_it_is ? NULL : set_up(program);
  if (failed) return failed;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  // The last step: of what follows, only execve(2) and the report of its failure must be in the filter.
  if (program->filter) {
    struct filter_program filter = {(unsigned short)(program->filter_length / 8), program->filter};
    if (prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, &filter) < 0) return "restrict the system calls of";
  }
  execute(program);
  return "execute";
}

int guest_start(const struct guest_program *program, const char **step) {
  int ends[2];
  *step = "start a process";
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  pid_t pid = fork();
  if (pid == 0) {
    struct failure failure = {.step = become(program)};
    failure.error = errno;
    ssize_t ignored = write(ends[1], &failure, sizeof failure);
    _exit(ignored > 0 ? 127 : 126);
  }
  int error = errno;
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return -error;
  }
  struct failure failure;
  ssize_t count;
  while ((count = read(ends[0], &failure, sizeof failure)) < 0 && errno == EINTR) {}
  close(ends[0]);
  if (count != (ssize_t)sizeof failure) return pid;
  waitpid(pid, NULL, 0);
  // The child is a copy of this process: its pointer to a literal is ours too.
  *step = failure.step;
  return -failure.error;
}
