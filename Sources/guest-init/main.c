/// Embedded Swift has no entry point of its own.
int guest_main(void);
int main(void) { return guest_main(); }
