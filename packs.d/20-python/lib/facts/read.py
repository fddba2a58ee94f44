"""Prints what the source of a Python project says of the program, as one JSON document; reads only. Run in the project's
directory by the interpreter that will run the program: `python3 -I -B read.py ROOT [WORD…]`. The words are the command
line of the program, which says with which modules it begins; ROOT is the directory from which it starts, relative to here."""

import ast
import json
import os
import re
import shlex
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from django import Django  # noqa: E402
from environment import Environment  # noqa: E402
from fold import Folder  # noqa: E402
from known import Known  # noqa: E402
from model import Project  # noqa: E402
from modules import parse  # noqa: E402
from network import Network  # noqa: E402
from plain import Plain  # noqa: E402
from report import ALL, Report  # noqa: E402
from routes import Routes  # noqa: E402
from syntax import argument, last  # noqa: E402
from writes import Writes  # noqa: E402

MAXIMUM_FILES = 4000
MAXIMUM_BYTES = 2 << 20
MAXIMUM_TOTAL = 48 << 20

SKIPPED = {
    ".git", ".hg", ".venv", "venv", "env", "node_modules", "__pycache__", "site-packages", "build", "dist", ".tox", ".nox",
    ".eggs", ".packc",
}
# No part of the program, unless it imports them.
BESIDE = re.compile(r"tests?|testing|docs?|examples?|benchmarks?|e2e|tests?_\w+|\w+_tests?")
BESIDE_FILES = re.compile(r"(^|/)(test_[^/]*|[^/]*_tests?|conftest|setup|noxfile|fabfile|tests|__main__)\.py$")


def files():
    for directory, names, entries in os.walk("."):
        names[:] = sorted(
            name for name in names
            if name not in SKIPPED and not name.startswith(".") and not name.endswith(".egg-info")
            and not os.path.islink(os.path.join(directory, name))
            and not os.path.exists(os.path.join(directory, name, "pyvenv.cfg"))
        )
        for entry in sorted(entries):
            path = os.path.relpath(os.path.join(directory, entry), ".")
            if entry.endswith(".py") and os.path.isfile(path) and not os.path.islink(path):
                yield path.replace(os.sep, "/")


def is_beside(path):
    return any(BESIDE.fullmatch(name) for name in path.split("/")[:-1]) or bool(BESIDE_FILES.search(path))


def load(report):
    modules, problems, total = [], {}, 0
    for count, path in enumerate(files()):
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            report.doubt([ALL], "a file whose name is not UTF-8 was not read")
            continue
        if count >= MAXIMUM_FILES or total > MAXIMUM_TOTAL:
            report.doubt([ALL], "more source files than are looked at")
            break
        total += os.path.getsize(path)
        module = parse(path, MAXIMUM_BYTES)
        if isinstance(module, str):
            problems[path] = module
        else:
            modules.append(module)
    return modules, problems


class Reach:
    """The modules that the program is made of: those that it begins with, and what they import or name."""

    def __init__(self, project, root, words):
        self.project = project
        self.root = root
        self.served = []
        self.beginning = self._beginning(words)

    def _beginning(self, words):
        found = []
        paths = self.project.modules
        for index, word in enumerate(words):
            # `-c "from shop.cli import main; …"`
            names = re.findall(r"(?:from|import)\s+([\w.]+)", word) if " import " in word or word.startswith("import ") else []
            word = os.path.normpath(os.path.join(self.root, word.split("(")[0]))
            name = os.path.basename(word).split(":")[0]
            if word in paths:
                found.append(word)
            elif re.fullmatch(r"[\w.]+", name) and (":" in word or index and words[index - 1] in ("-m", "--app")):
                names.append(name)
            for name in names:
                module = self.project.find(name, self.root) or self.project.find(name, "src")
                for directory in sorted({os.path.dirname(path) for path in paths}):
                    module = module or self.project.find(name, directory)
                if module and not module[1]:
                    found.append(module[0].path)
                    if ":" in word:
                        self.served.append((module[0].path, word.split(":")[-1]))
                    main = os.path.join(os.path.dirname(module[0].path), "__main__.py")
                    if module[0].path.endswith("__init__.py") and main in paths:
                        found.append(main)
        return found

    def modules(self):
        """None when nothing says where the program begins."""
        if not self.beginning:
            return None
        seen, open_ = set(), list(self.beginning)
        while open_:
            path = open_.pop()
            if path in seen:
                continue
            seen.add(path)
            open_ += self._next(self.project.modules[path])
        # What a server reads beside the program.
        for path in self.project.modules:
            if re.search(r"(^|/)gunicorn[\w.]*\.py$", path):
                seen.add(path)
        return seen

    def _next(self, module):
        directory = os.path.dirname(module.path)
        found = []
        for name in list(module.imports.values()) + module.stars:
            found += self._below(name, directory)
        for node in module.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    found += self._below(alias.name, directory)
            elif isinstance(node, ast.ImportFrom):
                base = module.base(node)
                found += self._below(base, directory)
                for alias in node.names:
                    found += self._below(base + ("" if base.endswith(":") or not base else ".") + alias.name, directory)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                # Django and others name modules by texts.
                if re.fullmatch(r"[A-Za-z_][\w.]*(:\w+)?", node.value) and len(node.value) < 200:
                    found += self._named(node.value.split(":")[0], directory)
        return found

    def _below(self, dotted, directory):
        if not dotted:
            return []
        module = self.project.find(dotted, directory)
        found = [module[0].path] if module else []
        parts = dotted.split(".") if not dotted.startswith("@") else []
        for count in range(1, len(parts)):
            above = self.project.find(".".join(parts[:count]), directory)
            if above and not above[1]:
                found.append(above[0].path)
        return found

    def _named(self, dotted, directory):
        module = self.project.find(dotted, directory)
        if not module or len(module[1]) > 2 or len(module[1]) == len(dotted.split(".")):
            return []
        path = module[0].path
        found = [path]
        if path.endswith("__init__.py") and not module[1]:
            below = os.path.dirname(path) + "/"
            found += [other for other in self.project.modules if other.startswith(below) and not is_beside(other)]
        return found


def options(modules):
    """Defaults of command line options, by the names under which the program has them."""
    found = {}
    for module in modules:
        for node in module.nodes:
            if not isinstance(node, ast.Call) or last(node.func) not in ("add_argument", "option", "argument"):
                continue
            default = argument(node, None, "default")
            if default is None:
                continue
            names = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            destination = argument(node, None, "dest")
            if isinstance(destination, ast.Constant):
                names = [destination.value]
            for name in names:
                if isinstance(name, str):
                    found.setdefault(name.lstrip("-").replace("-", "_"), []).append((default, module))
    return found


def procfile(report):
    """Ports of the web line's command."""
    try:
        with open("Procfile", "rb") as file:
            content = file.read(1 << 16).decode("utf-8", "replace")
    except OSError:
        return
    for number, line in enumerate(content.splitlines(), 1):
        match = re.match(r"web\s*:\s*(.*)", line)
        if not match:
            continue
        try:
            words = shlex.split(match.group(1))
        except ValueError:
            continue
        place = Line(number)
        for index, word in enumerate(words):
            option, _, value = word.partition("=")
            if option in ("-b", "--bind", "-p", "--port", "--listen", "-l"):
                value = value or (words[index + 1] if index + 1 < len(words) else "")
                port = re.search(r"(?:^|:)(\d+)$", value)
                if port:
                    report.site("ports", port.group(1), Place("Procfile"), place)
                elif "$PORT" in value or "${PORT" in value:
                    report.gap(["ports"], "the port is no literal", Place("Procfile"), place)


class Place:
    def __init__(self, path):
        self.path = path


class Line:
    def __init__(self, lineno):
        self.lineno = lineno


def serves(project):
    """Whether something outside of the source, a server of WSGI or ASGI, listens for the program."""
    for module in project.modules.values():
        for name in module.imports.values():
            if name.split(".")[0] in ("flask", "fastapi", "starlette", "django", "falcon", "quart", "bottle", "sanic", "pyramid"):
                return True
    return False


def main():
    report = Report()
    modules, problems = load(report)
    project = Project(modules)
    start = Reach(project, sys.argv[1], sys.argv[2:])
    reach = start.modules()
    if reach is None:
        reach = {module.path for module in modules if not is_beside(module.path) or module.path == "__main__.py"}
        if not reach:
            reach = {module.path for module in modules}
        report.doubt([ALL], "nothing says with which file the program begins")
    for path, problem in problems.items():
        if not is_beside(path):
            report.doubt([ALL], problem)
    project = Project([module for module in modules if module.path in reach])
    folder = Folder(project, options(project.modules.values()))
    parts = [part(project, folder, report) for part in (Known, Environment, Routes, Django, Writes, Network)]
    for part in parts + [Plain(project, folder, report, start.served)]:
        try:
            part.read()
        except RecursionError:
            report.doubt([ALL], "the source is nested too deeply to be followed")
    procfile(report)
    if serves(project):
        report.doubt(["ports"], "the server in front of the program listens where it is told")
    json.dump(report.json(), sys.stdout, sort_keys=True)


if __name__ == "__main__":
    main()
