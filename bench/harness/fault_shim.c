/* Preloaded into a collector: writes down what it makes durable, and breaks its writes and syncs on demand.
 *
 * Only FAULT_FOLDER and absolute paths below it are looked at. Each finished call is a line of FAULT_LOG,
 * `<letter> TAB <path> TAB <number or path>`:
 *
 *   S  a file was synced          its length when the sync began (what came later is not promised); of a write-ahead
 *                                 file the end of what was written by then, without the zeros made ready behind it
 *   D  a folder was synced
 *   M  a name was moved           the new name
 *   U  a name was removed         write-ahead files and workers' locks stay reachable as FAULT_REMOVED/<name>
 *   K  a folder was made
 *   E  a sync was failed by us    the length that had been synced before; what lies behind it was overwritten with
 *                                 zeros, as a kernel may lose the pages of a failed sync and never tell again
 *   W  a write was failed by us   the number of bytes that were asked for
 *   O  synced bytes of a write-ahead file were overwritten, which must never happen    where
 *   X  everything was killed here          the operation that had just finished
 *
 * FAULT_SYNC_EVERY=n fails every n-th sync of a write-ahead file with EIO; FAULT_WRITE_EVERY=n lets every n-th write
 * to one stop half-way and the next one fail with ENOSPC, as on a disk that runs full. 0 or unset: never.
 *
 * FAULT_COUNT names a file of 8 bytes, in which all processes count their operations on files together: open with
 * O_CREAT, write, truncate, sync, rename, link, unlink, mkdir and rmdir. FAULT_STOP_AFTER=n kills the process group with
 * SIGKILL once the n-th of them has finished. Paths that hold FAULT_LEAVE_OUT are not counted.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILES 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long n_syncs, n_writes;
static int is_disk_full; /* the write before was cut short: the next one fails */

/* How far each write-ahead file was written, and how far synced; zeros made ready behind the lines are no content. */
struct wal { char path[PATH_MAX]; off_t written, synced; };
static struct wal files[MAX_FILES];
static int n_files;

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

static long number(const char *name) {
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

static int is_ours(const char *path) {
    const char *folder = getenv("FAULT_FOLDER");
    size_t length = folder ? strlen(folder) : 0;
    return length && path && strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int is_wal(const char *path) {
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".wal") == 0;
}

/* Find the path of a descriptor; say whether it lies below FAULT_FOLDER. */
static int find_path(int descriptor, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_ours(path);
}

static void note(char letter, const char *path, const char *rest) {
    static int descriptor = -1;
    char line[2 * PATH_MAX + 16];
    int saved = errno;
    int length = snprintf(line, sizeof line, "%c\t%s\t%s\n", letter, path, rest);
    if (descriptor < 0) descriptor = open(getenv("FAULT_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor < 0 || REAL(write)(descriptor, line, length) != length) {
        perror("fault_shim: FAULT_LOG");
        abort();
    }
    errno = saved;
}

static void note_number(char letter, const char *path, long long value) {
    char text[32];
    snprintf(text, sizeof text, "%lld", value);
    note(letter, path, text);
}

/* Count an operation that has finished, and kill everything if it is the one after which to stop. */
static void finished(const char *path, const char *operation) {
    static long *count;
    const char *name = getenv("FAULT_COUNT");
    int saved = errno;
    const char *left_out = getenv("FAULT_LEAVE_OUT");
    if (!name || !is_ours(path) || (left_out && strstr(path, left_out))) return;
    if (!count) {
        int descriptor = REAL(open)(name, O_RDWR | O_CLOEXEC);
        count = descriptor < 0 ? MAP_FAILED : mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        if (count == MAP_FAILED) {
            perror("fault_shim: FAULT_COUNT");
            abort();
        }
        close(descriptor);
    }
    if (__atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST) == number("FAULT_STOP_AFTER")) {
        note('X', path, operation);
        kill(0, SIGKILL);
        pause(); /* a signal to others may be sent before our own arrives */
    }
    errno = saved;
}

static void finished_on(int descriptor, const char *operation) {
    char path[PATH_MAX];
    if (getenv("FAULT_COUNT") && find_path(descriptor, path)) finished(path, operation);
}

static struct wal *wal_of(const char *path) {
    for (int i = n_files; i-- > 0;)
        if (strcmp(files[i].path, path) == 0) return &files[i];
    if (n_files == MAX_FILES) n_files = 0; /* files live for seconds: the oldest are long gone */
    struct wal *wal = &files[n_files++];
    strcpy(wal->path, path);
    wal->written = wal->synced = 0;
    return wal;
}

static int is_zero(const char *data, size_t length) {
    return length && data[0] == 0 && memcmp(data, data + 1, length - 1) == 0;
}

static void remember(int descriptor, const void *data, ssize_t length, off_t offset) {
    char path[PATH_MAX];
    if (length <= 0 || is_zero(data, length) || !find_path(descriptor, path) || !is_wal(path)) return;
    pthread_mutex_lock(&lock);
    struct wal *wal = wal_of(path);
    if (offset < wal->synced) note_number('O', path, offset);
    if (offset + length > wal->written) wal->written = offset + length;
    pthread_mutex_unlock(&lock);
}

static void lose_pages(int descriptor, off_t from, off_t to) {
    char zeros[4096] = {0};
    while (from < to) {
        size_t length = to - from < (off_t)sizeof zeros ? (size_t)(to - from) : sizeof zeros;
        ssize_t written = REAL(pwrite)(descriptor, zeros, length, from);
        if (written <= 0) abort();
        from += written;
    }
}

static int sync_file(int descriptor, int (*real)(int)) {
    char path[PATH_MAX];
    struct stat before;
    if (!find_path(descriptor, path) || fstat(descriptor, &before)) return real(descriptor);
    if (S_ISDIR(before.st_mode)) {
        int result = real(descriptor);
        if (result == 0) note('D', path, "");
        return result;
    }
    if (!is_wal(path)) {
        int result = real(descriptor);
        if (result == 0) note_number('S', path, before.st_size);
        return result;
    }
    pthread_mutex_lock(&lock);
    long every = number("FAULT_SYNC_EVERY");
    struct wal *wal = wal_of(path);
    int result;
    if (every && ++n_syncs % every == 0) {
        lose_pages(descriptor, wal->synced, before.st_size);
        note_number('E', path, wal->synced);
        errno = EIO;
        result = -1;
    } else {
        off_t written = wal->written;
        result = real(descriptor);
        if (result == 0) {
            wal->synced = written;
            note_number('S', path, written);
        }
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int fdatasync(int descriptor) {
    int result = sync_file(descriptor, REAL(fdatasync));
    finished_on(descriptor, "fdatasync");
    return result;
}

int fsync(int descriptor) {
    int result = sync_file(descriptor, REAL(fsync));
    finished_on(descriptor, "fsync");
    return result;
}

/* Return how much of a write may go through: all, half, or nothing (-1, errno set). */
static ssize_t allowed(int descriptor, size_t length) {
    char path[PATH_MAX];
    long every = number("FAULT_WRITE_EVERY");
    if (!every || !find_path(descriptor, path) || !is_wal(path)) return length;
    ssize_t most = length;
    pthread_mutex_lock(&lock);
    if (is_disk_full) {
        is_disk_full = 0;
        note_number('W', path, length);
        errno = ENOSPC;
        most = -1;
    } else if (++n_writes % every == 0 && length > 1) {
        is_disk_full = 1;
        most = length / 2;
    }
    pthread_mutex_unlock(&lock);
    return most;
}

ssize_t write(int descriptor, const void *data, size_t length) {
    ssize_t most = allowed(descriptor, length);
    if (most < 0) return most;
    ssize_t written = REAL(write)(descriptor, data, most);
    finished_on(descriptor, "write");
    return written;
}

ssize_t pwrite64(int descriptor, const void *data, size_t length, off64_t offset) {
    ssize_t most = allowed(descriptor, length);
    if (most < 0) return most;
    ssize_t written = REAL(pwrite64)(descriptor, data, most, offset);
    remember(descriptor, data, written, offset);
    finished_on(descriptor, "pwrite");
    return written;
}

ssize_t pwrite(int descriptor, const void *data, size_t length, off_t offset) {
    return pwrite64(descriptor, data, length, offset);
}

static void forget_behind(int descriptor, off_t length) {
    char path[PATH_MAX];
    if (!find_path(descriptor, path) || !is_wal(path)) return;
    pthread_mutex_lock(&lock);
    struct wal *wal = wal_of(path);
    if (wal->written > length) wal->written = length;
    pthread_mutex_unlock(&lock);
}

int ftruncate64(int descriptor, off64_t length) {
    int result = REAL(ftruncate64)(descriptor, length);
    if (result == 0) forget_behind(descriptor, length);
    finished_on(descriptor, "ftruncate");
    return result;
}

int ftruncate(int descriptor, off_t length) { return ftruncate64(descriptor, length); }

int rename(const char *old, const char *new) {
    int result = REAL(rename)(old, new);
    if (result == 0 && is_ours(new)) note('M', old, new);
    finished(new, "rename");
    return result;
}

int unlink(const char *path) {
    int is_kept = is_ours(path) && (is_wal(path) || strstr(path, "/workers/"));
    if (is_kept) {
        char kept[PATH_MAX];
        snprintf(kept, sizeof kept, "%s/%s", getenv("FAULT_REMOVED"), strrchr(path, '/') + 1);
        if (link(path, kept) && errno != EEXIST) perror("fault_shim: FAULT_REMOVED");
    }
    int result = REAL(unlink)(path);
    if (result == 0 && is_kept) note('U', path, "");
    finished(path, "unlink");
    return result;
}

int mkdir(const char *path, mode_t mode) {
    int result = REAL(mkdir)(path, mode);
    if (result == 0 && is_ours(path)) note('K', path, "");
    finished(path, "mkdir");
    return result;
}

int rmdir(const char *path) {
    int result = REAL(rmdir)(path);
    finished(path, "rmdir");
    return result;
}

int link(const char *old, const char *new) {
    int result = REAL(link)(old, new);
    finished(new, "link");
    return result;
}

static int open_file(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    int descriptor = real(path, flags, mode);
    if (descriptor >= 0 && flags & O_CREAT) finished(path, "open");
    return descriptor;
}

static mode_t mode_of(int flags, va_list arguments) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0; }

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_file(REAL(open), path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_file(REAL(open64), path, flags, mode);
}
