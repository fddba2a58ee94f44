extension KernelProfileText {
  /// The options of `default`, over a configuration in which everything else is off: what the programs of the usual
  /// languages, and packc's own machines, need. `@` names the need without which `tiny` leaves the line out.
  static let standard = #"""
    # --- processor and machine
    CONFIG_64BIT=y                        # programs are 64-bit
    CONFIG_LOCALVERSION="-packc"          # uname -r says whose kernel it is
    CONFIG_EXPERT=y                       # shows the options that general systems do not let one turn off
    CONFIG_CC_OPTIMIZE_FOR_SIZE=y         # less to read, to unpack and, under emulation, to translate
    CONFIG_SMP=y                  @smp    # more than one processor
    CONFIG_NR_CPUS=64             @smp    # as many as packc's runner gives to a machine
    CONFIG_HYPERVISOR_GUEST=y     @amd64  # the kernel always runs in a machine
    CONFIG_PARAVIRT=y                     # interfaces that hypervisors offer in place of hardware
    CONFIG_KVM_GUEST=y            @amd64  # KVM's clock: no calibration, and time that is right after a pause
    CONFIG_PVH=y                  @amd64  # the entry point that QEMU, Firecracker and cloud-hypervisor start directly
    CONFIG_X86_X2APIC=y           @smp @amd64  # interrupts of machines with many processors
    CONFIG_PROCESSOR_SELECT=y     @amd64  # only these two makers:
    CONFIG_CPU_SUP_INTEL=y        @amd64  # Intel's processors
    CONFIG_CPU_SUP_AMD=y          @amd64  # AMD's processors
    CONFIG_ACPI=y                 @acpi @amd64  # how QEMU's microvm and q35 say which devices there are
    CONFIG_X86_MPPARSE=y          @amd64  # how Firecracker and microvm without ACPI say which processors there are
    CONFIG_PCI=y                  @pci    # q35, cloud-hypervisor: their devices are on a PCI bus
    CONFIG_PCI_MSI=y              @pci    # interrupts of PCI devices without sharing a line
    CONFIG_PCI_HOST_GENERIC=y     @pci @arm64  # the PCI bus of QEMU's virt, which its device tree describes
    CONFIG_PHYSICAL_START=0x200000 @amd64  # at 2 MiB instead of 16: a small machine has no memory to leave out
    CONFIG_RELOCATABLE=y          @hardened  # condition of the next one
    CONFIG_RANDOMIZE_BASE=y       @hardened  # the kernel's addresses differ from boot to boot
    CONFIG_VMAP_STACK=y           @hardened  # a kernel stack that overflows is a stop, not another's memory
    CONFIG_STACKPROTECTOR=y       @hardened  # an overwritten return address is noticed
    CONFIG_UNWINDER_GUESS=y       @amd64  # no tables for stack traces, which would be a fifth of the kernel
    CONFIG_LEGACY_VSYSCALL_NONE=y @amd64  # no page at a fixed address; programs of the last ten years use the vDSO
    CONFIG_ARM64_LSE_ATOMICS=y    @arm64  # condition of the next one
    CONFIG_ARM64_USE_LSE_ATOMICS=y @arm64  # locks by one instruction, on processors that have it

    # --- memory
    CONFIG_SPARSEMEM_VMEMMAP=y            # which page an address belongs to is arithmetic, not a table
    CONFIG_SLAB_MERGE_DEFAULT=y           # caches of one size are one: less memory, and half the files below /sys

    # --- time
    CONFIG_HZ_100=y                       # fewer interrupts; timers do not wait for them
    CONFIG_IO_DELAY_NONE=y        @amd64  # no pause after an access to a port, which costs a machine an exit
    CONFIG_HIGH_RES_TIMERS=y              # timers as exact as programs ask for
    CONFIG_NO_HZ_IDLE=y                   # a machine that waits costs its host nothing

    # --- messages
    CONFIG_PRINTK=y                       # why a boot failed
    CONFIG_LOG_BUF_SHIFT=14               # 16 KiB of messages are enough for a boot
    CONFIG_BUG=y                          # a broken invariant ends the machine
    CONFIG_TTY=y                          # the console
    CONFIG_SERIAL_8250=y          @amd64  # the serial line that is the console
    CONFIG_SERIAL_8250_CONSOLE=y  @amd64  # messages on it
    CONFIG_SERIAL_8250_PNP=y      @acpi @amd64  # its interrupt, where only ACPI knows it: microvm has no legacy interrupts
    CONFIG_SERIAL_8250_NR_UARTS=1 @amd64  # there is one; looking for more takes time
    CONFIG_SERIAL_8250_RUNTIME_UARTS=1 @amd64  # the same
    CONFIG_SERIAL_AMBA_PL011=y    @arm64  # the serial line of virt
    CONFIG_SERIAL_AMBA_PL011_CONSOLE=y @arm64  # messages on it
    CONFIG_UNIX98_PTYS=y                  # a pseudo-terminal: the program's output on its way to packc

    # --- devices
    CONFIG_VIRTIO_MENU=y                  # the devices of virtual machines
    CONFIG_VIRTIO_MMIO=y                  # on microvm and Firecracker
    CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y @amd64  # named on the command line where there is no ACPI
    CONFIG_VIRTIO_PCI=y           @pci    # on PCI
    CONFIG_VIRTIO_CONSOLE=y               # the ports by which the init talks to packc, and the program's output leaves
    CONFIG_HW_RANDOM=y                    # the host's random numbers:
    CONFIG_HW_RANDOM_VIRTIO=y             # so that keys are good from the first moment
    CONFIG_CRYPTO=y                       # condition of the next one
    CONFIG_CRYPTO_MANAGER_DISABLE_TESTS=y # no test of the random numbers' hash at each boot: a tenth of what a start does
    CONFIG_RANDOM_TRUST_CPU=y     @6.1    # the processor's random numbers count: getrandom(2) does not wait
    CONFIG_BLOCK=y                @block  # disks: volumes, and a root that is not in memory
    CONFIG_BLK_DEV=y              @block  # the drivers of disks
    CONFIG_PARTITION_ADVANCED=y   @block  # condition of the next ones
    CONFIG_MSDOS_PARTITION=n      @block  # a disk of packc's has no partitions
    CONFIG_EFI_PARTITION=n        @block  # the same
    CONFIG_VIRTIO_BLK=y           @block  # the host's disks
    CONFIG_MD=y                   @block  # condition of the next ones
    CONFIG_BLK_DEV_DM=y           @block  # device mapper, for dm-verity
    CONFIG_DM_VERITY=y            @block  # each block that is read from the root is compared with its digest
    CONFIG_DM_INIT=y              @block  # a verified root that the command line names
    CONFIG_CRYPTO_SHA256=y        @block  # the digest of dm-verity
    CONFIG_CRYPTO_SHA256_SSSE3=y  @block @amd64  # with the processor's instructions
    CONFIG_CRYPTO_SHA2_ARM64_CE=y @block @arm64  # with the processor's instructions

    # --- root and files
    CONFIG_BLK_DEV_INITRD=y               # the root filesystem in memory
    CONFIG_RD_LZ4=y               @packed-initrd  # compressed by lz4
    CONFIG_RD_ZSTD=y              @packed-initrd  # compressed by zstd
    CONFIG_PROC_FS=y                      # /proc
    CONFIG_PROC_SYSCTL=y                  # /proc/sys, by which the init lets programs use low ports
    CONFIG_SYSFS=y                        # /sys: runtimes count processors there
    CONFIG_DEVTMPFS=y                     # /dev
    CONFIG_TMPFS=y                        # /tmp, /dev/shm and the declared paths
    CONFIG_SHMEM=y                        # condition of tmpfs, and memory that processes share
    CONFIG_TMPFS_XATTR=y          @xattr  # extended attributes in it
    CONFIG_MISC_FILESYSTEMS=y     @block  # condition of erofs
    CONFIG_EROFS_FS=y             @block  # a read-only root on a disk
    CONFIG_EROFS_FS_XATTR=y       @block  # its extended attributes: capabilities of files
    CONFIG_EROFS_FS_ZIP=y         @block  # compressed by lz4
    CONFIG_EXT4_FS=y              @block  # volumes

    # --- programs
    CONFIG_BINFMT_ELF=y                   # programs
    CONFIG_BINFMT_SCRIPT=y                # programs that begin with #!
    CONFIG_MULTIUSER=y                    # the program does not run as root
    CONFIG_FUTEX=y                        # locks between threads: every threaded program
    CONFIG_EPOLL=y                        # many connections at once: Go, Node, JVM, Python
    CONFIG_EVENTFD=y                      # waking an event loop: Go, Node, Rust
    CONFIG_SIGNALFD=y                     # signals in an event loop
    CONFIG_TIMERFD=y                      # timers in an event loop
    CONFIG_POSIX_TIMERS=y                 # timer_create(2), setitimer(2): Go's profiler, Python's signal module
    CONFIG_INOTIFY_USER=y                 # changed files: reloaders, tail -f
    CONFIG_FILE_LOCKING=y                 # locks of files: SQLite
    CONFIG_ADVISE_SYSCALLS=y              # madvise(2): every allocator and garbage collector
    CONFIG_MEMBARRIER=y                   # cheap barriers: JVM, liburcu
    CONFIG_RSEQ=y                         # glibc 2.35 and tcmalloc
    CONFIG_BASE_FULL=y            @6.1    # hash tables of the usual size
    CONFIG_TRANSPARENT_HUGEPAGE=y @hugepages  # large pages for large heaps
    CONFIG_TRANSPARENT_HUGEPAGE_MADVISE=y @hugepages  # where the program asks for them: JVM, jemalloc
    CONFIG_AIO=y                  @aio    # io_submit(2): databases
    CONFIG_IO_URING=y             @io-uring  # io_uring(7)
    CONFIG_SYSVIPC=y              @sysvipc   # shmget(2) and its like: PostgreSQL, PHP
    CONFIG_POSIX_MQUEUE=y         @mqueue # mq_open(3)
    CONFIG_ELF_CORE=y             @coredump  # a core file after a crash, in debug mode
    CONFIG_COREDUMP=y             @coredump  # the same
    CONFIG_NAMESPACES=y           @namespaces  # for programs that confine their children:
    CONFIG_UTS_NS=y               @namespaces  # host name
    CONFIG_IPC_NS=y               @namespaces  # System V IPC
    CONFIG_USER_NS=y              @namespaces  # users
    CONFIG_PID_NS=y               @namespaces  # processes
    CONFIG_NET_NS=y               @namespaces  # network
    CONFIG_SECCOMP=y              @seccomp  # a program may give up system calls
    CONFIG_SECCOMP_FILTER=y       @seccomp  # by a filter: packc's init, and browsers

    # --- network
    CONFIG_NET=y                  @sockets  # sockets
    CONFIG_UNIX=y                 @sockets  # between processes of the machine
    CONFIG_INET=y                 @net    # IPv4
    CONFIG_SYN_COOKIES=y          @net    # a server that is flooded goes on answering
    CONFIG_PACKET=y               @net    # DHCP, before there is an address
    CONFIG_NETDEVICES=y           @net    # network devices:
    CONFIG_NET_CORE=y             @net    # their common part
    CONFIG_VIRTIO_NET=y           @net    # the host's network
    CONFIG_IPV6=y                 @ipv6   # IPv6
    CONFIG_VSOCKETS=y             @vsock  # sockets between machine and host
    CONFIG_VIRTIO_VSOCKETS=y      @vsock  # over virtio

    # --- the file
    CONFIG_KERNEL_LZ4=y           @amd64  # the compression of the kernel's file that costs least at boot
    """#
}
