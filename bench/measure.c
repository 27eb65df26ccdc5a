/* Runs a command again and again and prints what it cost, as the JSON line of peers/timing.py.
 *
 *   measure REPEATS warm|cold FILE COMMAND [ARGUMENT ...]
 *
 * "cold" drops FILE's pages from the page cache before each run; no run starts after 30 seconds. The command's output goes nowhere. A small program, because
 * Linux counts the memory of the process that starts a command into the command's own peak. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Bytes that a process asked of files; it must not have been waited for. */
static unsigned long long bytes_read(pid_t pid) {
  char path[64], line[128];
  unsigned long long bytes = 0;
  snprintf(path, sizeof path, "/proc/%d/io", (int)pid);
  FILE* file = fopen(path, "r");
  if (file == NULL) return 0;
  if (fgets(line, sizeof line, file) != NULL) sscanf(line, "rchar: %llu", &bytes);
  fclose(file);
  return bytes;
}

int main(int argc, char** argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: measure REPEATS warm|cold FILE COMMAND [ARGUMENT ...]\n");
    return 2;
  }
  enum { kMost = 1000 };
  const double budget = 30;
  static double seconds[kMost], cpu[kMost];
  int repeats = atoi(argv[1]), cold = strcmp(argv[2], "cold") == 0, exit_code = 0;
  if (repeats > kMost) repeats = kMost;
  unsigned long long bytes = 0;
  long peak = 0;
  double begin = now();
  for (int i = 0; i < repeats; ++i) {
    if (i > 0 && now() - begin > budget) {
      repeats = i;
      break;
    }
    if (cold) {
      int fd = open(argv[3], O_RDONLY);
      posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
      close(fd);
    }
    double start = now();
    pid_t pid = fork();
    if (pid == 0) {
      int null = open("/dev/null", O_RDWR);
      dup2(null, 0);
      dup2(null, 1);
      dup2(null, 2);
      execvp(argv[4], argv + 4);
      _exit(127);
    }
    siginfo_t info;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    seconds[i] = now() - start;
    bytes = bytes_read(pid);
    struct rusage usage;
    int status = 0;
    wait4(pid, &status, 0, &usage);
    cpu[i] = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + 1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    if (usage.ru_maxrss > peak) peak = usage.ru_maxrss;
    exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (exit_code != 0) {
      repeats = i + 1;
      break;
    }
  }
  printf("{\"seconds\":[");
  for (int i = 0; i < repeats; ++i) printf("%s%.9f", i == 0 ? "" : ",", seconds[i]);
  printf("],\"cpu_seconds\":[");
  for (int i = 0; i < repeats; ++i) printf("%s%.6f", i == 0 ? "" : ",", cpu[i]);
  printf("],\"bytes_read\":%llu,\"peak_rss\":%llu,\"result\":%d}\n", bytes, 1024ull * (unsigned long long)peak, exit_code);
  return exit_code;
}
