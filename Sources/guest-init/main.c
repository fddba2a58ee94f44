int guest_main(void);
int main(void) { return guest_main(); }
