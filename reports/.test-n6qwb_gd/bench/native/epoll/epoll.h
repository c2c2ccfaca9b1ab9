/* The floor of user threads: one thread, one epoll loop, a heap of timers; a flow is a struct.
 *
 * A workload is a file that includes this one and has `start` (begin the flow's first op), and `ready` (its timer is
 * due, or its descriptor can be read; go on), which call `timer` and `finished`. `watch` has a descriptor looked at.
 */
#ifndef EPOLL_H
#define EPOLL_H

#include "../flow.h"

#include <sys/epoll.h>
#include <sys/syscall.h>

void start(struct flow *flow);
void ready(struct flow *flow);
__attribute__((weak)) int prepare(struct job *job);
__attribute__((weak)) void finish(struct job *job);
__attribute__((weak)) int open_seat(struct flow *flow);
__attribute__((weak)) void close_seat(struct flow *flow);

enum { EVENTS = 256 };

struct timer {
    int64_t due_ns;
    struct flow *flow;
};

struct loop {
    int epoll;
    int64_t live, timers;
    int warming, coarse; /* coarse: this kernel has no epoll_pwait2, so whole milliseconds */
    struct timer *heap;
};

/* Wake the flow when it is due. A flow has one timer at most. */
static inline void timer(struct flow *flow, int64_t due_ns)
{
    struct loop *loop = flow->job->state;
    int64_t at = loop->timers++;
    for (; at && loop->heap[(at - 1) / 2].due_ns > due_ns; at = (at - 1) / 2)
        loop->heap[at] = loop->heap[(at - 1) / 2];
    loop->heap[at] = (struct timer){due_ns, flow};
}

static inline struct flow *pop(struct loop *loop)
{
    struct flow *first = loop->heap[0].flow;
    struct timer last = loop->heap[--loop->timers];
    int64_t at = 0, child;
    while ((child = 2 * at + 1) < loop->timers) {
        if (child + 1 < loop->timers && loop->heap[child + 1].due_ns < loop->heap[child].due_ns)
            child++;
        if (last.due_ns <= loop->heap[child].due_ns)
            break;
        loop->heap[at] = loop->heap[child];
        at = child;
    }
    loop->heap[at] = last;
    return first;
}

static inline int watch(struct flow *flow, int descriptor)
{
    struct loop *loop = flow->job->state;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = flow};
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event) ? fail(flow, "epoll_ctl") : 0;
}

static inline void finished(struct flow *flow)
{
    struct loop *loop = flow->job->state;
    if (!loop->warming)
        leave(flow);
    loop->live--;
}

static int look(struct loop *loop, struct epoll_event *events)
{
    int64_t wait_ns = -1;
    if (loop->timers) {
        wait_ns = loop->heap[0].due_ns - now_ns();
        if (wait_ns < 0)
            wait_ns = 0;
    }
    struct timespec wait = {wait_ns / 1000000000LL, wait_ns % 1000000000LL};
    int count = -1;
    if (!loop->coarse) {
        count = syscall(SYS_epoll_pwait2, loop->epoll, events, EVENTS, loop->timers ? &wait : NULL, NULL, 0);
        loop->coarse = count < 0 && errno == ENOSYS;
    }
    if (loop->coarse)
        count = epoll_wait(loop->epoll, events, EVENTS, loop->timers ? (wait_ns + 999999) / 1000000 : -1);
    return count;
}

/* Run until every flow has finished. */
static int run(struct job *job)
{
    struct loop *loop = job->state;
    struct epoll_event events[EVENTS];
    loop->live = job->flows;
    for (int64_t i = 0; i < job->flows; i++) {
        struct flow *flow = loop->warming ? job->all[i].warm_up : &job->all[i];
        if (!loop->warming)
            enter(flow);
        start(flow);
    }
    while (loop->live > 0) {
        int count = look(loop, events);
        if (count < 0 && errno != EINTR)
            return errno;
        for (int i = 0; i < count; i++) {
            struct flow *flow = events[i].data.ptr;
            ready(loop->warming ? flow->warm_up : flow);
        }
        int64_t now = loop->timers ? now_ns() : 0;
        while (loop->timers && loop->heap[0].due_ns <= now)
            ready(pop(loop));
    }
    return 0;
}

int job_create(struct job *job)
{
    struct loop *loop = job->state = calloc(1, sizeof *loop);
    if (loop == NULL || (loop->heap = calloc(job->flows, sizeof *loop->heap)) == NULL)
        return ENOMEM;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    return loop->epoll < 0 ? errno : 0;
}

int job_seat(struct job *job)
{
    struct loop *loop = job->state;
    int error = prepare ? prepare(job) : 0;
    if (error)
        return error;
    for (int64_t i = 0; i < job->flows; i++) {
        if (open_seat && open_seat(&job->all[i]))
            return ECANCELED; /* the flow says why */
        job->all[i].warm_up->seat = job->all[i].seat;
    }
    loop->warming = 1;
    error = run(job);
    loop->warming = 0;
    return error;
}

int job_work(struct job *job) { return run(job); }

int job_join(struct job *job)
{
    struct loop *loop = job->state;
    for (int64_t i = 0; close_seat && i < job->flows; i++)
        close_seat(&job->all[i]);
    if (finish)
        finish(job);
    close(loop->epoll);
    free(loop->heap);
    free(loop);
    return 0;
}

#endif
