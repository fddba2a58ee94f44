"""Requirements files of pip, with those that they include."""

import os
import re

from files import NAME, Problem, names_of, normalized, text
from lockgraph import holds


class Requirements:
    """A requirements file and those that it includes."""

    def __init__(self, path):
        self.path = path
        self.files = []
        self.names = set()
        # Lines with a version and its hashes.
        self.pinned = []
        self.has_lines = False
        self.all_hashed = True
        self.own = False
        self._read(path)

    def _read(self, path, place=None):
        path = os.path.normpath(path)
        if path.startswith("..") or os.path.isabs(path):
            raise self._problem("includes %s, which lies outside of the project" % path, None, place)
        if path in self.files:
            return
        content = text(path)
        if content is None:
            raise self._problem("includes %s, which does not exist" % path, None, place)
        self.files.append(path)
        logical, start = "", 1
        for number, line in enumerate(content.split("\n"), 1):
            if line.endswith("\\"):
                logical += line[:-1] + " "
                continue
            self._line(re.sub(r"(^|\s)#.*$", "", logical + line).strip(), (path, start))
            logical, start = "", number + 1

    def _problem(self, message, hint, place):
        path, line = place or (self.path, None)
        return Problem("%s %s" % (path, message), hint, path, line)

    def _line(self, line, place):
        if not line:
            return
        directory = os.path.dirname(place[0])
        include = re.match(r"(-r|--requirement|-c|--constraint)[\s=]*(\S+)$", line)
        if include and include.group(1) in ("-r", "--requirement"):
            self._read(os.path.join(directory, include.group(2)), place)
        elif include:
            path = os.path.normpath(os.path.join(directory, include.group(2)))
            if "://" not in include.group(2) and path not in self.files:
                self.files.append(path)
        elif re.match(r"(-e|--editable)[\s=]*\S+", line) or re.match(r"\.{0,2}/|\.$|\.\[", line):
            self._path(re.sub(r"^(-e|--editable)[\s=]*", "", line), place)
        elif line.startswith("-"):
            return
        else:
            self._requirement(line, place)

    def _path(self, target, place):
        if re.match(r"\.(\[[^\]]*\])?/?$", target):
            self.own = True
            return
        raise self._problem(
            "installs %s, which has no hash" % target, "take it from a package index with a version", place)

    def _requirement(self, line, place):
        match = NAME.match(line)
        if not match:
            raise self._problem("holds %r, which is no requirement" % line, None, place)
        rest = line[match.end() :].strip()
        if "://" in line.split(" ;")[0] and "--hash=" not in line:
            raise self._problem(
                "installs %s from a URL, which has no hash" % match.group(1),
                "take it from a package index with a version, or add `#sha256=…` and `--hash`", place)
        self.has_lines = True
        self.names.update(names_of([line]))
        pin = re.match(r"===?\s*([^\s;,]+)\s*(?:;(.*?))?\s*(?=--|$)", rest)
        if "--hash=" not in rest or "==" not in rest:
            self.all_hashed = False
        elif pin:
            digests = sorted(set(re.findall(r"--hash=sha256:([0-9a-f]{64})\b", rest)))
            self.pinned.append((match.group(1), pin.group(1), pin.group(2), digests))

    def packages(self):
        """Those that this interpreter takes, by name: `pip` installs no line whose marker does not hold."""
        return [
            {"name": normalized(name), "version": version, "sha256": digests}
            for name, version, marker, digests in sorted(self.pinned, key=lambda pin: pin[:2])
            if digests and holds(marker and marker.strip())
        ]

    def json(self):
        hashed = self.has_lines and self.all_hashed
        return {
            "path": self.path, "files": self.files, "names": sorted(self.names), "own": self.own,
            "hashed": hashed, "empty": not self.has_lines, "packages": self.packages() if hashed else [],
        }


# What a deployment installs, by the names that people give it.
CONVENTIONAL = (
    "requirements.txt", "requirements/production.txt", "requirements/prod.txt", "requirements/base.txt",
    "requirements/main.txt", "requirements/common.txt", "requirements/requirements.txt", "requirements-prod.txt",
    "requirements.prod.txt", "requirements_prod.txt", "requirements/deploy.txt", "requirements/default.txt",
)


def requirements_path(named):
    if named:
        if text(named) is None:
            raise Problem("options.requirements names %s, which does not exist" % named, path="unik.yaml")
        return named
    return next((path for path in CONVENTIONAL if os.path.isfile(path)), None)
