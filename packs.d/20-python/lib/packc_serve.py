"""Starts a program as the interpreter does (`-m MODULE ARGUMENT…` or `FILE ARGUMENT…`), with the values of variables in its
arguments: `$NAME`, `${NAME}`, `${NAME:-value}`. An image has no shell, and the port of a server is only known when it starts."""

import os
import re
import runpy
import sys

VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}]*))?\})")


def expand(word, environment):
    def value(match):
        return environment.get(match.group(1) or match.group(2)) or match.group(3) or ""

    return VARIABLE.sub(value, word)


def main():
    words = [expand(word, os.environ) for word in sys.argv[1:]]
    if words[:1] == ["-m"] and len(words) > 1:
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    elif words:
        sys.argv = words
        sys.path[0] = os.path.dirname(os.path.abspath(words[0]))
        runpy.run_path(words[0], run_name="__main__")
    else:
        raise SystemExit("usage: python -m packc_serve (-m MODULE | FILE) ARGUMENT…")


if __name__ == "__main__":
    main()
