/* Two flows hand over to each other and back, k times: through a futex each, or (via=pipe) through a pipe each. */
#include "thread.h"

#include <linux/futex.h>
#include <sys/syscall.h>

struct baton {
    int there, ends[2];
};

int prepare(struct job *job)
{
    struct baton *batons = job->shared = calloc(2, sizeof *batons);
    if (batons == NULL)
        return ENOMEM;
    return pipe(batons[0].ends) || pipe(batons[1].ends) ? errno : 0;
}

void finish(struct job *job)
{
    struct baton *batons = job->shared;
    for (int i = 0; i < 4; i++)
        close(batons[i / 2].ends[i % 2]);
    free(batons);
}

static void release(struct baton *baton, int64_t over_pipe)
{
    if (over_pipe) {
        if (write(baton->ends[1], "x", 1) != 1)
            abort(); /* an empty pipe takes a byte */
        return;
    }
    __atomic_store_n(&baton->there, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, &baton->there, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static int acquire(struct baton *baton, int64_t over_pipe)
{
    char byte;
    if (over_pipe)
        return read(baton->ends[0], &byte, 1);
    while (!__atomic_exchange_n(&baton->there, 0, __ATOMIC_ACQUIRE))
        syscall(SYS_futex, &baton->there, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    return 1;
}

int body(struct flow *flow)
{
    struct baton *batons = flow->job->shared, *mine = &batons[flow->index], *theirs = &batons[1 - flow->index];
    int64_t over_pipe = flow->job->pipe;
    for (int64_t part = 0, op = 0; part < PARTS; part++) {
        for (int64_t end = part_end(flow, part); op < end; op++) {
            if (flow->index == 0)
                release(theirs, over_pipe);
            flow->size += acquire(mine, over_pipe);
            if (flow->index == 1)
                release(theirs, over_pipe);
        }
        flow->stamps[part] = now_ns();
    }
    return 0;
}
