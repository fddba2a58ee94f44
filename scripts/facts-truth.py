#!/usr/bin/env python3
"""make facts-truth: what the packs read off the source of projects, against what a person found by reading them.

Each directory NAME of Tests/Fixtures/facts-truth (or of the one given) holds `project/` and `truth.json`:

    {"language": "python",              for the table
     "app": null,                       what --app is given
     "facts": {"routes": ["GET /"], …}, every kind of docs/contract.md; one that is left out has no values
     "open": ["egress"]}                kinds of which a person cannot say that the list is whole

Fails when precision over all is below 0.95, recall below 0.9, or a list says that it is whole and a value is missing in it
or it is among `open`."""

import json
import os
import subprocess
import sys

KINDS = ["cache-namespaces", "egress", "env-optional", "env-required", "ports", "routes", "writes"]
PRECISION, RECALL = 0.95, 0.9


def found(packc, project, app):
    command = [packc, "plan", "--facts", "--json", project] + (["--app", app] if app else [])
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=180)
    if result.returncode != 0:
        text = (result.stdout + result.stderr).decode("utf-8", "replace").strip()
        sys.exit("%s ended with %d:\n%s" % (" ".join(command), result.returncode, text))
    return {fact["kind"]: fact for fact in json.loads(result.stdout)["facts"]}


class Count:
    def __init__(self):
        self.right = self.wrong = self.missed = self.whole = self.lists = 0

    def add(self, truth, values, closed):
        self.right += len(truth & values)
        self.wrong += len(values - truth)
        self.missed += len(truth - values)
        self.whole += closed
        self.lists += 1

    @staticmethod
    def share(part, other):
        return part / (part + other) if part + other else 1.0

    def line(self, name):
        precision, recall = self.share(self.right, self.wrong), self.share(self.right, self.missed)
        return "%-24s %6d %6d %6d %10.3f %7.3f %9s" % (
            name, self.right, self.wrong, self.missed, precision, recall, "%d/%d" % (self.whole, self.lists))


def main():
    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    packc = os.environ.get("PACKC", os.path.join(home, ".build/release/packc"))
    place = sys.argv[1] if len(sys.argv) > 1 else os.path.join(home, "Tests/Fixtures/facts-truth")
    kinds = {kind: Count() for kind in KINDS}
    projects, total, problems = {}, Count(), []
    names = [name for name in sorted(os.listdir(place)) if os.path.exists(os.path.join(place, name, "truth.json"))]
    if not names:
        sys.exit("there is no truth.json below %s" % place)
    for name in names:
        with open(os.path.join(place, name, "truth.json"), encoding="utf-8") as file:
            truth = json.load(file)
        unknown = set(truth["facts"]) - set(KINDS) | set(truth["open"]) - set(KINDS)
        if unknown:
            sys.exit("%s/truth.json names kinds that there are not: %s" % (name, ", ".join(sorted(unknown))))
        facts = found(packc, os.path.join(place, name, "project"), truth.get("app"))
        count = projects["%s (%s)" % (name, truth["language"])] = Count()
        for kind in KINDS:
            wanted = set(truth["facts"].get(kind, []))
            fact = facts.get(kind, {"values": [], "closed": "unknown"})
            values, closed = set(fact["values"]), fact["closed"] is True
            for counter in (kinds[kind], count, total):
                counter.add(wanted, values, closed)
            for what, some in (("missed", wanted - values), ("wrong", values - wanted)):
                for value in sorted(some):
                    print("%s: %s %s: %s" % (name, what, kind, value))
            if closed and (wanted - values or kind in truth["open"]):
                problems.append("%s: %s says that it is whole, and is not" % (name, kind))
    print("%-24s %6s %6s %6s %10s %7s %9s" % ("", "right", "wrong", "missed", "precision", "recall", "whole"))
    for name, count in list(projects.items()) + sorted(kinds.items()) + [("all", total)]:
        print(count.line(name))
    if Count.share(total.right, total.wrong) < PRECISION:
        problems.append("precision is below %.2f" % PRECISION)
    if Count.share(total.right, total.missed) < RECALL:
        problems.append("recall is below %.2f" % RECALL)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
