/* What the attacks of the escape campaign share. */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Agreed with the campaign (tests/support/escape/world.rs). */
#define HOST_ADDRESS "10.99.7.7"
#define KEY_NAME "nanobot:session"
/* Descriptors that the launching process leaves open. */
#define LEAKED_FILE 210
#define LEAKED_NET 211
#define LEAKED_FOLDER 212
#define LEAKED_WRITABLE 213
#define LEAKED_SOCKET 214

struct attack {
    const char *name;
    int (*run)(int argc, char **argv);
};

/* Each file has a table that ends with a name of NULL. */
extern const struct attack kernel_attacks[], mount_attacks[], network_attacks[], process_attacks[], limit_attacks[];

/* The attempt has got through. */
int proof(void);
/* Writes a frame to a pipe that leads to the daemon, as if the first process had. */
int forge(int fd, const char *word);
