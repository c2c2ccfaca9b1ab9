/* Plain loops that the floor is compared with: N threads are created and joined. See scripts/floor.py.
 *
 * `plain return N`: each thread returns at once. `plain stay N`: each stays until all are there, as the flows of a cell
 * do. Prints what creating and joining took, us per thread.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int gate[2];

static void *come_and_go(void *stay)
{
    char never;
    return stay && read(gate[0], &never, 1) < 0 ? stay : NULL;
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

int main(int count, char **words)
{
    int stay = count == 3 && strcmp(words[1], "stay") == 0, threads = count == 3 ? atoi(words[2]) : 0;
    pthread_t *made = calloc(threads > 0 ? threads : 1, sizeof *made);
    if (threads < 1 || made == NULL || pipe(gate))
        return 2;
    double start = now_us();
    for (int i = 0; i < threads; i++)
        if (pthread_create(&made[i], NULL, come_and_go, stay ? made : NULL))
            return 1;
    double created = now_us();
    close(gate[1]);
    for (int i = 0; i < threads; i++)
        pthread_join(made[i], NULL);
    double joined = now_us();
    printf("%f %f\n", (created - start) / threads, (joined - created) / threads);
    return 0;
}
