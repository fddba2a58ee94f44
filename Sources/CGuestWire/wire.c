#include "CGuestWire.h"

_Static_assert(WIRE_CONFIG_LIMIT >= WIRE_PAYLOAD_LIMIT, "one string of execve(2) fits into the configuration");
