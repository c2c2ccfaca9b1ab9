/* A ring of flows passes one byte on through socket pairs; flow 0 sends it first. */
#include "thread.h"

#include "../ring.h"

int body(struct flow *flow)
{
    int from = before(flow), to = after(flow);
    char byte = 'x';
    for (int64_t part = 0, op = 0; part < PARTS; part++) {
        for (int64_t end = part_end(flow, part); op < end; op++) {
            if (flow->index == 0 && send(to, &byte, 1, 0) != 1)
                return fail(flow, "send");
            if (recv(from, &byte, 1, 0) != 1)
                return fail(flow, "recv");
            if (flow->index != 0 && send(to, &byte, 1, 0) != 1)
                return fail(flow, "send");
            flow->size++;
        }
        flow->stamps[part] = now_ns();
    }
    flow->checksum = crc32(0, (unsigned char *)&byte, flow->ops > 0);
    return 0;
}
