"""What a project declares: pyproject.toml, requirements files, setup.cfg, setup.py, Procfile."""

import os
import re

import legacy
import procfile
from files import Problem, names_of, normalized, text, toml
from requirements import Requirements, requirements_path


def table(document, *path):
    """A table of a TOML document, empty when there is none."""
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def strings(value, what):
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return value
    raise Problem("pyproject.toml: %s is no list of strings" % what, path="pyproject.toml")


def dynamic_dependencies(pyproject):
    """Dependencies that [project] leaves to its build backend: (lines, files)."""
    source = table(pyproject, "tool", "setuptools", "dynamic").get("dependencies")
    named = source.get("file") if isinstance(source, dict) else None
    # hatch-requirements-txt
    named = named or table(pyproject, "tool", "hatch", "metadata", "hooks", "requirements_txt").get("files")
    paths = [named] if isinstance(named, str) else list(named or [])
    if paths:
        lines = []
        for path in paths:
            lines += [re.sub(r"(^|\s)#.*$", "", line).strip() for line in (text(path) or "").splitlines()]
        return [line for line in lines if line and not line.startswith("-")], paths
    for read in (legacy.setup_cfg, legacy.setup_py):
        declared = read()
        if declared and declared["dependencies"]:
            return declared["dependencies"], declared["files"]
    # Poetry 2 takes them from its own table, and its lock holds them.
    if table(pyproject, "tool", "poetry").get("dependencies") or requirements_path(None):
        return [], []
    raise Problem(
        "pyproject.toml leaves its dependencies to the build backend",
        "write them into requirements.txt: `pip-compile` or `pip freeze` makes one", "pyproject.toml",
    )


def project(pyproject):
    """[project] (PEP 621), with what setuptools reads dynamically from files."""
    own = pyproject.get("project")
    if own is None:
        return None
    if not isinstance(own, dict):
        raise Problem("pyproject.toml: project is no table", path="pyproject.toml")
    dependencies, files = own.get("dependencies"), []
    if dependencies is None and "dependencies" in (own.get("dynamic") or []):
        dependencies, files = dynamic_dependencies(pyproject)
    dependencies = strings(dependencies or [], "project.dependencies")
    scripts = {key: value for key, value in table(own, "scripts").items() if isinstance(value, str)}
    extras = {key: strings(value, "an extra") for key, value in table(own, "optional-dependencies").items()}
    return {
        "name": own.get("name"), "version": own.get("version"), "dependencies": dependencies, "extras": extras,
        "scripts": scripts, "files": ["pyproject.toml"] + files, "names": names_of(dependencies),
    }


def poetry(pyproject):
    own = table(pyproject, "tool").get("poetry")
    if not isinstance(own, dict):
        return None
    scripts = {key: value for key, value in table(own, "scripts").items() if isinstance(value, str)}
    return {
        "name": own.get("name"), "version": own.get("version"), "scripts": scripts,
        "dependencies": sorted(normalized(name) for name in table(own, "dependencies") if name != "python"),
    }


def conda():
    """The conda environment of a project that declares its packages nowhere else."""
    return next((name for name in ("environment.yml", "environment.yaml") if os.path.isfile(name)), None)


def read(named):
    pyproject = toml("pyproject.toml")
    path = requirements_path(named)
    return {
        "requirements": Requirements(path).json() if path else None,
        "project": project(pyproject) if pyproject else None,
        "poetry": poetry(pyproject) if pyproject else None,
        "setup_cfg": legacy.setup_cfg(), "setup_py": legacy.setup_py(), "has_setup_py": os.path.isfile("setup.py"),
        "pipfile": os.path.isfile("Pipfile"), "conda": conda(), "web": procfile.web(), "release": procfile.release(),
    }
