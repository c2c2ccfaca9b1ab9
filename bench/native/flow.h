/* A flow as its body in C sees it, and what both floors share: the clock, the board, waiting, burning, CRC-32.
 *
 * The structures are filled in by bench/models/native.py, which has the same fields in the same order. Times are
 * CLOCK_MONOTONIC, ns. A body writes its stamps and its tally straight onto the board that Python's flows write on.
 */
#ifndef FLOW_H
#define FLOW_H

#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What one op is asked to do. A wait: so long. A request: so many bytes. A schedule: when it is due, or so many burns. */
struct op {
    int64_t ns;
    const char *request;
    int64_t count;
};

/* What every flow writes of its head on the board: bench.harness.flow.Field. Counters of processes follow, which C has not. */
struct head {
    int64_t first, end, cpu_at_start, cpu_at_end, bytes, checksum, pid, clock_at_start, clock_at_end, first_clock_at_end;
};

struct job;

struct flow {
    int64_t index, ops;
    const struct op *tasks;
    int64_t *stamps;
    struct head *head;
    struct flow *warm_up; /* the same flow with an untimed op; none in a warm-up itself */
    struct job *job;
    const int64_t *gate; /* when the gate opened */
    void *seat;
    int64_t at, done, size, checksum; /* where it stands; parts that are done; what a body without stamps has counted */
    char error[120];
};

struct job {
    int64_t flows;
    struct flow *all;
    int64_t port, payload_bytes, stack_kib, pipe, http_seat;
    void *state; /* the floor's own */
    void *shared; /* the workload's own */
};

static inline int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static inline int64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

/* Note what went wrong, once: it voids the cell. */
__attribute__((format(printf, 2, 3))) static inline int fault(struct flow *flow, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    if (!flow->error[0])
        vsnprintf(flow->error, sizeof flow->error, format, values);
    va_end(values);
    return -1;
}

/* The same for a system call that failed. */
static inline int fail(struct flow *flow, const char *call) { return fault(flow, "%s: %s", call, strerror(errno)); }

enum { QUARTERS = 4, PARTS = 1 + QUARTERS };

/* Where single ops leave no stamp, parts of them do: the first op, and the quarters of the others. How many ops have been
 * done at the end of a part: bench.harness.running.part_ends. */
static inline int64_t part_end(const struct flow *flow, int64_t part)
{
    int64_t first = flow->ops < 1 ? flow->ops : 1;
    return first + (flow->ops - first) * part / QUARTERS;
}

static inline void enter(struct flow *flow)
{
    flow->head->first = now_ns();
    flow->head->cpu_at_start = sched_getcpu();
}

/* The end stamp stops the clock; the tally is written behind it. */
static inline void leave(struct flow *flow)
{
    flow->head->end = now_ns();
    flow->head->cpu_at_end = sched_getcpu();
    flow->head->bytes = flow->size;
    flow->head->checksum = flow->checksum;
}

static inline void sleep_until(int64_t due_ns)
{
    struct timespec due = {due_ns / 1000000000LL, due_ns % 1000000000LL};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
        ;
}

/* Use so much CPU of the calling thread. */
static inline void burn(int64_t cpu_ns)
{
    int64_t until = clock_ns(CLOCK_THREAD_CPUTIME_ID) + cpu_ns;
    while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < until)
        ;
}

/* CRC-32 as zlib's, eight bytes at a time: Kounavis & Berry, "A systematic approach to building high performance
 * software-based CRC generators", ISCC 2005. One at a time, it would be a tenth of what a GET costs. */
static uint32_t crc_table[8][256];

__attribute__((constructor)) static void crc_fill(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? value >> 1 ^ 0xEDB88320u : value >> 1;
        crc_table[0][i] = value;
    }
    for (int slice = 1; slice < 8; slice++)
        for (int i = 0; i < 256; i++)
            crc_table[slice][i] = crc_table[slice - 1][i] >> 8 ^ crc_table[0][crc_table[slice - 1][i] & 0xFF];
}

static inline uint32_t crc32(uint32_t crc, const unsigned char *from, int64_t size)
{
    crc = ~crc;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; size >= 8; size -= 8, from += 8) {
        uint32_t low, high;
        memcpy(&low, from, 4);
        memcpy(&high, from + 4, 4);
        low ^= crc;
        crc = crc_table[7][low & 0xFF] ^ crc_table[6][low >> 8 & 0xFF] ^ crc_table[5][low >> 16 & 0xFF] ^
              crc_table[4][low >> 24] ^ crc_table[3][high & 0xFF] ^ crc_table[2][high >> 8 & 0xFF] ^
              crc_table[1][high >> 16 & 0xFF] ^ crc_table[0][high >> 24];
    }
#endif
    while (size-- > 0)
        crc = crc_table[0][(crc ^ *from++) & 0xFF] ^ crc >> 8;
    return ~crc;
}

/* What bench/models/native.py calls, in this order. Each returns 0, or an errno. */
int job_create(struct job *job); /* until the last flow stands at a first gate */
int job_seat(struct job *job);   /* seats, and an untimed op each */
int job_work(struct job *job);   /* open the gate, wait until the last flow has ended */
int job_join(struct job *job);

#endif
