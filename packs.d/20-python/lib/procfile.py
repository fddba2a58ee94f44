"""The `web:` line of a Procfile, without a shell: the one command that serves, and what comes before it.

Variables stay as they are written (`$PORT`); packc_serve.py puts their values in when the program starts."""

import re
import shlex

from files import text

# What only starts a command in an environment of its own, which the image is.
WRAPPERS = {"exec"}
MANAGERS = {"poetry", "pipenv", "uv", "pdm", "hatch", "rye"}
SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


def lines():
    for number, line in enumerate((text("Procfile") or "").split("\n"), 1):
        match = re.match(r"\s*([A-Za-z0-9_-]+):\s*(.*?)\s*$", line)
        if match:
            yield match.group(1), match.group(2), number


def split(command):
    """The commands of a line that are joined by && or ;, each as words; None for what needs a shell."""
    if "`" in command or "$(" in command:
        return None
    lexer = shlex.shlex(command, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    lexer.commenters = ""
    commands = [[]]
    try:
        for word in lexer:
            if word in ("&&", ";"):
                commands.append([])
            elif word and set(word) <= set("();<>|&"):
                return None
            else:
                commands[-1].append(word)
    except ValueError:
        return None
    return [words for words in commands if words]


def unwrapped(words):
    """Without settings of variables and what starts a command in an environment: (words, settings)."""
    settings = {}
    while words:
        if words[0] in WRAPPERS:
            words = words[1:]
        elif words[0] == "env" and len(words) > 1 and SETTING.match(words[1]):
            words = words[1:]
        elif SETTING.match(words[0]):
            name, value = words[0].split("=", 1)
            settings[name] = value
            words = words[1:]
        elif words[0] in MANAGERS and words[1:2] == ["run"]:
            words = words[2:]
        else:
            break
    return words, settings


def web():
    """What the web line starts: `words` is None when it needs a shell, and nothing else is known then."""
    found = next(((command, number) for name, command, number in lines() if name == "web"), None)
    if found is None or not found[0]:
        return None
    command, number = found
    plain = {"text": command, "line": number, "words": None, "before": [], "directory": "", "settings": {}}
    commands = split(command)
    # `sh -c "gunicorn …"`
    if commands and len(commands) == 1 and commands[0][0] in ("sh", "bash") and commands[0][1:2] == ["-c"]:
        commands = split(commands[0][2]) if len(commands[0]) == 3 else None
    if not commands:
        return plain
    directory, before = "", []
    for words in commands[:-1]:
        if words[0] == "cd" and len(words) == 2 and re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", words[1]) and ".." not in words[1]:
            directory = "/".join(part for part in (directory + "/" + words[1]).split("/") if part not in ("", "."))
        else:
            before.append(" ".join(words))
    words, settings = unwrapped(commands[-1])
    # Gunicorn's and uvicorn's --chdir and --app-dir stay theirs.
    if words:
        plain.update(words=words, before=before, directory=directory, settings=settings)
    return plain


def release():
    """The command of the release phase, which a build never runs: it changes a database."""
    return next((command for name, command, _ in lines() if name == "release"), None)
