/* H5Dchunk_iter of one dataset into columns, by the newest libhdf5 at hand: the one inside the h5py wheel.
 *
 *   chunk_iter LIBHDF5 FILE REPEATS warm|cold DATASET
 *
 * The library is loaded at run time, so that no development package of that version is needed. Prints the JSON line of
 * timing.py. Opening the file is part of the time, as it is for the others. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

typedef int64_t hid_t;
typedef uint64_t hsize_t;
typedef int (*chunk_callback)(const hsize_t* offset, unsigned filter_mask, uint64_t address, hsize_t size, void* data);

static hid_t (*file_open)(const char*, unsigned, hid_t);
static int (*file_close)(hid_t);
static hid_t (*dataset_open)(hid_t, const char*, hid_t);
static int (*dataset_close)(hid_t);
static int (*chunk_iter)(hid_t, hid_t, chunk_callback, void*);

typedef struct {
  uint64_t *start, *address, *size;
  size_t count, room;
} Columns;

static int add_chunk(const hsize_t* offset, unsigned filter_mask, uint64_t address, hsize_t size, void* data) {
  Columns* columns = data;
  (void)filter_mask;
  if (columns->count == columns->room) {
    columns->room = columns->room == 0 ? 1024 : 2 * columns->room;
    columns->start = realloc(columns->start, 8 * columns->room);
    columns->address = realloc(columns->address, 8 * columns->room);
    columns->size = realloc(columns->size, 8 * columns->room);
  }
  columns->start[columns->count] = offset[0];
  columns->address[columns->count] = address;
  columns->size[columns->count++] = size;
  return 0;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double cpu(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + 1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static unsigned long long status_number(const char* path, const char* key) {
  char line[256];
  unsigned long long value = 0;
  FILE* file = fopen(path, "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, key, strlen(key)) == 0) value = strtoull(line + strlen(key), NULL, 10);
  }
  if (file != NULL) fclose(file);
  return value;
}

static void* symbol(void* library, const char* name) {
  void* found = dlsym(library, name);
  if (found == NULL) {
    fprintf(stderr, "chunk_iter: %s\n", dlerror());
    exit(1);
  }
  return found;
}

int main(int argc, char** argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: chunk_iter LIBHDF5 FILE REPEATS warm|cold DATASET\n");
    return 2;
  }
  void* library = dlopen(argv[1], RTLD_NOW);
  if (library == NULL) {
    fprintf(stderr, "chunk_iter: %s\n", dlerror());
    return 1;
  }
  int (*open_library)(void) = (int (*)(void))symbol(library, "H5open");
  file_open = (hid_t(*)(const char*, unsigned, hid_t))symbol(library, "H5Fopen");
  file_close = (int (*)(hid_t))symbol(library, "H5Fclose");
  dataset_open = (hid_t(*)(hid_t, const char*, hid_t))symbol(library, "H5Dopen2");
  dataset_close = (int (*)(hid_t))symbol(library, "H5Dclose");
  chunk_iter = (int (*)(hid_t, hid_t, chunk_callback, void*))symbol(library, "H5Dchunk_iter");
  open_library();
  int repeats = atoi(argv[3]), cold = strcmp(argv[4], "cold") == 0;
  double seconds[1000], cpu_seconds[1000];
  unsigned long long bytes = 0;
  uint64_t count = 0, addresses = 0, sizes = 0;
  if (repeats > 1000) repeats = 1000;
  for (int i = 0; i < repeats; ++i) {
    if (cold) {
      int fd = open(argv[2], O_RDONLY);
      posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
      close(fd);
    }
    Columns columns = {0};
    unsigned long long bytes_before = status_number("/proc/self/io", "rchar: ");
    double cpu_before = cpu(), start = now();
    hid_t file = file_open(argv[2], 0, 0);
    hid_t dataset = dataset_open(file, argv[5], 0);
    if (file < 0 || dataset < 0 || chunk_iter(dataset, 0, add_chunk, &columns) < 0) return 1;
    dataset_close(dataset);
    file_close(file);
    seconds[i] = now() - start;
    cpu_seconds[i] = cpu() - cpu_before;
    bytes = status_number("/proc/self/io", "rchar: ") - bytes_before;
    count = columns.count;
    addresses = sizes = 0;
    for (size_t k = 0; k < columns.count; ++k) {
      addresses += columns.address[k];
      sizes += columns.size[k];
    }
    free(columns.start);
    free(columns.address);
    free(columns.size);
  }
  printf("{\"seconds\":[");
  for (int i = 0; i < repeats; ++i) printf("%s%.9f", i == 0 ? "" : ",", seconds[i]);
  printf("],\"cpu_seconds\":[");
  for (int i = 0; i < repeats; ++i) printf("%s%.6f", i == 0 ? "" : ",", cpu_seconds[i]);
  printf("],\"bytes_read\":%llu,\"peak_rss\":%llu,\"result\":[%llu,%llu,%llu]}\n", bytes,
         1024 * status_number("/proc/self/status", "VmHWM:"), (unsigned long long)count, (unsigned long long)addresses,
         (unsigned long long)sizes);
  return 0;
}
