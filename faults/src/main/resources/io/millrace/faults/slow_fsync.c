/* Loaded into PostgreSQL ahead of the C library: each fsync and fdatasync first waits for as many milliseconds as the file
   says that SLOW_FSYNC_FILE names. It is looked at each time, so the disk can be slow for a while. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long told_millis(void) {
    char text[16] = {0};
    const char *name = getenv("SLOW_FSYNC_FILE");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) {
        return 0;
    }
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    return length > 0 ? atol(text) : 0;
}

static int slowly(const char *call, int file) {
    int (*real)(int) = (int (*)(int)) dlsym(RTLD_NEXT, call);
    long millis = told_millis();
    struct timespec rest = {millis / 1000, millis % 1000 * 1000000L};
    while (millis > 0 && nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
    return real(file);
}

int fsync(int file) { return slowly("fsync", file); }

int fdatasync(int file) { return slowly("fdatasync", file); }
