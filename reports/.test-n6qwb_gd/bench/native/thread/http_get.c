/* Every flow GETs a page, k times, over one connection. */
#include "thread.h"

#include "../http.h"

int open_seat(struct flow *flow) { return http_open(flow); }

void close_seat(struct flow *flow) { http_close(flow); }

int body(struct flow *flow)
{
    for (int64_t op = 0; op < flow->ops; op++) {
        const char *page;
        int64_t size = 0;
        if (http_ask(flow, &flow->tasks[op]))
            return -1;
        while ((page = http_receive(flow, &size)) == NULL)
            if (size < 0)
                return -1;
        flow->stamps[op] = now_ns();
        http_count(flow, page, size);
    }
    return 0;
}
