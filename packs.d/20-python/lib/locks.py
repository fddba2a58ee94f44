"""Lock files with hashes: uv.lock, poetry.lock, pdm.lock, pylock.toml (PEP 751), Pipfile.lock. Each becomes a flat list of the
packages that this interpreter on this platform needs: `{"name", "version", "sha256": […], "wheel"?}`."""

import json
import os

from files import Problem, normalized, text, toml
from lockgraph import PdmLock, PoetryLock, UvLock, hashes, holds, pins


def pylock(path):
    packages = []
    for package in toml(path).get("packages") or []:
        if not holds(package.get("marker")):
            continue
        files = list(package.get("wheels") or [])
        if package.get("sdist"):
            files.append(package["sdist"])
        packages.append(
            {
                "name": normalized(package["name"]), "version": package["version"],
                **pins(files, path, package["name"]),
            }
        )
    return packages


def pipfile(path):
    try:
        lock = json.loads(text(path))
    except ValueError as error:
        raise Problem(
            "%s is not valid JSON: %s" % (path, error), "run `pipenv lock`", path, getattr(error, "lineno", None))
    known = {normalized(name) for name in lock.get("default") or {}}
    for name, wanted in ((toml("Pipfile") or {}).get("packages") or {}).items():
        marker = wanted.get("markers") if isinstance(wanted, dict) else None
        if normalized(name) not in known and holds(marker):
            raise Problem(
                "%s does not hold %s, which the Pipfile asks for" % (path, name), "run `pipenv lock` and commit it",
                path, code="lock_outdated")
    packages = []
    for name, package in sorted((lock.get("default") or {}).items()):
        if not holds(package.get("markers")):
            continue
        files = [{"hash": value} for value in package.get("hashes") or []]
        packages.append(
            {
                "name": normalized(name), "version": package.get("version", "").lstrip("="),
                "sha256": hashes(files, path, name),
            }
        )
    return packages


def uv(path, declared):
    lock = UvLock(path)
    packages = lock.read(toml(path), declared)
    used = {name: place for name, place in lock.local.items() if name in lock.wanted}
    return {"path": path, "packages": packages, "local": sorted(set(used.values()))}


def read(named):
    """The first lock that there is, None without one. A requirements file that was asked for by name comes first."""
    if named:
        return None
    pyproject = toml("pyproject.toml") or {}
    declared = (pyproject.get("project") or {}).get("dependencies") or []
    for path, parse in (
        ("uv.lock", lambda path: uv(path, declared)),
        ("poetry.lock", lambda path: PoetryLock(path).read(toml(path), pyproject)),
        ("pdm.lock", lambda path: PdmLock(path).read(toml(path), declared)),
        ("pylock.toml", pylock),
        ("Pipfile.lock", pipfile),
    ):
        if os.path.isfile(path):
            try:
                found = parse(path)
            except (KeyError, TypeError, AttributeError) as error:
                raise Problem("%s is not of a form that this pack reads: %r" % (path, error), path=path)
            return found if isinstance(found, dict) else {"path": path, "packages": found, "local": []}
    return None
