#!/usr/bin/env python3
"""Kills at random: the supervisor, QEMU, both, the command, while deployments are made, changed and removed.

What is true is read from /proc, the sockets and the directories, never from packc: see `Oracle`. The seed is printed, and
gives the same operations and kills again (not the same moments: those are the machine's).

    chaos.py PACKC IMAGE-DIR [--seed N] [--kills N] [--seconds N]
"""
import argparse
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MARK = b"PACKC_MACHINE="
NAMES = ["ant", "bee", "cat"]


def environ(pid):
    try:
        return (pathlib.Path("/proc") / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def alive(pid):
    try:
        stat = (pathlib.Path("/proc") / str(pid) / "stat").read_bytes()
    except OSError:
        return False
    return stat.rsplit(b")", 1)[1].split()[0] not in (b"Z", b"X")


class Oracle:
    """What is, without packc: processes by their environment, ports by connecting, deployments by their files."""

    def __init__(self, state, ports):
        self.state, self.ports = pathlib.Path(state), ports
        self.ids = {}

    def note(self):
        for name in NAMES:
            try:
                self.ids[json.loads((self.state / "packc/machines" / name / "machine.json").read_bytes())["id"]] = name
            except (OSError, ValueError):
                pass

    def processes(self):
        """(pid, name, is it QEMU) of everything with the mark of a deployment in this state directory."""
        self.note()
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or not alive(entry):
                continue
            marks = [word[len(MARK):].decode() for word in environ(entry) if word.startswith(MARK)]
            if not marks or marks[0] not in self.ids:
                continue
            try:
                words = (pathlib.Path("/proc") / entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            found.append((int(entry), self.ids[marks[0]], b"qemu" in words[0]))
        return found

    def of(self, name, qemu):
        return [pid for pid, owner, is_qemu in self.processes() if owner == name and is_qemu == qemu]

    def answers(self, name):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.ports[name], timeout=3)
            connection.request("GET", "/")
            return connection.getresponse().status
        except OSError:
            return None
        except http.client.HTTPException:
            return None

    def listening(self):
        ports = set()
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                ports.add(int(fields[1].split(":")[1], 16))
        return {name for name, port in self.ports.items() if port in ports}


class Chaos:
    def __init__(self, options):
        self.packc, self.image = options.packc, options.image
        self.random = random.Random(options.seed)
        self.place = tempfile.mkdtemp(prefix="packc-chaos-")
        base = 20000 + self.random.randrange(20000)
        self.ports = {name: base + index for index, name in enumerate(NAMES)}
        self.environment = dict(os.environ, XDG_STATE_HOME=self.place)
        self.environment.pop("PACKC_MACHINE", None)
        self.oracle = Oracle(self.place, self.ports)
        self.kills = {"supervisor": 0, "qemu": 0, "both": 0, "command": 0}
        self.operations = 0
        self.wrong = []
        self.log = []

    def call(self, *arguments, timeout=120):
        return subprocess.run(
            [self.packc, *arguments], env=self.environment, capture_output=True, text=True, timeout=timeout,
            stdin=subprocess.DEVNULL)

    def say(self, text):
        self.log.append(text)

    def fail(self, text):
        self.wrong.append(text)
        print("WRONG: " + text, flush=True)
        for line in self.log[-12:]:
            print("    " + line, flush=True)

    # Operations

    def operation(self):
        name = self.random.choice(NAMES)
        deploy = ["deploy", self.image, "--name", name, "--publish", f"{self.ports[name]}:8080", "--yes", "--confirm",
                  "--env", f"ROUND={self.random.randrange(4)}", "--grace", "1",
                  "--restart", self.random.choice(["never", "on-failure", "always"])]
        kinds = {
            "deploy": deploy, "deploy and wait": deploy + ["--wait=60"], "stop": ["stop", name],
            "start": ["start", name], "restart": ["restart", name], "rollback": ["rollback", name],
            "destroy": ["destroy", name], "status": ["status"], "logs": ["logs", name],
        }
        kind = self.random.choices(list(kinds), weights=[8, 6, 3, 3, 4, 2, 3, 1, 1])[0]
        return name, kind, kinds[kind]

    def kill(self, pids):
        count = 0
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
                count += 1
            except ProcessLookupError:
                pass
        return count

    def round(self):
        name, kind, arguments = self.operation()
        victim = self.random.choice(["supervisor", "qemu", "both", "command", "command", "none"])
        delay = self.random.choice([0.01, 0.03, 0.08, 0.2, 0.5, 1.0]) * (0.5 + self.random.random())
        self.operations += 1
        self.say(f"{kind} {name}; kill {victim} after {delay:.3f} s")
        process = subprocess.Popen(
            [self.packc, *arguments], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, text=True)
        time.sleep(delay)
        killed = 0
        if victim == "command":
            killed = self.kill([process.pid]) if process.poll() is None else 0
        elif victim != "none":
            targets = []
            if victim in ("supervisor", "both"):
                targets += self.oracle.of(name, False)
            if victim in ("qemu", "both"):
                targets += self.oracle.of(name, True)
            killed = self.kill(targets)
        if killed:
            self.kills[victim] += 1
        try:
            output, _ = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            self.fail(f"{kind} {name} did not come back: {output}")
        self.say(f"  -> {process.returncode}: {output.strip().splitlines()[:1]}")
        if "internal" in output and "error" in output:
            self.fail(f"{kind} {name}: {output}")
        if kind == "destroy" and process.returncode == 0 and victim in ("none", "supervisor", "qemu", "both"):
            left = [entry for entry in self.oracle.processes() if entry[1] == name]
            if left:
                self.fail(f"after destroy {name}: {left}")
        if kind == "stop" and process.returncode == 0:
            left = [entry for entry in self.oracle.processes() if entry[1] == name]
            if left:
                self.fail(f"after stop {name}: {left}")

    # The truth

    def judge(self):
        """States against what is there. What is in motion is looked at again: only what stays wrong is wrong."""
        problems = []
        for attempt in range(12):
            problems = self.look()
            if not problems:
                return
            time.sleep(0.5)
        for problem in problems:
            self.fail(problem)

    def look(self):
        answer = self.call("status", "--json")
        if answer.returncode != 0:
            return [f"status: {answer.returncode} {answer.stderr}"]
        problems = []
        machines = {machine["name"]: machine for machine in json.loads(answer.stdout)["machines"]}
        processes = self.oracle.processes()
        for name in NAMES:
            qemu = [pid for pid, owner, is_qemu in processes if owner == name and is_qemu]
            supervisors = [pid for pid, owner, is_qemu in processes if owner == name and not is_qemu]
            machine = machines.get(name)
            if machine is None:
                if qemu or supervisors:
                    problems.append(f"{name} is not known, and runs: {qemu} {supervisors}")
                continue
            state = machine["state"]
            if len(qemu) > 1 or len(supervisors) > 1:
                problems.append(f"{name} runs twice: {qemu} {supervisors}")
            if state in ("running", "unhealthy") and not (qemu and supervisors):
                problems.append(f"{name} is {state}, without its processes: {qemu} {supervisors}")
            if state in ("starting", "stopping", "pending") and not supervisors:
                problems.append(f"{name} is {state}, without a supervisor")
            if state in ("exited", "failed") and (qemu or supervisors):
                problems.append(f"{name} is {state}, with processes: {qemu} {supervisors}")
            if state == "broken" and (supervisors or not qemu):
                problems.append(f"{name} is broken: {qemu} {supervisors}")
            if state == "running" and qemu and supervisors and self.oracle.answers(name) is None:
                problems.append(f"{name} is running, and does not answer")
        return problems

    def end(self):
        for name in NAMES:
            answer = self.call("destroy", name)
            if answer.returncode != 0:
                self.fail(f"the last destroy of {name}: {answer.stderr}")
            again = self.call("destroy", name, "--json")
            fates = {line["fate"] for line in json.loads(again.stdout)["destroyed"][0]["resources"]}
            if again.returncode != 0 or fates != {"not found"}:
                self.fail(f"destroy {name} a second time: {again.returncode} {fates}")
        left = self.oracle.processes()
        if left:
            self.fail(f"processes are left: {left}")
        if self.oracle.listening():
            self.fail(f"ports are left: {self.oracle.listening()}")
        allowed = {"operations.jsonl", "operations.jsonl.1", "ports.lock", "releases.lock", "machines", "releases"}
        root = pathlib.Path(self.place) / "packc"
        files = [str(path.relative_to(root)) for path in root.rglob("*") if str(path.relative_to(root)) not in allowed]
        if files:
            self.fail(f"files are left: {files}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("packc")
    parser.add_argument("image")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=1800)
    options = parser.parse_args()
    print(f"chaos: seed {options.seed}", flush=True)
    chaos = Chaos(options)
    began = time.time()
    try:
        while sum(chaos.kills.values()) < options.kills and time.time() - began < options.seconds and not chaos.wrong:
            chaos.round()
            if chaos.operations % 4 == 0:
                chaos.judge()
            if chaos.operations % 40 == 0:
                print(f"chaos: {chaos.operations} operations, {sum(chaos.kills.values())} kills", flush=True)
        chaos.judge()
    finally:
        chaos.end()
        for pid, _, _ in chaos.oracle.processes():
            os.kill(pid, signal.SIGKILL)
        if not chaos.wrong:
            shutil.rmtree(chaos.place)
    kills = ", ".join(f"{count} of {what}" for what, count in chaos.kills.items())
    print(f"chaos: {chaos.operations} operations, {sum(chaos.kills.values())} kills ({kills}), "
          f"{time.time() - began:.0f} s, seed {options.seed}: " + (f"{len(chaos.wrong)} WRONG" if chaos.wrong else "all true"))
    if sum(chaos.kills.values()) < options.kills and not chaos.wrong:
        print(f"chaos: the time was up before {options.kills} kills")
    sys.exit(1 if chaos.wrong else 0)


main()
