/* Flow 0 is due every so often; flow 1 burns the CPU and lets the loop look round between two burns. */
#include "epoll.h"

static void next(struct flow *flow)
{
    /* An op without a burn is over at once. */
    while (flow->at < flow->ops && flow->tasks[flow->at].count == 0)
        flow->stamps[flow->at++] = now_ns();
    if (flow->at == flow->ops)
        finished(flow);
    else
        timer(flow, flow->index == 0 ? *flow->gate + flow->tasks[flow->at].ns : now_ns());
}

void start(struct flow *flow) { next(flow); }

void ready(struct flow *flow)
{
    if (flow->index == 1) {
        burn(flow->tasks[flow->at].ns);
        if (++flow->done < flow->tasks[flow->at].count) {
            timer(flow, now_ns());
            return;
        }
        flow->done = 0;
    }
    flow->stamps[flow->at++] = now_ns();
    next(flow);
}
