/* A ring of socket pairs: flow i receives from the second end of pair i, and sends into the first end of the next. */
#ifndef RING_H
#define RING_H

#include "flow.h"

#include <sys/socket.h>

int prepare(struct job *job)
{
    int(*pairs)[2] = job->shared = calloc(job->flows, sizeof *pairs);
    for (int64_t i = 0; pairs && i < job->flows; i++)
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pairs[i]))
            return errno;
    return pairs ? 0 : ENOMEM;
}

void finish(struct job *job)
{
    int(*pairs)[2] = job->shared;
    for (int64_t i = 0; i < job->flows; i++) {
        close(pairs[i][0]);
        close(pairs[i][1]);
    }
    free(pairs);
}

static inline int before(const struct flow *flow) { return ((int(*)[2])flow->job->shared)[flow->index][1]; }

static inline int after(const struct flow *flow)
{
    return ((int(*)[2])flow->job->shared)[(flow->index + 1) % flow->job->flows][0];
}

#endif
