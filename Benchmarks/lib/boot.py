#!/usr/bin/env python3
"""Boots one machine and says how long it took: boot.py MODE MACHINE MEMORY KERNEL INITRD CMDLINE

MODE first   until process 1 has said its first line: wall seconds, QEMU's CPU seconds, the guest's own clock
     answer  until its server has answered HTTP: wall seconds, QEMU's CPU seconds
Prints the numbers, or "failed" after the time limit (BOOT_LIMIT, 20 s). MACHINE is -M of QEMU; CPUS=2 for two processors.
"""
import os, select, socket, subprocess, sys, time

mode, machine, memory, kernel, initrd, cmdline = sys.argv[1:]
limit = float(os.environ.get("BOOT_LIMIT", "20"))
bus = "pci" if machine.startswith("q35") else "device"
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
command = [
    "qemu-system-x86_64", "-M", machine, "-accel", "tcg", "-cpu", "max,-erms,-fsrm", "-smp", os.environ.get("CPUS", "1"),
    "-m", memory + "M", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
    "-kernel", kernel, "-initrd", initrd, "-append", cmdline, "-serial", "stdio",
    "-netdev", f"user,id=net,ipv6=off,hostfwd=tcp:127.0.0.1:{port}-10.0.2.15:8080",
    "-device", f"virtio-net-{bus},netdev=net" + (",romfile=" if bus == "pci" else ""),
]


def answers():
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.05) as connection:
            connection.settimeout(0.05)
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.0 200")
    except OSError:
        return False


def worked():
    """CPU seconds of all of QEMU's threads (proc(5), schedstat)."""
    total = 0
    for thread in os.listdir(f"/proc/{qemu.pid}/task"):
        with open(f"/proc/{qemu.pid}/task/{thread}/schedstat") as file:
            total += int(file.read().split()[0])
    return total / 1e9


start = time.monotonic()
qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
try:
    seen, result = b"", None
    while result is None and time.monotonic() - start < limit and qemu.poll() is None:
        readable = select.select([qemu.stdout], [], [], 0.001 if mode == "answer" and b"listening" in seen else 0.05)[0]
        if readable:
            seen += os.read(qemu.stdout.fileno(), 65536)
        now = time.monotonic() - start
        if mode == "first":
            at = seen.find(b"first ")
            if at >= 0 and b"\n" in seen[at:]:
                result = f"{now:.4f} {worked():.4f} {seen[at + 6:].split()[0].decode()}"
        elif b"listening" in seen and answers():
            result = f"{time.monotonic() - start:.4f} {worked():.4f}"
    print(result or "failed")
finally:
    qemu.kill()
    qemu.wait()
