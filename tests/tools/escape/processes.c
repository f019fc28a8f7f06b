/* Attacks on other processes, by what a process leaves open, and processes that stay. */
#define _GNU_SOURCE
#include "attack.h"
#include <dirent.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

/* victim SECRET: somebody on the host who holds a secret in his arguments. He needs no right, so that he is no better
 * off than a box. */
static int victim(int argc, char **argv) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    syscall(SYS_capset, &head, none);
    prctl(PR_SET_DUMPABLE, 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
    return 0;
}

/* linger WORD: does nothing for a minute, in a session of its own. */
static int linger(int argc, char **argv) {
    setsid();
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    sleep(60);
    return 0;
}

/* runaway WORD: is never the same process for long. */
static int runaway(int argc, char **argv) {
    setsid();
    for (int i = 0; i < 20000; i++) {
        if (fork() > 0) _exit(0);
        usleep(500);
    }
    return 0;
}

static int detached(int argc, char **argv) {
    if (fork() > 0) return 0;
    close(0);
    close(1);
    close(2);
    execv("/proc/self/exe", (char *[]){"attack", argv[1], argv[2], NULL});
    return 1;
}

static int forge_by_proc(int argc, char **argv) {
    int fd = open("/proc/1/fd/1", O_WRONLY);
    return fd < 0 || forge(fd, argv[1]);
}

static int forge_by_pidfd(int argc, char **argv) {
    int process = syscall(SYS_pidfd_open, 1, 0);
    int fd = syscall(SYS_pidfd_getfd, process, 1, 0);
    return fd < 0 || forge(fd, argv[1]);
}

static int trace(pid_t who) {
    return ptrace(PTRACE_SEIZE, who, NULL, NULL) != 0 ? 1 : proof();
}

static int trace_init(int argc, char **argv) {
    return trace(1);
}

/* The one whose arguments hold this word. */
static pid_t find(const char *word) {
    DIR *all = opendir("/proc");
    for (struct dirent *one; all && (one = readdir(all));) {
        char path[300], line[4096];
        if (atoi(one->d_name) <= 0 || atoi(one->d_name) == getpid()) continue;
        snprintf(path, sizeof path, "/proc/%s/cmdline", one->d_name);
        int fd = open(path, O_RDONLY);
        ssize_t len = fd < 0 ? -1 : read(fd, line, sizeof line);
        if (fd >= 0) close(fd);
        if (len > 0 && memmem(line, len, word, strlen(word))) return atoi(one->d_name);
    }
    return 0;
}

static int trace_host(int argc, char **argv) {
    pid_t who = find(argv[1]);
    return who == 0 || trace(who);
}

static int kill_host(int argc, char **argv) {
    pid_t who = find(argv[1]);
    return who == 0 || kill(who, SIGKILL) != 0;
}

static int kill_all(int argc, char **argv) {
    return kill(-1, SIGWINCH) != 0;
}

/* The process above the first of the box. */
static int stop_parent(int argc, char **argv) {
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%s/stat", argv[1]);
    int fd = open(path, O_RDONLY), parent = 0;
    ssize_t len = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    if (len <= 0) return 1;
    line[len] = 0;
    char *rest = strrchr(line, ')');
    if (!rest || sscanf(rest + 1, " %*c %d", &parent) != 1 || parent <= 1) return 1;
    if (kill(parent, SIGSTOP) != 0) return 1;
    sleep(1);
    return 0;
}

static int read_init(int argc, char **argv) {
    char line[256], head[4] = {0};
    unsigned long start = 0;
    FILE *maps = fopen("/proc/1/maps", "r");
    if (!maps || !fgets(line, sizeof line, maps) || sscanf(line, "%lx", &start) != 1) return 1;
    struct iovec here = {head, 4}, there = {(void *)start, 4};
    if (syscall(SYS_process_vm_readv, 1, &here, 1, &there, 1, 0) != 4 || memcmp(head, "\177ELF", 4) != 0) return 1;
    return proof();
}

static int leaked_read(int argc, char **argv) {
    char text[4096];
    ssize_t len = pread(LEAKED_FILE, text, sizeof text, 0);
    return len <= 0 || write(1, text, len) != len;
}

static int leaked_write(int argc, char **argv) {
    return write(LEAKED_WRITABLE, argv[1], strlen(argv[1])) < 0;
}

static int leaked_folder(int argc, char **argv) {
    char text[4096];
    int fd = openat(LEAKED_FOLDER, "../../.ssh/id_rsa", O_RDONLY);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text);
    return len <= 0 || write(1, text, len) != len;
}

/* Writes back what is there, so that nothing changes on a machine that is not ours. */
static int rewrite(int argc, char **argv) {
    char text[4096];
    int from = open(argv[1], O_RDONLY), to = open(argv[1], O_WRONLY);
    ssize_t len = from < 0 ? -1 : read(from, text, sizeof text);
    return to < 0 || len <= 0 || write(to, text, len) != len ? 1 : proof();
}

const struct attack process_attacks[] = {
    {"victim", victim},           {"linger", linger},         {"runaway", runaway},       {"detached", detached},
    {"forge-proc", forge_by_proc}, {"forge-pidfd", forge_by_pidfd}, {"trace-init", trace_init}, {"trace-host", trace_host},
    {"kill-host", kill_host},     {"kill-all", kill_all},     {"stop-parent", stop_parent}, {"read-init", read_init},
    {"leaked-read", leaked_read}, {"leaked-write", leaked_write}, {"leaked-folder", leaked_folder},
    {"rewrite", rewrite},         {NULL, NULL},
};
