"""What a project declares: pyproject.toml, requirements files, setup.cfg, setup.py, Procfile."""

import configparser
import os
import re


class Problem(Exception):
    def __init__(self, message, hint=None, path=None):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path


def text(path):
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    except OSError as error:
        raise Problem("%s cannot be read: %s" % (path, error.strerror), path=path)


def toml(path):
    """The file as a dictionary, None when it does not exist."""
    content = text(path)
    if content is None:
        return None
    try:
        import tomllib as reader
    except ImportError:
        try:
            from pip._vendor import tomli as reader
        except ImportError:
            raise Problem(
                "%s cannot be read: this Python has neither tomllib nor pip" % path, "use Python 3.11 or newer", path
            )
    try:
        return reader.loads(content)
    except reader.TOMLDecodeError as error:
        raise Problem("%s is not valid TOML: %s" % (path, error), path=path)


def normalized(name):
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?")


class Requirements:
    """A requirements file and those that it includes."""

    def __init__(self, path):
        self.path = path
        self.files = []
        self.names = set()
        self.has_lines = False
        self.all_hashed = True
        self.own = False
        self._read(path)

    def _read(self, path):
        path = os.path.normpath(path)
        if path.startswith("..") or os.path.isabs(path):
            raise Problem("%s includes %s, which lies outside of the project" % (self.path, path), path=self.path)
        if path in self.files:
            return
        content = text(path)
        if content is None:
            raise Problem("%s includes %s, which does not exist" % (self.path, path), path=self.path)
        self.files.append(path)
        for line in content.replace("\\\r\n", " ").replace("\\\n", " ").splitlines():
            self._line(re.sub(r"(^|\s)#.*$", "", line).strip(), os.path.dirname(path))

    def _line(self, line, directory):
        if not line:
            return
        include = re.match(r"(-r|--requirement|-c|--constraint)[\s=]*(\S+)$", line)
        if include and include.group(1) in ("-r", "--requirement"):
            self._read(os.path.join(directory, include.group(2)))
        elif include:
            path = os.path.normpath(os.path.join(directory, include.group(2)))
            if "://" not in include.group(2) and path not in self.files:
                self.files.append(path)
        elif re.match(r"(-e|--editable)[\s=]*\S+", line) or re.match(r"\.{0,2}/|\.$|\.\[", line):
            self._path(re.sub(r"^(-e|--editable)[\s=]*", "", line))
        elif line.startswith("-"):
            return
        else:
            self._requirement(line)

    def _path(self, target):
        if re.match(r"\.(\[[^\]]*\])?/?$", target):
            self.own = True
            return
        raise Problem(
            "%s installs %s, which has no hash" % (self.path, target),
            "take it from a package index with a version", self.path,
        )

    def _requirement(self, line):
        match = NAME.match(line)
        if not match:
            raise Problem("%s: cannot read the requirement %r" % (self.path, line), path=self.path)
        rest = line[match.end() :].strip()
        if "://" in line.split(" ;")[0] and "--hash=" not in line:
            raise Problem(
                "%s installs %s from a URL, which has no hash" % (self.path, match.group(1)),
                "take it from a package index with a version, or add `#sha256=…` and `--hash`", self.path,
            )
        self.has_lines = True
        self.names.add(normalized(match.group(1)))
        for extra in (match.group(2) or "").split(","):
            if extra.strip():
                self.names.add("%s[%s]" % (normalized(match.group(1)), normalized(extra.strip())))
        if "--hash=" not in rest or "==" not in rest:
            self.all_hashed = False

    def json(self):
        return {
            "path": self.path, "files": self.files, "names": sorted(self.names), "own": self.own,
            "hashed": self.has_lines and self.all_hashed, "empty": not self.has_lines,
        }


CONVENTIONAL = (
    "requirements.txt", "requirements/production.txt", "requirements/prod.txt", "requirements/base.txt",
    "requirements/main.txt", "requirements/requirements.txt", "requirements-prod.txt", "requirements.prod.txt",
)


def requirements_path(named):
    if named:
        if text(named) is None:
            raise Problem("options.requirements names %s, which does not exist" % named, path="unik.yaml")
        return named
    return next((path for path in CONVENTIONAL if os.path.isfile(path)), None)


def project(pyproject):
    """[project] (PEP 621), with what setuptools reads dynamically from files."""
    table = pyproject.get("project")
    if not isinstance(table, dict):
        return None
    dynamic = table.get("dynamic") or []
    dependencies = table.get("dependencies")
    files = ["pyproject.toml"]
    if dependencies is None and "dependencies" in dynamic:
        source = pyproject.get("tool", {}).get("setuptools", {}).get("dynamic", {}).get("dependencies", {})
        named = source.get("file") if isinstance(source, dict) else None
        paths = [named] if isinstance(named, str) else (named or [])
        if not paths:
            raise Problem(
                "pyproject.toml leaves its dependencies to the build backend",
                "write them into requirements.txt: `pip-compile` or `pip freeze` makes one", "pyproject.toml",
            )
        lines = []
        for path in paths:
            lines += [re.sub(r"(^|\s)#.*$", "", line).strip() for line in (text(path) or "").splitlines()]
            files.append(path)
        dependencies = [line for line in lines if line and not line.startswith("-")]
    return {
        "name": table.get("name"), "version": table.get("version"), "dependencies": dependencies or [],
        "extras": table.get("optional-dependencies") or {}, "scripts": table.get("scripts") or {}, "files": files,
    }


def poetry(pyproject):
    table = pyproject.get("tool", {}).get("poetry")
    if not isinstance(table, dict):
        return None
    scripts = {key: value for key, value in (table.get("scripts") or {}).items() if isinstance(value, str)}
    return {
        "name": table.get("name"), "version": table.get("version"), "scripts": scripts,
        "dependencies": sorted(normalized(name) for name in table.get("dependencies") or {} if name != "python"),
    }


def setup_cfg():
    content = text("setup.cfg")
    if content is None:
        return None
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(content)
    except configparser.Error as error:
        raise Problem("setup.cfg cannot be read: %s" % str(error).splitlines()[0], path="setup.cfg")
    if not parser.has_section("options") and not parser.has_section("metadata"):
        return None
    install = parser.get("options", "install_requires", fallback="")
    scripts = {}
    for line in parser.get("options.entry_points", "console_scripts", fallback="").splitlines():
        if "=" in line:
            key, value = line.split("=", 1)
            scripts[key.strip()] = value.strip()
    return {
        "name": parser.get("metadata", "name", fallback=None), "scripts": scripts,
        "dependencies": [line.strip() for line in install.splitlines() if line.strip()],
    }


def names_of(lines):
    names = set()
    for line in lines:
        match = NAME.match(line)
        if match:
            names.add(normalized(match.group(1)))
            for extra in (match.group(2) or "").split(","):
                if extra.strip():
                    names.add("%s[%s]" % (normalized(match.group(1)), normalized(extra.strip())))
    return sorted(names)


def read(named):
    pyproject = toml("pyproject.toml")
    path = requirements_path(named)
    procfile = None
    for line in (text("Procfile") or "").splitlines():
        if line.startswith("web:"):
            procfile = line[4:].strip()
    declared = project(pyproject) if pyproject else None
    if declared:
        declared["names"] = names_of(declared["dependencies"])
    cfg = setup_cfg()
    if cfg:
        cfg["names"] = names_of(cfg["dependencies"])
    return {
        "requirements": Requirements(path).json() if path else None, "project": declared,
        "poetry": poetry(pyproject) if pyproject else None, "setup_cfg": cfg,
        "setup_py": os.path.isfile("setup.py"), "pipfile": os.path.isfile("Pipfile"), "procfile": procfile,
    }
