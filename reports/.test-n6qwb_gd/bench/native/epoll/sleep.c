/* Every flow waits for a timer, k times. */
#include "epoll.h"

static void next(struct flow *flow)
{
    if (flow->at < flow->ops)
        timer(flow, now_ns() + flow->tasks[flow->at].ns);
    else
        finished(flow);
}

void start(struct flow *flow) { next(flow); }

void ready(struct flow *flow)
{
    flow->stamps[flow->at++] = now_ns();
    next(flow);
}
