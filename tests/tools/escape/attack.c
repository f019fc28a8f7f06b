/* The attacks of the escape campaign that a shell cannot make: attack NAME ARGUMENTS...
 *
 * An attack that gets through prints ESCAPED or a secret, or does what is seen from outside. One that does not says
 * why on its error output; nobody reads that but a person. */
#include "attack.h"

int proof(void) {
    puts("ESCAPED");
    fflush(stdout);
    return 0;
}

int forge(int fd, const char *word) {
    char body[256], frame[300];
    int len = snprintf(body, sizeof body, "{\"Broken\":\"%s\"}", word);
    frame[0] = 'F';
    for (int i = 0; i < 4; i++) frame[1 + i] = (char)(len >> (8 * i));
    memcpy(frame + 5, body, len);
    if (write(fd, frame, len + 5) != len + 5) return 1;
    sleep(5);
    return 0;
}

int main(int argc, char **argv) {
    const struct attack *tables[] = {kernel_attacks, mount_attacks, network_attacks, process_attacks, limit_attacks};
    for (unsigned i = 0; argc > 1 && i < sizeof tables / sizeof *tables; i++)
        for (const struct attack *one = tables[i]; one->name; one++)
            if (strcmp(one->name, argv[1]) == 0) {
                errno = 0;
                int code = one->run(argc - 1, argv + 1);
                if (code) fprintf(stderr, "attack %s: %s\n", argv[1], strerror(errno));
                return code;
            }
    fprintf(stderr, "no such attack\n");
    return 2;
}
