/* A ring of flows passes one byte on through socket pairs; flow 0 sends it first. */
#include "epoll.h"

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

int open_seat(struct flow *flow)
{
    int(*pairs)[2] = flow->job->shared;
    return watch(flow, pairs[flow->index][1]);
}

static void pass(struct flow *flow, char byte)
{
    int(*pairs)[2] = flow->job->shared;
    if (send(pairs[(flow->index + 1) % flow->job->flows][0], &byte, 1, 0) != 1)
        fail(flow, "send");
}

void start(struct flow *flow)
{
    if (flow->ops == 0)
        finished(flow);
    else if (flow->index == 0)
        pass(flow, 'x');
}

void ready(struct flow *flow)
{
    int(*pairs)[2] = flow->job->shared;
    char byte = 0;
    if (recv(pairs[flow->index][1], &byte, 1, 0) != 1)
        fail(flow, "recv");
    flow->size++;
    flow->at++;
    flow->checksum = crc32(0, (unsigned char *)&byte, 1);
    if (flow->index != 0 || flow->at < flow->ops)
        pass(flow, byte);
    if (flow->at == flow->ops)
        finished(flow);
}
