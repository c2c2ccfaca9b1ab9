/* The floor of kernel threads: pthreads. A flow's life is that of bench/models/kernel.py, gates included.
 *
 * A workload is a file that includes this one, has a `body`, and where it needs them `prepare`, `finish`, `open_seat`
 * and `close_seat`.
 */
#ifndef THREAD_H
#define THREAD_H

#include "../flow.h"

#include <pthread.h>

int body(struct flow *flow);
__attribute__((weak)) int prepare(struct job *job);
__attribute__((weak)) void finish(struct job *job);
__attribute__((weak)) int open_seat(struct flow *flow);
__attribute__((weak)) void close_seat(struct flow *flow);

/* Two pipes: flows arrive at one, the last closes it; they park in a read of the other, until that is closed. */
struct gate {
    int arrivals[2], park[2];
    int64_t missing;
};

struct crew {
    struct gate birth, start, leave;
    pthread_t *threads;
};

static int gate_make(struct gate *gate, int64_t flows)
{
    gate->missing = flows;
    return pipe(gate->arrivals) || pipe(gate->park) ? errno : 0;
}

static void gate_park(struct gate *gate)
{
    char never;
    if (__atomic_sub_fetch(&gate->missing, 1, __ATOMIC_ACQ_REL) == 0)
        close(gate->arrivals[1]);
    while (read(gate->park[0], &never, 1) < 0 && errno == EINTR)
        ;
}

static void gate_wait_full(struct gate *gate)
{
    char never;
    while (read(gate->arrivals[0], &never, 1) < 0 && errno == EINTR)
        ;
}

static void gate_open(struct gate *gate) { close(gate->park[1]); }

static void gate_close(struct gate *gate)
{
    close(gate->arrivals[0]);
    close(gate->park[0]);
}

static void *live(void *argument)
{
    struct flow *flow = argument;
    struct crew *crew = flow->job->state;
    gate_park(&crew->birth);
    int well = open_seat == NULL || open_seat(flow) == 0;
    if (well) {
        flow->warm_up->seat = flow->seat;
        well = body(flow->warm_up) == 0;
    }
    gate_park(&crew->start);
    if (well) {
        enter(flow);
        body(flow);
        leave(flow);
    }
    gate_park(&crew->leave);
    if (close_seat)
        close_seat(flow);
    return NULL;
}

int job_create(struct job *job)
{
    struct crew *crew = job->state = calloc(1, sizeof *crew);
    int error = ENOMEM;
    if (crew == NULL || (crew->threads = calloc(job->flows, sizeof *crew->threads)) == NULL)
        return error;
    if ((error = gate_make(&crew->birth, job->flows)) || (error = gate_make(&crew->start, job->flows)) ||
        (error = gate_make(&crew->leave, job->flows)) || (prepare && (error = prepare(job))))
        return error;
    for (int64_t i = 0; i < job->flows; i++)
        if ((error = pthread_create(&crew->threads[i], NULL, live, &job->all[i])))
            return error; /* the process ends, and they with it */
    gate_wait_full(&crew->birth);
    return 0;
}

int job_seat(struct job *job)
{
    struct crew *crew = job->state;
    gate_open(&crew->birth);
    gate_wait_full(&crew->start);
    return 0;
}

int job_work(struct job *job)
{
    struct crew *crew = job->state;
    gate_open(&crew->start);
    gate_wait_full(&crew->leave);
    return 0;
}

int job_join(struct job *job)
{
    struct crew *crew = job->state;
    gate_open(&crew->leave);
    for (int64_t i = 0; i < job->flows; i++)
        pthread_join(crew->threads[i], NULL);
    if (finish)
        finish(job);
    gate_close(&crew->birth);
    gate_close(&crew->start);
    gate_close(&crew->leave);
    free(crew->threads);
    free(crew);
    return 0;
}

#endif
