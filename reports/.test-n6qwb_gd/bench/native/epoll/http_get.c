/* Every flow GETs a page, k times, over one connection. */
#include "epoll.h"

#include "../http.h"

int open_seat(struct flow *flow)
{
    return http_open(flow) ? -1 : watch(flow, ((struct connection *)flow->seat)->fd);
}

void close_seat(struct flow *flow) { http_close(flow); }

static void next(struct flow *flow)
{
    if (flow->at == flow->ops || http_ask(flow, &flow->tasks[flow->at]))
        finished(flow);
}

void start(struct flow *flow) { next(flow); }

void ready(struct flow *flow)
{
    int64_t size = 0;
    const char *page = http_receive(flow, &size);
    if (size < 0) {
        struct connection *seat = flow->seat;
        close(seat->fd); /* nobody looks at it any more */
        seat->fd = -1;
        finished(flow);
    } else if (page) {
        flow->stamps[flow->at++] = now_ns();
        http_count(flow, page, size);
        next(flow);
    }
}
