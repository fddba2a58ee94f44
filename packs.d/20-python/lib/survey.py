"""Prints what a Python project is made of, as one JSON document; reads only. Run in the project's directory by the
interpreter that will run the program: `python3 -I -B survey.py WHAT [REQUIREMENTS-FILE]`, where WHAT is `all`, or `packages`
for what is known without a look at the sources."""

import importlib.util
import json
import os
import site
import sys
import sysconfig

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import declared  # noqa: E402
import files  # noqa: E402
import locks  # noqa: E402
import sources  # noqa: E402


def interpreter():
    base = getattr(sys, "_base_executable", None) or sys.executable
    pip = None
    if importlib.util.find_spec("pip"):
        import pip as module

        pip = module.__version__
    return {
        "version": "%d.%d.%d" % sys.version_info[:3],
        "implementation": sys.implementation.name,
        "executable": os.path.realpath(base),
        "prefix": os.path.realpath(sys.base_prefix),
        "stdlib": os.path.realpath(sysconfig.get_path("stdlib")),
        "site": [os.path.abspath(path) for path in site.getsitepackages()],
        "platform": sysconfig.get_platform().replace("-", "_").replace(".", "_"),
        "pip": pip,
    }


def main():
    named = sys.argv[2] if len(sys.argv) > 2 else None
    problems = []
    document = {"interpreter": interpreter(), "problems": problems}
    for key, read in (
        ("declared", lambda: declared.read(named)),
        ("lock", lambda: locks.read(named)),
        ("sources", sources.read),
    ):
        if key == "sources" and sys.argv[1] == "packages":
            continue
        try:
            document[key] = read()
        except files.Problem as problem:
            problems.append(problem.json())
    json.dump(document, sys.stdout, sort_keys=True)


if __name__ == "__main__":
    main()
