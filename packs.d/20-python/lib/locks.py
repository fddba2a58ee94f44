"""Lock files with hashes: uv.lock, poetry.lock, pylock.toml (PEP 751), Pipfile.lock. Each becomes a flat list of the
packages that this interpreter on this platform needs: `{"name", "version", "sha256": […], "filename"?}`."""

import json
import os

from declared import Problem, normalized, text, toml


def holds(marker, extras=()):
    """Whether an environment marker (PEP 508) is true for this interpreter."""
    if not marker:
        return True
    try:
        from pip._vendor.packaging.markers import InvalidMarker, Marker
    except ImportError:
        raise Problem("this Python has no pip, which is needed to read markers such as %r" % marker)
    try:
        parsed = Marker(marker)
        return any(parsed.evaluate({"extra": extra}) for extra in list(extras) + [""])
    except InvalidMarker:
        raise Problem("cannot read the marker %r" % marker)


def hashes(files, path, name):
    found = set()
    for file in files:
        value = file.get("hash", "")
        if value.startswith("sha256:"):
            found.add(value[7:])
        found.update(v for k, v in (file.get("hashes") or {}).items() if k == "sha256")
    if not found:
        raise Problem("%s has no sha256 for %s" % (path, name), "take it from a package index", path)
    return sorted(found)


class Graph:
    """Packages of a lock and the way from the project to those that it needs."""

    def __init__(self, path):
        self.path = path
        self.packages = {}
        self.wanted = {}

    def add(self, package):
        self.packages.setdefault(normalized(package["name"]), []).append(package)

    def need(self, name, marker, extras, parents=(), version=None):
        if not holds(marker, parents):
            return
        name = normalized(name)
        candidates = [
            p for p in self.packages.get(name, []) if (version is None or p["version"] == version) and self.fits(p)
        ]
        if not candidates:
            raise Problem("%s does not hold %s, which the project needs" % (self.path, name), self.mend, self.path)
        package = candidates[0]
        known = self.wanted.get(name)
        if known and set(extras) <= known[1]:
            return
        extras = set(extras) | (known[1] if known else set())
        self.wanted[name] = (package, extras)
        self.follow(package, extras)

    def flat(self):
        return [
            {"name": name, "version": package["version"], "sha256": self.hashes_of(package)}
            for name, (package, _) in sorted(self.wanted.items())
        ]


class UvLock(Graph):
    mend = "run `uv lock` and commit uv.lock"

    def fits(self, package):
        return any(holds(marker) for marker in package.get("resolution-markers") or [""])

    def hashes_of(self, package):
        files = list(package.get("wheels") or [])
        if package.get("sdist"):
            files.append(package["sdist"])
        return hashes(files, self.path, package["name"])

    def edges(self, dependencies, extras):
        for dependency in dependencies or []:
            self.need(
                dependency["name"], dependency.get("marker"), dependency.get("extra") or [], extras,
                dependency.get("version"),
            )

    def follow(self, package, extras):
        self.edges(package.get("dependencies"), extras)
        optional = package.get("optional-dependencies") or {}
        for extra in sorted(extras):
            self.edges(optional.get(extra), extras)

    def read(self, lock):
        own = []
        for package in lock.get("package") or []:
            source = package.get("source") or {}
            if source.get("virtual") == "." or source.get("editable") == "." or source.get("directory") == ".":
                own.append(package)
            elif "registry" in source:
                self.add(package)
            else:
                # Refused only when the program needs it.
                self.add(dict(package, wheels=[], sdist=None))
        if len(own) != 1:
            raise Problem("%s does not say which package is the project" % self.path, self.mend, self.path)
        self.edges(own[0].get("dependencies"), set())
        return self.flat()


class PoetryLock(Graph):
    mend = "run `poetry lock` and commit poetry.lock"

    def fits(self, package):
        markers = package.get("markers")
        if isinstance(markers, dict):
            markers = markers.get("main")
        return holds(markers)

    def hashes_of(self, package):
        return hashes(package.get("files") or [], self.path, package["name"])

    def follow(self, package, extras):
        for name, constraint in (package.get("dependencies") or {}).items():
            for one in constraint if isinstance(constraint, list) else [constraint]:
                table = one if isinstance(one, dict) else {}
                if table.get("optional") and not self.brought(package, name, extras):
                    continue
                if normalized(name) in self.packages or not table.get("markers"):
                    self.need(name, table.get("markers"), table.get("extras") or [], extras)

    def brought(self, package, name, extras):
        for extra in extras:
            for line in (package.get("extras") or {}).get(extra, []):
                if normalized(line.split()[0].split("[")[0].split("(")[0]) == normalized(name):
                    return True
        return False

    def read(self, lock, pyproject):
        old = (lock.get("metadata") or {}).get("files") or {}
        for package in lock.get("package") or []:
            if "files" not in package:
                package["files"] = old.get(package["name"], [])
            self.add(package)
        table = pyproject.get("tool", {}).get("poetry", {}).get("dependencies") or {}
        for name, constraint in table.items():
            if normalized(name) == "python":
                continue
            for one in constraint if isinstance(constraint, list) else [constraint]:
                one = one if isinstance(one, dict) else {}
                if one.get("optional"):
                    continue
                if self.fits_python(one.get("python")):
                    self.need(name, one.get("markers"), one.get("extras") or [])
        for line in (pyproject.get("project") or {}).get("dependencies") or []:
            self.requirement(line)
        return self.flat()

    def fits_python(self, constraint):
        """`>=3.8,<3.11`; poetry's own forms hold for every version that the project allows."""
        if not constraint or constraint[0] not in "<>=!":
            return True
        from pip._vendor.packaging.specifiers import SpecifierSet
        import platform

        return platform.python_version() in SpecifierSet(constraint)

    def requirement(self, line):
        from pip._vendor.packaging.requirements import Requirement

        parsed = Requirement(line)
        self.need(parsed.name, str(parsed.marker) if parsed.marker else None, sorted(parsed.extras))


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
                "sha256": hashes(files, path, package["name"]),
            }
        )
    return packages


def pipfile(path):
    try:
        lock = json.loads(text(path))
    except ValueError as error:
        raise Problem("%s is not valid JSON: %s" % (path, error), "run `pipenv lock`", path)
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


def read(named):
    """The first lock that there is, None without one. A requirements file that was asked for by name comes first."""
    if named:
        return None
    pyproject = toml("pyproject.toml") or {}
    for path, parse in (
        ("uv.lock", lambda path: UvLock(path).read(toml(path))),
        ("poetry.lock", lambda path: PoetryLock(path).read(toml(path), pyproject)),
        ("pylock.toml", pylock),
        ("Pipfile.lock", pipfile),
    ):
        if os.path.isfile(path):
            try:
                return {"path": path, "packages": parse(path)}
            except (KeyError, TypeError, AttributeError) as error:
                raise Problem("%s is not of a form that this pack reads: %r" % (path, error), path=path)
    return None
