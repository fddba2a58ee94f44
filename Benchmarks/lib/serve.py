#!/usr/bin/env python3
"""Runs a server by `packc run` and says what its first answer took: serve.py PACKC [FLAG…]

In a built project's directory. Prints "cpu wall": seconds until the first HTTP answer, all processes and threads of it together
(packc, QEMU), or "failed" after the time limit (SERVE_LIMIT, 60 s). The request is made when packc calls the URL ready,
so that earlier ones do not give the guest work.
"""
import os, select, signal, socket, subprocess, sys, time

limit = float(os.environ.get("SERVE_LIMIT", "60"))
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
command = [sys.argv[1], "run", "--publish", f"127.0.0.1:{port}:8080", *sys.argv[2:]]


def family(process):
    """A process and all that come from it (proc_pid_task(5), children)."""
    yield process
    for thread in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{thread}/children") as file:
            for child in file.read().split():
                yield from family(int(child))


def worked():
    """CPU seconds of all threads, and of children that have ended (proc(5): schedstat, stat)."""
    total = 0.0
    for process in family(server.pid):
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/schedstat") as file:
                total += int(file.read().split()[0]) / 1e9
        with open(f"/proc/{process}/stat") as file:
            ended = file.read().rpartition(")")[2].split()[13:15]
        total += sum(map(int, ended)) / os.sysconf("SC_CLK_TCK")
    return total


def answers():
    with socket.create_connection(("127.0.0.1", port), timeout=limit) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return connection.recv(64).startswith(b"HTTP/1.")


start = time.monotonic()
server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
result = "failed"
try:
    seen = b""
    while b"ready: " not in seen and time.monotonic() - start < limit:
        if select.select([server.stderr], [], [], 0.05)[0]:
            more = os.read(server.stderr.fileno(), 65536)
            if not more:
                break
            seen += more
    if b"ready: " in seen and answers():
        result = f"{worked():.3f} {time.monotonic() - start:.3f}"
    print(result)
finally:
    server.send_signal(signal.SIGTERM)
    server.communicate()
