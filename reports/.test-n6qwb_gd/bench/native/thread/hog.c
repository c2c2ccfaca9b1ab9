/* Flow 0 is due every so often; flow 1 burns the CPU and yields between two burns. */
#include "thread.h"

int body(struct flow *flow)
{
    for (int64_t op = 0; op < flow->ops; op++) {
        for (int64_t i = 0; i < flow->tasks[op].count; i++) {
            if (flow->index == 0) {
                int64_t due_ns = *flow->gate + flow->tasks[op].ns;
                if (due_ns > now_ns())
                    sleep_until(due_ns);
            } else {
                burn(flow->tasks[op].ns);
                sched_yield();
            }
        }
        flow->stamps[op] = now_ns();
    }
    return 0;
}
