/* Be there and wait, with so much of the stack touched, or with an open connection. */
#include "thread.h"

#include "../http.h"

#include <alloca.h>

int open_seat(struct flow *flow) { return flow->job->http_seat ? http_open(flow) : 0; }

void close_seat(struct flow *flow) { http_close(flow); }

static void touch(int64_t bytes)
{
    volatile char *deep = alloca(bytes);
    for (int64_t at = bytes - 1; at > 0; at -= 4096)
        deep[at] = 1;
}

int body(struct flow *flow)
{
    if (flow->job->stack_kib)
        touch(flow->job->stack_kib * 1024);
    flow->size = flow->ops;
    return 0;
}
