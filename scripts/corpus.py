#!/usr/bin/env python3
"""make corpus: detection measured on real repositories.

usage: corpus.py PACKC TSV CHECKOUTS [--plans] [--only LANGUAGE]

TSV has a row a project: repo, commit, path, expected, facts. CHECKOUTS holds the path of each as OWNER+REPO/PATH.
`expected` is the name of a pack, `other:LANGUAGE` for a language without one, or `none`. The exit code is 1 when the
shares are not reached that the last lines name.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

RIGHT, SEVERAL, WRONG, MISSED, BROKEN = "right", "several", "wrong", "missed", "broken"


def packc(binary, project, cache, *arguments):
    environment = dict(os.environ, XDG_CACHE_HOME=cache, NO_COLOR="1")
    done = subprocess.run(
        [binary, "plan", project, "--json", *arguments], env=environment, capture_output=True, text=True, timeout=120)
    try:
        document = json.loads(done.stdout)
    except ValueError:
        document = {"error": {"code": "no_document", "message": done.stderr[-500:], "exit": done.returncode}}
    return document, done.returncode


def judge(expected, document):
    """The verdict on one row, and what was found."""
    candidates = document.get("candidates") or []
    packs = sorted({candidate["pack"] for candidate in candidates})
    error = document.get("error")
    chosen = (document.get("pack") or {}).get("name")
    claims = expected in ("none",) or expected.startswith("other:")
    if error and error["exit"] == 22:
        return (RIGHT if claims else BROKEN), f"{error['code']}: {error['message'].splitlines()[0][:100]}"
    if candidates:
        found = ", ".join(f"{c['pack']}:{c['app']}" if c["app"] else c["pack"] for c in candidates)
        if claims:
            return RIGHT, found
        return (SEVERAL if expected in packs else WRONG), found
    if chosen:
        return (RIGHT if chosen == expected else WRONG), chosen
    return (RIGHT if claims else MISSED), error["code"] if error else "nothing"


def words(command):
    """What of a start command can be looked for in a plan: its files and module names."""
    command = re.sub(r"\$\([^)]*\)|\$\{[^}]*\}|\$[A-Z_]+", " ", command)
    plain = [word for word in re.split(r"[\s&;|=]+", command) if re.fullmatch(r"[\w@./:-]+", word)]
    return [os.path.basename(word) for word in plain if re.search(r"\.(js|mjs|cjs|ts|py)$|:\w+$|\.wsgi$", word)]


def agreement(facts, document):
    """None when nothing comparable is known; else (agrees, text)."""
    known = dict(part.split("=", 1) for part in facts.split("; ") if "=" in part)
    start = known.get("npm_start") or known.get("start")
    if not start:
        return None
    if document.get("error"):
        return True, "says why not: " + document["error"]["message"].splitlines()[0][:150]
    wanted = words(start)
    said = json.dumps([document.get("entrypoint"), document.get("env"), document.get("decisions")])
    missing = [word for word in wanted if word not in said and word.split(":")[0] not in said]
    return not missing, f"{start}  ->  {' '.join(document.get('entrypoint', []))}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packc")
    parser.add_argument("tsv")
    parser.add_argument("checkouts")
    parser.add_argument("--plans", action="store_true", help="compare start commands too; asks the toolchains")
    parser.add_argument("--only", help="rows of this expectation")
    arguments = parser.parse_args()
    with open(arguments.tsv, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith(("repo\t", "#"))]
    if arguments.only:
        rows = [row for row in rows if row[3] == arguments.only]
    cache = tempfile.TemporaryDirectory(prefix="packc-corpus.")
    counts = collections.defaultdict(collections.Counter)
    plans = []

    def measure(row):
        repo, _, path, expected = row[:4]
        project = os.path.join(arguments.checkouts, repo.replace("/", "+"), "" if path == "." else path)
        if not os.path.isdir(project):
            return row, None, None, None
        document, _ = packc(arguments.packc, project, cache.name, "--detect-only")
        plan = None
        if arguments.plans and not expected.startswith("other:") and len(row) > 4:
            planned, _ = packc(arguments.packc, project, cache.name)
            plan = agreement(row[4], planned)
        return row, *judge(expected, document), plan

    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for row, verdict, found, plan in pool.map(measure, rows):
            repo, _, path, expected = row[:4]
            if verdict is None:
                print(f"absent   {expected:15} {repo} {path}: no checkout")
                counts[expected]["absent"] += 1
                continue
            counts[expected][verdict] += 1
            if verdict != RIGHT:
                print(f"{verdict:8} {expected:15} {repo} {path}: {found}")
            if plan is not None:
                plans.append(plan[0])
                if not plan[0]:
                    print(f"plan     {expected:15} {repo} {path}: {plan[1]}")
    print()
    total, others = collections.Counter(), collections.Counter()
    for expected in sorted(counts):
        line = counts[expected]
        print(f"{expected:20} " + ", ".join(f"{line[key]} {key}" for key in (RIGHT, SEVERAL, WRONG, MISSED, BROKEN, "absent") if line[key]))
        (others if expected == "none" or expected.startswith("other:") else total).update(line)
    if plans:
        print(f"plans: {sum(plans)} of {len(plans)} agree with what is known of the start, or say why not")
    rows = sum(total.values()) or 1
    right, several = total[RIGHT] / rows, total[SEVERAL] / rows
    claimed = others[WRONG]
    print(f"the right pack: {right:.1%} (at least 92 %), candidates: {several:.1%} (at most 5 %), "
          f"together {right + several:.1%} (at least 97 %); rows of other languages claimed: {claimed} (none)")
    return 0 if right >= 0.92 and several <= 0.05 and right + several >= 0.97 and claimed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
