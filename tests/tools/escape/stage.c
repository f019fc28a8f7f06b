/* The outer throwaway box of the escape campaign: namespaces of its own, a root in memory, a loopback with further
 * addresses, a session keyring with a secret, and a terminal. Then it becomes the campaign.
 *
 *   stage ROLE SEED NEWROOT SECRET PROGRAM ARGUMENTS...
 *
 * ROLE is root or user; SEED is a folder whose content is copied into the new root. Started by root, a user is 65534;
 * started by a user, it is that user. */
#define _GNU_SOURCE
#include "attack.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <net/if.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <grp.h>

/* Keeps the terminal alive until the campaign opens it; the other end is its input. */
#define SLAVE_FD 191

static const char *newroot;

static void must(int ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "stage: cannot %s: %s\n", what, strerror(errno));
        _exit(1);
    }
}

static void put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
    close(fd);
}

static char *in(const char *path) {
    char *whole;
    must(asprintf(&whole, "%s%s", newroot, path) > 0, "write a path");
    return whole;
}

static void folder(const char *path, mode_t mode) {
    char *whole = in(path);
    must(mkdir(whole, 0755) == 0 || errno == EEXIST, whole);
    must(chmod(whole, mode) == 0, whole);
}

static void show(const char *from, const char *to, int read_only) {
    must(mount(from, to, NULL, MS_BIND | MS_REC, NULL) == 0, to);
    if (read_only) {
        struct statvfs is;
        must(statvfs(to, &is) == 0, to);
        unsigned long keep = MS_BIND | MS_REMOUNT | MS_RDONLY;
        if (is.f_flag & ST_NOSUID) keep |= MS_NOSUID;
        if (is.f_flag & ST_NODEV) keep |= MS_NODEV;
        if (is.f_flag & ST_NOEXEC) keep |= MS_NOEXEC;
        if (is.f_flag & ST_NOATIME) keep |= MS_NOATIME;
        if (is.f_flag & ST_RELATIME) keep |= MS_RELATIME;
        must(mount(NULL, to, NULL, keep, NULL) == 0, to);
    }
}

static void map(unsigned inside, unsigned outside) {
    char text[64];
    put("/proc/self/setgroups", "deny");
    snprintf(text, sizeof text, "%u %u 1", inside, outside);
    put("/proc/self/uid_map", text);
    put("/proc/self/gid_map", text);
}

static void run(char *const argv[]) {
    pid_t child = fork();
    if (child == 0) {
        execv(argv[0], argv);
        _exit(127);
    }
    int status;
    must(waitpid(child, &status, 0) == child && status == 0, argv[0]);
}

static void new_root(const char *seed) {
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "keep mounts to itself");
    must(mount("tmpfs", newroot, "tmpfs", 0, "mode=755,size=3g") == 0, "mount a new root");
    folder("/usr", 0755);
    show("/usr", in("/usr"), 1);
    must(mount("tmpfs", in("/usr/local/src"), "tmpfs", 0, "mode=1777,size=1m") == 0, "mount /usr/local/src");
    const char *links[] = {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
    for (unsigned i = 0; i < sizeof links / sizeof *links; i++) {
        char target[256];
        ssize_t len = readlink(links[i], target, sizeof target - 1);
        if (len > 0) {
            target[len] = 0;
            must(symlink(target, in(links[i])) == 0, links[i]);
        }
    }
    folder("/proc", 0555);
    folder("/sys", 0755);
    folder("/sys/fs", 0755);
    folder("/sys/fs/cgroup", 0755);
    folder("/dev", 0755);
    folder("/etc", 0777);
    folder("/root", 0777);
    folder("/home", 0777);
    folder("/run", 0777);
    folder("/srv", 0777);
    folder("/tmp", 01777);
    folder("/var", 0755);
    folder("/var/tmp", 01777);
    char *whole, *copy[] = {"/bin/cp", "-a", "--no-preserve=ownership", "--", NULL, NULL, NULL};
    must(asprintf(&whole, "%s/.", seed) > 0, "write a path");
    copy[4] = whole;
    copy[5] = (char *)newroot;
    run(copy);
    folder("/etc", 0777);
    must(mount("proc", in("/proc"), "proc", 0, NULL) == 0, "mount /proc");
    if (access("/sys/fs/cgroup", F_OK) == 0) show("/sys/fs/cgroup", in("/sys/fs/cgroup"), 0);
    const char *nodes[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"};
    for (unsigned i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        char *place = in(nodes[i]);
        close(open(place, O_CREAT | O_WRONLY | O_CLOEXEC, 0666));
        show(nodes[i], place, 0);
    }
    folder("/dev/pts", 0755);
    folder("/dev/shm", 01777);
    must(mount("devpts", in("/dev/pts"), "devpts", 0, "newinstance,ptmxmode=0666,mode=620") == 0, "mount devpts");
    must(symlink("pts/ptmx", in("/dev/ptmx")) == 0, "link ptmx");
    must(mount("tmpfs", in("/dev/shm"), "tmpfs", 0, "mode=1777,size=64m") == 0, "mount /dev/shm");
    must(chdir(newroot) == 0 && syscall(SYS_pivot_root, ".", ".") == 0, "change the root");
    must(umount2(".", MNT_DETACH) == 0 && chdir("/") == 0, "leave the old root");
}

static void address(const char *name, const char *text) {
    struct ifreq request = {0};
    struct sockaddr_in *is = (struct sockaddr_in *)&request.ifr_addr;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    strcpy(request.ifr_name, name);
    is->sin_family = AF_INET;
    inet_pton(AF_INET, text, &is->sin_addr);
    must(ioctl(fd, SIOCSIFADDR, &request) == 0, "give the loopback an address");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    must(ioctl(fd, SIOCSIFFLAGS, &request) == 0, "switch the loopback on");
    close(fd);
}

static void become(int is_user, int is_root) {
    if (!is_user) return;
    if (is_root) {
        must(setgroups(0, NULL) == 0, "leave groups");
        must(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0, "become a user");
        return;
    }
    must(unshare(CLONE_NEWUSER) == 0, "become a user again");
    map(1000, 0);
}

int main(int argc, char **argv) {
    must(argc > 5, "start without a program");
    int is_user = strcmp(argv[1], "user") == 0, is_root = geteuid() == 0;
    unsigned uid = geteuid();
    newroot = argv[3];
    if (!is_root) {
        must(unshare(CLONE_NEWUSER) == 0, "make a user namespace");
        map(0, uid);
    }
    must(unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) == 0, "make namespaces");
    pid_t first = fork();
    must(first >= 0, "fork");
    if (first > 0) {
        int status;
        must(waitpid(first, &status, 0) == first, "wait");
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    new_root(argv[2]);
    must(sethostname("outer", 5) == 0, "name the host");
    address("lo", "127.0.0.1");
    address("lo:0", "169.254.169.254");
    address("lo:1", HOST_ADDRESS);
    put("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    pid_t campaign = fork();
    must(campaign >= 0, "fork");
    if (campaign == 0) {
        become(is_user, is_root);
        must(setsid() > 0, "start a session");
        int master, slave;
        must(openpty(&master, &slave, NULL, NULL, NULL) == 0, "open a terminal");
        must(ioctl(slave, TIOCSCTTY, 0) == 0, "take the terminal");
        must(dup2(master, 0) >= 0 && dup2(slave, SLAVE_FD) >= 0, "number the terminal");
        close(master);
        close(slave);
        must(syscall(SYS_keyctl, 1, NULL) >= 0, "join a session keyring");
        must(syscall(SYS_add_key, "user", KEY_NAME, argv[4], strlen(argv[4]), -3) >= 0, "keep a key");
        clearenv();
        setenv("PATH", "/usr/sbin:/usr/bin", 1);
        setenv("TMPDIR", "/tmp", 1);
        execv(argv[5], argv + 5);
        must(0, argv[5]);
    }
    for (;;) {
        int status;
        pid_t ended = wait(&status);
        if (ended == campaign) _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
}
