/* One connection to the server, and one response at a time: as http_get's raw API, without its strings. */
#ifndef HTTP_H
#define HTTP_H

#include "flow.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>

enum { HEAD_BYTES = 4096 };

/* The words of bench/targets/http_message.py. */
#define CLOSED "the server closed the connection too early: the last page may be short"
#define CLOSED_IN_HEAD "the server closed the connection inside a response head"

struct connection {
    int fd;
    int64_t have, room;
    char received[];
};

static inline int http_open(struct flow *flow)
{
    int64_t room = flow->job->payload_bytes + HEAD_BYTES;
    struct connection *seat = flow->seat = malloc(sizeof *seat + room);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(flow->job->port)};
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (seat == NULL)
        return fail(flow, "malloc");
    seat->have = 0;
    seat->room = room;
    seat->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (seat->fd < 0 || connect(seat->fd, (struct sockaddr *)&to, sizeof to) ||
        setsockopt(seat->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
        return fail(flow, "connect");
    return 0;
}

/* Nothing may be left to read. */
static inline void http_close(struct flow *flow)
{
    struct connection *seat = flow->seat;
    if (seat == NULL)
        return;
    if (seat->fd >= 0) {
        ssize_t left = recv(seat->fd, seat->received, seat->room, MSG_DONTWAIT);
        if (left > 0)
            fault(flow, "the server sent %zd bytes that nobody asked for", left);
        else if (left == 0)
            fault(flow, CLOSED);
        close(seat->fd);
    }
    free(seat);
    flow->seat = NULL;
}

static inline int http_ask(struct flow *flow, const struct op *task)
{
    struct connection *seat = flow->seat;
    if (send(seat->fd, task->request, task->count, MSG_NOSIGNAL) != task->count)
        return fail(flow, "send");
    return 0;
}

/* Receive once. Returns where the page starts when all of it is there, NULL while it is not; `size` is its length, or
 * -1 where the response is not as it must be. */
static inline const char *http_receive(struct flow *flow, int64_t *size)
{
    struct connection *seat = flow->seat;
    ssize_t more = recv(seat->fd, seat->received + seat->have, seat->room - seat->have - 1, 0);
    seat->received[seat->have + (more > 0 ? more : 0)] = 0;
    char *end = strstr(seat->received, "\r\n\r\n"), *line;
    *size = 0;
    if (more < 0)
        *size = fail(flow, "recv");
    else if (more == 0)
        *size = fault(flow, seat->have && end == NULL ? CLOSED_IN_HEAD : CLOSED);
    if (more <= 0 || end == NULL) {
        seat->have += more > 0 ? more : 0;
        return NULL;
    }
    seat->have += more;
    end += 4;
    for (line = strstr(seat->received, "\r\n"); line && line + 2 < end; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, "content-length:", 15) == 0)
            *size = atoll(line + 17);
    int64_t whole = end - seat->received + *size;
    if (strncmp(seat->received, "HTTP/1.1 200 ", 13))
        *size = fault(flow, "the server answered '%.*s'", (int)strcspn(seat->received, "\r\n"), seat->received);
    else if (whole > seat->room - 1)
        *size = fault(flow, "the server's page has %lld bytes, more than it was asked for", (long long)*size);
    else if (seat->have > whole)
        *size = fault(flow, "the server sent %lld bytes that nobody asked for", (long long)(seat->have - whole));
    if (*size < 0 || seat->have < whole)
        return NULL;
    seat->have = 0; /* the next receive writes over it */
    return end;
}

/* The page is there and stamped: count it. */
static inline void http_count(struct flow *flow, const char *page, int64_t size)
{
    flow->size += size;
    flow->checksum = crc32(flow->checksum, (const unsigned char *)page, size);
}

#endif
