"""What the project's own Python source holds: ASGI and WSGI objects, factories that make them, main guards and ports.
Nothing of the project is imported or run."""

import ast
import os
import re
import sys
import warnings

from files import Problem
from syntax import Module

MAXIMUM_FILES = 5000
MAXIMUM_BYTES = 1 << 20
# Of all files together; a program lies near the root, and what lies deep below is somebody's library.
MAXIMUM_TOTAL = 4 << 20

SKIPPED = {
    ".git", ".hg", ".venv", "venv", "env", "node_modules", "__pycache__", "site-packages", "build", "dist", ".tox", ".nox",
    ".eggs", ".packc",
}

def files():
    """The nearest to the root first, in the order of their names, as many as one may read."""
    count, total = 0, 0
    level = ["."]
    while level:
        below = []
        for directory in level:
            names, entries = [], []
            try:
                with os.scandir(directory) as found:
                    for entry in found:
                        (names if entry.is_dir(follow_symlinks=False) else entries).append(entry.name)
            except OSError:
                continue
            # What pip installed there is of others.
            if directory != "." and any(name.endswith(".dist-info") for name in names):
                continue
            for entry in sorted(entries):
                path = os.path.relpath(os.path.join(directory, entry), ".")
                if not entry.endswith(".py") or os.path.islink(path) or not os.path.isfile(path):
                    continue
                size = os.path.getsize(path)
                if size > MAXIMUM_BYTES:
                    continue
                count, total = count + 1, total + size
                if count > MAXIMUM_FILES or total > MAXIMUM_TOTAL:
                    return
                yield path
            below += [
                os.path.join(directory, name) for name in sorted(names)
                if name not in SKIPPED and not name.startswith(".") and not name.endswith(".egg-info")
                and not os.path.exists(os.path.join(directory, name, "pyvenv.cfg"))
            ]
        level = below


def parse(path, broken):
    """The tree of a file; None for one that is no Python, which goes into `broken` with its line and the reason."""
    try:
        with open(path, "rb") as file:
            content = file.read()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(content, path)
    except SyntaxError as error:
        broken.append((path, error.lineno or 1, error.msg))
    except (ValueError, RecursionError, OSError):
        pass
    return None


def settle(modules):
    """Names assigned from calls of the project's own factories, through as many modules as it takes."""
    known = {}
    for module in modules:
        for name, factory in module.factories.items():
            known["%s.%s" % (module.name, name)] = factory
        # What a module imports, it exports too: `from .factory import create_app` in __init__.py.
    exported = {}
    for module in modules:
        for name, target in module.names.items():
            exported["%s.%s" % (module.name, name)] = target

    def kind(called, depth=0):
        if depth > 8 or called is None:
            return None
        factory = known.get(called)
        if factory is None:
            return kind(exported.get(called), depth + 1) if called in exported else None
        if factory["kind"]:
            return factory["kind"]
        return next((found for found in (kind(name, depth + 1) for name in factory["calls"]) if found), None)

    for module in modules:
        for name, called, line in module.unsettled:
            found = kind(called)
            if found and name not in module.objects:
                module.objects[name] = (found[0], found[1], line)
        for name, factory in module.factories.items():
            if factory["kind"] is None and re.search(r"(create|make|build|get)_app(lication)?$", name):
                factory["kind"] = kind("%s.%s" % (module.name, name))


def foreign(module, roots):
    """The packages of others that a module cannot do without, by the names under which they are imported."""
    known = getattr(sys, "stdlib_module_names", None)
    if known is None:
        return []
    beside = os.path.dirname(module.path)

    def own(name):
        places = [os.path.join(root, name) for root in {"", "src", beside}]
        return any(os.path.isdir(place) or os.path.isfile(place + ".py") for place in places) or name in roots

    return sorted(name for name in module.demands if name and name not in known and not own(name))


def siblings(module):
    """Whether the module imports a neighbour by its bare name, which works when its directory is on the path."""
    directory = os.path.dirname(module.path)
    if not directory:
        return False
    for name in module.imports:
        beside = os.path.join(directory, name)
        at_root = os.path.exists(name + ".py") or os.path.isdir(name)
        if (os.path.isfile(beside + ".py") or os.path.isdir(beside)) and not at_root:
            return True
    return False


def read():
    modules, broken = [], []
    for path in files():
        tree = parse(path, broken)
        if tree is not None:
            module = Module(path, tree)
            module.read()
            modules.append(module)
    settle(modules)
    objects, guards, ports, mains, directories = [], [], [], [], []
    for module in modules:
        common = {
            "path": module.path, "module": module.name, "siblings": siblings(module), "listens": module.listens,
        }
        for name, (framework, interface, line) in sorted(module.objects.items()):
            if name not in module.mounted:
                objects.append(
                    dict(common, name=name, framework=framework, interface=interface, line=line, factory=False))
        for name, factory in sorted(module.factories.items()):
            if factory["kind"] and factory["callable"] and re.search(r"app(lication)?$", name):
                objects.append(
                    dict(
                        common, name=name, framework=factory["kind"][0], interface=factory["kind"][1],
                        line=factory["line"], factory=True))
        if module.guard:
            guards.append(dict(common, line=module.guard))
        if module.path.endswith("__main__.py"):
            mains.append(dict(common, line=1))
        for directory in module.directories:
            directories.append(dict(directory, path=module.path))
        for port in module.ports:
            ports.append(dict(port, path=module.path))
    roots = {module.name.split(".")[0] for module in modules}
    # A program that cannot be read is the reason why none was found.
    at_root = [found for found in broken if os.sep not in found[0]]
    if at_root and not (objects or guards or mains):
        path, line, message = at_root[0]
        raise Problem(
            "%s, and nothing else here is a program" % message, "mend it; python3 -m py_compile %s shows it" % path,
            path, line)
    return {
        "objects": objects, "guards": guards, "mains": mains, "ports": ports, "directories": directories,
        "port_variable": any(module.uses_port_variable for module in modules),
        "settings": {module.path: module.settings for module in modules if module.settings},
        "static": [dict(m.static_root, path=m.path) for m in modules if m.static_root],
        "whitenoise": any(module.whitenoise for module in modules),
        "streamlit": [m.path for m in modules if "streamlit" in m.imports],
        "foreign": {module.path: foreign(module, roots) for module in modules if os.sep not in module.path},
        "imported": sorted(
            path for path in {m.path for m in modules if os.sep not in m.path}
            if any(path[:-3] in m.imports and m.path != path for m in modules)),
        "modules": [module.path for module in modules if os.sep not in module.path],
        "manage": sorted(m.path for m in modules if os.path.basename(m.path) == "manage.py"),
        "packages": sorted({os.path.dirname(m.path) for m in modules if m.path.endswith("__init__.py")}),
    }
