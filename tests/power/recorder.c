/* Records, in order, every write, truncation, removal and sync of the files below $POWER_FOLDER, and
   what is written to the standard output, in $POWER_LOG. Preloaded into a driver (LD_PRELOAD). */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

struct head {
    uint32_t kind, path;
    int64_t offset;
    uint64_t length;
};
enum { WRITE = 1, TRUNCATE = 2, SYNC = 3, UNLINK = 4, SAID = 5 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;
static const char *folder;

__attribute__((constructor)) static void start(void) {
    const char *name = getenv("POWER_LOG");
    folder = getenv("POWER_FOLDER");
    if (name && folder) log_file = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(const void *data, size_t length) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    for (const char *at = data; length;) {
        ssize_t done = real(log_file, at, length);
        if (done <= 0) abort();
        at += done, length -= done;
    }
}

static void record(uint32_t kind, const char *path, int64_t offset, const void *data, uint64_t n) {
    struct head head = {kind, strlen(path), offset, n};
    put(&head, sizeof head);
    put(path, head.path);
    if (data) put(data, n);
}

/* Path of an open file below the folder, or nothing. */
static int path_of(int file, char path[4096]) {
    char link[64];
    if (log_file < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, 4095);
    if (length < 0) return 0;
    path[length] = 0;
    return !strncmp(path, folder, strlen(folder));
}

#define REAL(type, name, ...)                                \
    static type (*real)(__VA_ARGS__);                        \
    if (!real) real = dlsym(RTLD_NEXT, name)

#define PWRITE(name, offset_type)                                                 \
    ssize_t name(int file, const void *data, size_t length, offset_type offset) { \
        REAL(ssize_t, #name, int, const void *, size_t, offset_type);             \
        char path[4096];                                                          \
        if (!path_of(file, path)) return real(file, data, length, offset);        \
        pthread_mutex_lock(&lock);                                                \
        ssize_t done = real(file, data, length, offset);                          \
        if (done > 0) record(WRITE, path, offset, data, done);                    \
        pthread_mutex_unlock(&lock);                                              \
        return done;                                                              \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int file, const void *data, size_t length) {
    REAL(ssize_t, "write", int, const void *, size_t);
    char path[4096];
    int ours = path_of(file, path);
    if (log_file < 0 || (!ours && file != 1)) return real(file, data, length);
    pthread_mutex_lock(&lock);
    off_t offset = ours ? lseek(file, 0, SEEK_CUR) : 0;
    if (file == 1) record(SAID, "", 0, data, length); /* before anybody can read it */
    ssize_t done = real(file, data, length);
    if (ours && done > 0) record(WRITE, path, offset, data, done);
    pthread_mutex_unlock(&lock);
    return done;
}

#define TRUNCATED(name, offset_type)                                   \
    int name(int file, offset_type length) {                           \
        REAL(int, #name, int, offset_type);                            \
        char path[4096];                                               \
        if (!path_of(file, path)) return real(file, length);           \
        pthread_mutex_lock(&lock);                                     \
        int failed = real(file, length);                               \
        if (!failed) record(TRUNCATE, path, length, NULL, 0);          \
        pthread_mutex_unlock(&lock);                                   \
        return failed;                                                 \
    }
TRUNCATED(ftruncate, off_t)
TRUNCATED(ftruncate64, off64_t)

#define SYNCED(name)                                        \
    int name(int file) {                                    \
        REAL(int, #name, int);                              \
        char path[4096];                                    \
        if (!path_of(file, path)) return real(file);        \
        pthread_mutex_lock(&lock);                          \
        int failed = real(file);                            \
        if (!failed) record(SYNC, path, 0, NULL, 0);        \
        pthread_mutex_unlock(&lock);                        \
        return failed;                                      \
    }
SYNCED(fsync)
SYNCED(fdatasync)

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    pthread_mutex_lock(&lock);
    int failed = real(path);
    if (!failed && log_file >= 0 && !strncmp(path, folder, strlen(folder)))
        record(UNLINK, path, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return failed;
}
