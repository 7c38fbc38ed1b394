/* Shifts the clock of the day by CLOCK_SHIFT seconds, for whoever is started with this in LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(clock, now);
    const char *shift = getenv("CLOCK_SHIFT");
    if (code == 0 && clock == CLOCK_REALTIME && shift)
        now->tv_sec += atol(shift);
    return code;
}
