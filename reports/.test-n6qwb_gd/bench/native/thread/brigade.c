/* A ring of flows passes one byte on through socket pairs; flow 0 sends it first. */
#include "thread.h"

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

int body(struct flow *flow)
{
    int(*pairs)[2] = flow->job->shared;
    int before = pairs[flow->index][1], after = pairs[(flow->index + 1) % flow->job->flows][0];
    char byte = 'x';
    for (int64_t op = 0; op < flow->ops; op++) {
        if (flow->index == 0 && send(after, &byte, 1, 0) != 1)
            return fail(flow, "send");
        if (recv(before, &byte, 1, 0) != 1)
            return fail(flow, "recv");
        if (flow->index != 0 && send(after, &byte, 1, 0) != 1)
            return fail(flow, "send");
        flow->size++;
    }
    flow->checksum = crc32(0, (unsigned char *)&byte, 1);
    return 0;
}
