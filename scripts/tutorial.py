"""tutorial.py PAGE DIRECTORY: does what a page of Markdown tells its reader to do, in that directory.

A fenced block with a path after its language is a file that is written (and stays executable when it was). A block in
`console` holds commands after `$ ` and what they print, on either stream: `…` in a line stands for anything, and a line of
`…` alone for any number of lines. A command must succeed, unless its output begins with `error:`."""

import re
import subprocess
import sys
from pathlib import Path


def blocks(page):
    """(line, language, path, text) of each fenced block."""
    language = None
    for number, line in enumerate(page.split("\n"), 1):
        fence = re.fullmatch(r"```(\w*) ?(.*)", line)
        if fence and language is None:
            start, language, path, text = number, fence[1], fence[2], []
        elif line == "```":
            yield start, language, path, "\n".join(text) + "\n"
            language = None
        elif language is not None:
            text.append(line)


def calls(text):
    """(command, expected output) of a console block."""
    command, expected = None, []
    for line in text.splitlines():
        if line.startswith("$ "):
            if command is not None:
                yield command, expected
            command, expected = line[2:], []
        else:
            expected.append(line)
    if command is not None:
        yield command, expected


def pattern(expected):
    parts = [r"(?:.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n" for line in expected]
    return re.compile("".join(parts))


def run(command, expected, directory):
    result = subprocess.run(["/bin/sh", "-c", command], cwd=directory, stdin=subprocess.DEVNULL, text=True, timeout=300,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    fails = bool(expected) and expected[0].startswith("error:")
    if (result.returncode != 0) != fails:
        return f"it ended with {result.returncode} and printed\n{result.stdout}"
    # A command that is shown without output may print what it likes.
    if expected and not pattern(expected).fullmatch(result.stdout):
        return f"it printed\n{result.stdout}in the place of\n" + "\n".join(expected) + "\n"
    return None


def main():
    page, directory = Path(sys.argv[1]), Path(sys.argv[2])
    commands = files = 0
    for line, language, path, text in blocks(page.read_text(encoding="utf-8")):
        if path:
            files += 1
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        elif language == "console":
            for command, expected in calls(text):
                commands += 1
                problem = run(command, expected, directory)
                if problem:
                    sys.exit(f"{page}:{line}: $ {command}\n{problem}")
    if not commands or not files:
        sys.exit(f"{page}: no commands or no files were found in it")
    print(f"{page}: {commands} commands and {files} files do what it says")


main()
