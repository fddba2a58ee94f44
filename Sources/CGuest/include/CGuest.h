#pragma once
int cguest_pid(void);
