"""Locks that hold a graph, of which a program needs a part: uv.lock, poetry.lock, pdm.lock."""

import os

from files import Problem, normalized


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


def pins(files, path, name):
    """The hashes of a package, and of its wheel when there is only one, for every platform: pip takes no other file then."""
    found = {"sha256": hashes(files, path, name)}
    names = [str(file.get("file") or file.get("name") or file.get("url") or file.get("path") or "") for file in files]
    wheels = [file for file, title in zip(files, names) if title.split("#")[0].endswith(".whl")]
    if len(wheels) == 1 and any(title.split("#")[0].endswith("-none-any.whl") for title in names):
        found["wheel"] = hashes(wheels, path, name)[0]
    return found


class Graph:
    """Packages of a lock and the way from the project to those that it needs."""

    def __init__(self, path):
        self.path = path
        self.packages = {}
        self.wanted = {}
        # Packages of the project itself, by name, with their directories.
        self.local = {}

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
            raise self.outdated(name)
        package = candidates[0]
        known = self.wanted.get(name)
        if known and set(extras) <= known[1]:
            return
        extras = set(extras) | (known[1] if known else set())
        self.wanted[name] = (package, extras)
        self.follow(package, extras)

    def outdated(self, name):
        return Problem(
            "%s does not hold %s, which the project needs" % (self.path, name), self.mend, self.path,
            code="lock_outdated")

    def flat(self):
        return [
            {"name": name, "version": package["version"], **self.pins_of(package)}
            for name, (package, _) in sorted(self.wanted.items()) if name not in self.local
        ]


class UvLock(Graph):
    mend = "run `uv lock` and commit uv.lock"

    def fits(self, package):
        return any(holds(marker) for marker in package.get("resolution-markers") or [""])

    def pins_of(self, package):
        files = list(package.get("wheels") or [])
        if package.get("sdist"):
            files.append(package["sdist"])
        return pins(files, self.path, package["name"])

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

    def read(self, lock, declared):
        own, members = [], []
        for package in lock.get("package") or []:
            source = package.get("source") or {}
            place = source.get("virtual") or source.get("editable") or source.get("directory")
            if place == ".":
                own.append(package)
            elif place and inside(place):
                members.append(package)
                self.local[normalized(package["name"])] = os.path.normpath(place)
            if place != "." and "registry" in source:
                self.add(package)
            elif place != ".":
                # Refused only when the program needs it.
                self.add(dict(package, wheels=[], sdist=None))
        if not own and not members:
            raise Problem("%s does not say which package is the project" % self.path, self.mend, self.path)
        for line in declared if own else []:
            name = normalized(parsed(line, "pyproject.toml").name)
            if name not in {normalized(edge["name"]) for edge in own[0].get("dependencies") or []}:
                raise self.outdated(name)
        # A workspace without a package of its own holds programs that need what its members need.
        for package in own or members:
            self.edges(package.get("dependencies"), set())
        return self.flat()


def inside(path):
    return not os.path.isabs(path) and not os.path.normpath(path).startswith("..") and os.path.isdir(path)


class PoetryLock(Graph):
    mend = "run `poetry lock` and commit poetry.lock"

    def fits(self, package):
        markers = package.get("markers")
        if isinstance(markers, dict):
            markers = markers.get("main")
        return holds(markers)

    def pins_of(self, package):
        return pins(package.get("files") or [], self.path, package["name"])

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
        found = parsed(line, "pyproject.toml")
        self.need(found.name, str(found.marker) if found.marker else None, sorted(found.extras))


class PdmLock:
    """A package with an extra is an entry of its own there, beside the one without."""

    mend = "run `pdm lock` and commit pdm.lock"

    def __init__(self, path):
        self.path = path
        self.entries = {}
        self.wanted = {}
        self.seen = set()

    def read(self, lock, dependencies):
        old = (lock.get("metadata") or {}).get("files") or {}
        for package in lock.get("package") or []:
            # Before PDM 2.8 the files lay together at the end of the lock.
            files = package.get("files") or old.get("%s %s" % (package["name"], package.get("version")), [])
            extras = frozenset(normalized(extra) for extra in package.get("extras") or [])
            self.entries.setdefault((normalized(package["name"]), extras), []).append(dict(package, files=files))
        for line in dependencies:
            self.need(line)
        return [
            {"name": name, "version": version, **pins(files, self.path, name)}
            for name, (version, files) in sorted(self.wanted.items())
        ]

    def need(self, line):
        requirement = parsed(line, self.path)
        if requirement.marker and not holds(str(requirement.marker)):
            return
        name = normalized(requirement.name)
        extras = frozenset(normalized(extra) for extra in requirement.extras)
        entries = self.entries.get((name, extras)) or self.entries.get((name, frozenset())) or []
        entry = next((entry for entry in entries if holds(entry.get("marker"))), None)
        if entry is None:
            raise Problem(
                "%s does not hold %s, which the project needs" % (self.path, name), self.mend, self.path,
                code="lock_outdated")
        if (name, extras) in self.seen:
            return
        self.seen.add((name, extras))
        self.wanted[name] = (entry["version"], entry["files"])
        for dependency in entry.get("dependencies") or []:
            self.need(dependency)


def parsed(line, path):
    from pip._vendor.packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(line)
    except InvalidRequirement as error:
        raise Problem("%s: %r is no requirement: %s" % (path, line, error), path=path)
