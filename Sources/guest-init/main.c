#define _GNU_SOURCE
#include <unistd.h>

/// Embedded Swift has no entry point of its own.
int guest_main(int count, char **arguments, char **environment);

int main(int count, char **arguments) { return guest_main(count, arguments, environ); }
