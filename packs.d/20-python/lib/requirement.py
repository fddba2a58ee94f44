"""Whether a line asks for a package as PEP 508 has it: said before pip is started, with what to write instead."""

import re

from files import NAME

SPECIFIER = re.compile(r"(===|~=|==|!=|<=|>=|<|>)\s*")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._*+!-]*")
COMPARISON = re.compile(r"[<>=!~]=?|\bin\b")


def fault(line):
    """(what is wrong, what to do), None when nothing is. `line` has no comment; options of pip may stand at its end."""
    text = re.split(r"(?:^|\s)-", line, maxsplit=1)[0].strip()
    # What pip puts in for a variable is not known here.
    if "${" in text or "://" in text:
        return None
    asked, semicolon, marker = text.partition(";")
    match = NAME.match(asked)
    if not match:
        return _foreign(line)
    name, rest = asked[: match.end()].strip(), asked[match.end() :].strip()
    if semicolon and not COMPARISON.search(marker):
        return (
            "`%s` ends with a condition that compares nothing" % text,
            "write `%s; python_version >= \"3.9\"`, or leave the semicolon out" % asked.strip(),
        )
    if rest.startswith("@"):
        return None if rest[1:].strip() else ("`%s` has no address after @" % text, _either(name))
    if rest.startswith("(") and rest.endswith(")"):
        rest = rest[1:-1].strip()
    return _versions(name, rest, text)


def _either(name):
    return "write `%s==VERSION`, or `%s` alone for the newest" % (name, name)


def _foreign(line):
    if re.match(r"(<{7}|={7}|>{7})", line):
        return ("`%s` is of a merge that is not finished" % line, "keep one side, and remove the three marks")
    return (
        "`%s` names no package" % line,
        "write one package a line, as `NAME==VERSION`; a comment begins with #",
    )


def _versions(name, rest, text):
    """What follows the name: `>=1, <2`."""
    while rest:
        match = SPECIFIER.match(rest)
        if not match:
            return _between(name, rest, text)
        version = VERSION.match(rest, match.end())
        if not version:
            return ("`%s` has no version after %s" % (text, match.group(1)), _either(name))
        rest = rest[version.end() :].strip()
        if not rest:
            return None
        if not rest.startswith(","):
            if SPECIFIER.match(rest):
                return ("`%s` has no comma before %s" % (text, rest), "separate the versions by commas")
            return _between(name, rest, text)
        rest = rest[1:].strip()
    return None


def _between(name, rest, text):
    single = re.match(r"=\s*([0-9][^\s=]*)(=\S*)?$", rest)
    version = single.group(1) if single else rest if re.match(r"[0-9][^\s,]*$", rest) else None
    if version:
        return ("`%s` has no == before the version" % text, "write `%s==%s`" % (name, version))
    return (
        "`%s` is no requirement: `%s` cannot stand after the name of a package" % (text, rest),
        "write one package a line, as `NAME==VERSION`; a comment begins with #",
    )
