/* Attacks by using too much. Each takes far more than its box may have, holds it for a while and says so. */
#define _GNU_SOURCE
#include "attack.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define MIB (1024L * 1024)

static int hold(void) {
    usleep(1500000);
    return proof();
}

/* fork N: so many at a time. */
static int fork_many(int argc, char **argv) {
    int wanted = atoi(argv[1]);
    for (int i = 0; i < wanted; i++) {
        pid_t child = fork();
        if (child < 0) return 1;
        if (child == 0) {
            sleep(20);
            _exit(0);
        }
    }
    return hold();
}

static void *wait_long(void *nothing) {
    sleep(20);
    return nothing;
}

static int threads(int argc, char **argv) {
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 32 * 1024);
    for (int i = 0; i < atoi(argv[1]); i++) {
        pthread_t thread;
        if ((errno = pthread_create(&thread, &small, wait_long, NULL)) != 0) return 1;
    }
    return hold();
}

/* orphans N: each leaves its parent and its session. */
static int orphans(int argc, char **argv) {
    int told[2];
    if (pipe(told) != 0) return 1;
    for (int i = 0; i < atoi(argv[1]); i++) {
        pid_t child = fork();
        if (child < 0) return 1;
        if (child == 0) {
            setsid();
            pid_t inner = fork();
            if (inner == 0) {
                sleep(20);
                _exit(0);
            }
            char bad = inner < 0;
            _exit(write(told[1], &bad, 1) != 1);
        }
        waitpid(child, NULL, 0);
        char bad = 1;
        if (read(told[0], &bad, 1) != 1 || bad) return 1;
    }
    return hold();
}

static int fill(long mib, int flags) {
    char *all = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) return 1;
    for (long at = 0; at < mib * MIB; at += 4096) all[at] = 1;
    return 0;
}

static int memory(int argc, char **argv) {
    return fill(atoi(argv[1]), MAP_PRIVATE) || hold();
}

static int shared(int argc, char **argv) {
    return fill(atoi(argv[1]), MAP_SHARED) || hold();
}

/* many N MIB: so many processes that take so much each. */
static int many(int argc, char **argv) {
    int told[2], count = atoi(argv[1]);
    if (pipe(told) != 0) return 1;
    for (int i = 0; i < count; i++)
        if (fork() == 0) {
            char bad = fill(atoi(argv[2]), MAP_PRIVATE);
            if (write(told[1], &bad, 1) == 1) sleep(20);
            _exit(0);
        }
    close(told[1]);
    for (int i = 0; i < count; i++) {
        char bad = 1;
        if (read(told[0], &bad, 1) != 1 || bad) return 1;
    }
    return hold();
}

static char block[MIB];

static int write_mib(int fd, int mib) {
    for (int i = 0; i < mib; i++)
        if (write(fd, block, MIB) != MIB) return 1;
    return 0;
}

/* scratch MIB */
static int scratch(int argc, char **argv) {
    int fd = open("/tmp/big", O_CREAT | O_WRONLY, 0600);
    return write_mib(fd, atoi(argv[1])) || hold();
}

/* names FOLDER N: empty files. */
static int names(int argc, char **argv) {
    char path[256];
    for (int i = 0; i < atoi(argv[2]); i++) {
        snprintf(path, sizeof path, "%s/%d", argv[1], i);
        if (mknod(path, S_IFREG | 0600, 0) != 0) {
            int fd = open(path, O_CREAT | O_WRONLY, 0600);
            if (fd < 0) return 1;
            close(fd);
        }
    }
    return hold();
}

/* Slowly enough for a watch, which nobody has to be; see the campaign. */
static int slowly(int mib, int (*next)(int)) {
    for (int done = 0; done < mib; done += 8) {
        int fd = next(done / 8);
        if (fd < 0 || write_mib(fd, 8)) return 1;
        close(fd);
        usleep(40000);
    }
    return 0;
}

static int next_file(int number) {
    char name[64];
    snprintf(name, sizeof name, "file%d", number);
    return open(name, O_CREAT | O_WRONLY, 0600);
}

static int disk(int argc, char **argv) {
    return slowly(atoi(argv[1]), next_file) || hold();
}

static int kept[512];

/* The name is gone, the file is not. */
static int next_deleted(int number) {
    int fd = next_file(0);
    unlink("file0");
    kept[number % 512] = dup(fd);
    return fd;
}

static int deleted(int argc, char **argv) {
    return slowly(atoi(argv[1]), next_deleted) || hold();
}

/* So deep that no path leads there. */
static int deep(int argc, char **argv) {
    char name[201];
    memset(name, 'd', 200);
    name[200] = 0;
    for (int i = 0; i < 40; i++)
        if (mkdir(name, 0755) != 0 || chdir(name) != 0) return 1;
    return slowly(atoi(argv[1]), next_file) || hold();
}

static int sparse(int argc, char **argv) {
    int fd = open(argv[1], O_CREAT | O_WRONLY, 0600);
    signal(SIGXFSZ, SIG_IGN);
    return ftruncate(fd, 1L << 40) != 0;
}

static int files(int argc, char **argv) {
    for (int i = 0; i < atoi(argv[1]); i++)
        if (open("/dev/null", O_RDONLY) < 0) return 1;
    return proof();
}

static int pipes(int argc, char **argv) {
    for (int i = 0; i < atoi(argv[1]); i += 2) {
        int both[2];
        if (pipe(both) != 0) return 1;
    }
    return proof();
}

/* Descriptors on their way to nobody are held by no process. */
static int flying(int argc, char **argv) {
    for (int sent = 0; sent < atoi(argv[1]);) {
        int both[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, both) != 0) return 1;
        for (int i = 0; i < 16; i++) {
            int load[64];
            for (int n = 0; n < 64; n++) load[n] = 0;
            union {
                struct cmsghdr head;
                char room[CMSG_SPACE(sizeof load)];
            } control = {{.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof load)}};
            memcpy(CMSG_DATA(&control.head), load, sizeof load);
            char byte = 0;
            struct iovec piece = {&byte, 1};
            struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control,
                                     .msg_controllen = sizeof control};
            if (sendmsg(both[0], &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return 1;
            sent += 64;
        }
    }
    return proof();
}

const struct attack limit_attacks[] = {
    {"fork", fork_many}, {"threads", threads}, {"orphans", orphans}, {"memory", memory}, {"shared", shared}, {"many", many},
    {"scratch", scratch}, {"names", names},    {"disk", disk},       {"deleted", deleted}, {"deep", deep},   {"sparse", sparse},
    {"files", files},    {"pipes", pipes},     {"flying", flying},   {NULL, NULL},
};
