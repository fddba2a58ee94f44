#include "CGuest.h"
int cguest_pid(void) { return 1; }
