/* Attacks on what the kernel offers: users, files with the set-id bits, keys, bpf, io_uring. */
#define _GNU_SOURCE
#include "attack.h"
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

static int open_setuid(int argc, char **argv) {
    mode_t old = umask(0);
    int fd = open(argv[1], O_CREAT | O_WRONLY, 04755);
    umask(old);
    return fd < 0;
}

static int fchmodat2_setuid(int argc, char **argv) {
    close(open(argv[1], O_CREAT | O_WRONLY, 0755));
    return syscall(452, AT_FDCWD, argv[1], 04755, 0) != 0;
}

static int file_caps(int argc, char **argv) {
    /* struct vfs_cap_data, version 2: cap_setuid, effective. */
    uint32_t data[5] = {0x02000001, 1 << 7, 0, 0, 0};
    close(open(argv[1], O_CREAT | O_WRONLY, 0755));
    return setxattr(argv[1], "security.capability", data, sizeof data, 0) != 0;
}

/* Becomes another user and shows a file of his. */
static int become(int argc, char **argv) {
    if (setresuid(atoi(argv[1]), atoi(argv[1]), atoi(argv[1])) != 0) return 1;
    execl("/bin/cat", "cat", argv[2], NULL);
    return 1;
}

static int key_read(int argc, char **argv) {
    char text[256] = {0};
    long key = syscall(SYS_keyctl, 10, -3, "user", argv[1], 0);
    if (key < 0 || syscall(SYS_keyctl, 11, key, text, sizeof text - 1) < 0) return 1;
    puts(text);
    return 0;
}

static int key_add(int argc, char **argv) {
    return syscall(SYS_add_key, "user", argv[1], "planted", 7, -3) < 0;
}

static int key_unlink(int argc, char **argv) {
    long key = syscall(SYS_keyctl, 10, -3, "user", argv[1], 0);
    return key < 0 || syscall(SYS_keyctl, 9, key, -3) < 0;
}

static int bpf_map(int argc, char **argv) {
    union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 4};
    return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr) < 0 ? 1 : proof();
}

static int bpf_load(void) {
    struct bpf_insn program[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
                                 {.code = BPF_JMP | BPF_EXIT}};
    union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2};
    attr.insns = (uintptr_t)program;
    attr.license = (uintptr_t) "GPL";
    return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
}

static int bpf_prog(int argc, char **argv) {
    return bpf_load() < 0 ? 1 : proof();
}

/* Walks the programs that anybody on the host has loaded. */
static int bpf_walk(int argc, char **argv) {
    if (bpf_load() < 0) return 1;
    union bpf_attr attr = {0};
    return syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &attr, sizeof attr) < 0 ? 1 : proof();
}

static int perf(int argc, char **argv) {
    struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attr, .config = PERF_COUNT_SW_TASK_CLOCK,
                                   .exclude_kernel = 1, .exclude_hv = 1};
    uint64_t count = 0;
    int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
    if (fd < 0) return 1;
    for (volatile int i = 0; i < 1000000; i++) {}
    return read(fd, &count, sizeof count) != sizeof count || count == 0 ? 1 : proof();
}

static int fault(int argc, char **argv) {
    /* 1: only faults of user space, which needs no right. */
    return syscall(SYS_userfaultfd, O_CLOEXEC | 1) < 0 ? 1 : proof();
}

struct ring {
    int fd;
    struct io_uring_params params;
    struct io_uring_sqe *entries;
    char *sq, *cq;
};

static int ring_open(struct ring *ring) {
    memset(ring, 0, sizeof *ring);
    ring->fd = syscall(SYS_io_uring_setup, 4, &ring->params);
    if (ring->fd < 0) return 1;
    struct io_uring_params *p = &ring->params;
    ring->sq = mmap(NULL, p->sq_off.array + p->sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
    ring->cq = mmap(NULL, p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED,
                    ring->fd, IORING_OFF_CQ_RING);
    ring->entries = mmap(NULL, p->sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
                         IORING_OFF_SQES);
    return ring->sq == MAP_FAILED || ring->cq == MAP_FAILED || ring->entries == MAP_FAILED;
}

static int ring_do(struct ring *ring, struct io_uring_sqe what) {
    unsigned *tail = (unsigned *)(ring->sq + ring->params.sq_off.tail);
    unsigned *array = (unsigned *)(ring->sq + ring->params.sq_off.array);
    unsigned *done = (unsigned *)(ring->cq + ring->params.cq_off.tail);
    unsigned mask = *(unsigned *)(ring->cq + ring->params.cq_off.ring_mask), slot = *tail & 3;
    ring->entries[slot] = what;
    array[slot] = slot;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0) return -1;
    unsigned last = (__atomic_load_n(done, __ATOMIC_ACQUIRE) - 1) & mask;
    return ((struct io_uring_cqe *)(ring->cq + ring->params.cq_off.cqes))[last].res;
}

static int ring_file(int argc, char **argv) {
    struct ring ring;
    if (ring_open(&ring)) return 1;
    umask(0);
    struct io_uring_sqe what = {.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t)argv[1], .len = 04755,
                                .open_flags = O_CREAT | O_WRONLY};
    return ring_do(&ring, what) < 0;
}

static int ring_connect(int argc, char **argv) {
    struct ring ring;
    if (ring_open(&ring)) return 1;
    struct io_uring_sqe make = {.opcode = IORING_OP_SOCKET, .fd = AF_UNIX, .off = SOCK_STREAM};
    int fd = ring_do(&ring, make);
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    strncpy(to.sun_path, argv[1], sizeof to.sun_path - 1);
    struct io_uring_sqe connect = {.opcode = IORING_OP_CONNECT, .fd = fd, .addr = (uintptr_t)&to, .off = sizeof to};
    if (fd < 0 || ring_do(&ring, connect) < 0) return 1;
    return write(fd, argv[2], strlen(argv[2])) < 0;
}

const struct attack kernel_attacks[] = {
    {"open-setuid", open_setuid}, {"fchmodat2-setuid", fchmodat2_setuid}, {"file-caps", file_caps},
    {"become", become},           {"key-read", key_read},                 {"key-add", key_add},
    {"key-unlink", key_unlink},   {"bpf-map", bpf_map},                   {"bpf-prog", bpf_prog},
    {"bpf-walk", bpf_walk},       {"perf", perf},                         {"userfaultfd", fault},
    {"ring-file", ring_file},     {"ring-connect", ring_connect},         {NULL, NULL},
};
