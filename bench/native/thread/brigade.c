/* A ring of flows passes one byte on through socket pairs; flow 0 sends it first. */
#include "thread.h"

#include "../ring.h"

int body(struct flow *flow)
{
    int from = before(flow), to = after(flow);
    char byte = 'x';
    for (int64_t op = 0; op < flow->ops; op++) {
        if (flow->index == 0 && send(to, &byte, 1, 0) != 1)
            return fail(flow, "send");
        if (recv(from, &byte, 1, 0) != 1)
            return fail(flow, "recv");
        if (flow->index != 0 && send(to, &byte, 1, 0) != 1)
            return fail(flow, "send");
        flow->size++;
    }
    flow->checksum = crc32(0, (unsigned char *)&byte, 1);
    return 0;
}
