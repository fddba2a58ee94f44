"""What a name means: a module of the project, something in one, or a package of others."""

import ast
import os

from syntax import BUILTINS


class Names:
    def find(self, dotted, directory):
        """The module of the project that a dotted name begins with, and what is left of the name: `(module, rest)`."""
        key = (dotted, directory)
        if key not in self._found:
            self._found[key] = self._find(dotted, directory)
        return self._found[key]

    def _find(self, dotted, directory):
        if dotted.startswith("@"):
            base, _, rest = dotted[1:].partition(":")
            return self._below(base, [part for part in rest.split(".") if part], 0)
        places = [directory]
        while directory:
            directory = os.path.dirname(directory)
            places.append(directory)
        for place in places + ["src"]:
            found = self._below(place, dotted.split("."), 1)
            if found:
                return found
        return None

    def _below(self, directory, parts, least):
        """The longest module of a name below a directory; `least` parts have to be it."""
        for count in range(len(parts), least - 1, -1):
            path = "/".join([piece for piece in [directory] + parts[:count] if piece])
            candidates = [path + "/__init__.py" if path else "__init__.py"] + ([path + ".py"] if count else [])
            for candidate in candidates:
                if candidate in self.modules:
                    return self.modules[candidate], parts[count:]
        return None

    def is_own(self, name, directory):
        """Whether a first name is a module or a directory of modules of the project."""
        if self.find(name, directory):
            return True
        places = [directory]
        while directory:
            directory = os.path.dirname(directory)
            places.append(directory)
        for place in places + ["src"]:
            prefix = (place + "/" if place else "") + name + "/"
            if any(path.startswith(prefix) for path in self.modules):
                return True
        return False

    def dotted(self, node, module):
        """The full name of a name or attribute as the module knows it: `flask.Flask`, `@app/db.py:engine`; None for anything
        else, and for what a function binds itself."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        scope = module.scope(node)
        while scope is not None:
            if node.id in module.functions[scope].names:
                return None
            scope = module.scope(scope)
        return self.full([node.id] + parts, module)

    def full(self, parts, module, depth=0):
        first = parts[0]
        if first in module.names:
            return "@%s:%s" % (module.path, ".".join(parts))
        target = module.imports.get(first)
        if target is None:
            for star in module.stars:
                found = self.find(star, os.path.dirname(module.path))
                if found and not found[1] and depth < 8 and (first in found[0].names or first in found[0].imports):
                    return self.full(parts, found[0], depth + 1)
                if not found and not star.startswith("@") and first[:1].isalpha() and first not in BUILTINS:
                    return ".".join([star] + parts)
            return ".".join(["builtins"] + parts) if first in BUILTINS or first.startswith("__") else None
        name = ".".join([target] + parts[1:]) if not target.endswith(":") else target + ".".join(parts[1:])
        found = self.find(name, os.path.dirname(module.path))
        if found is None:
            return name if not name.startswith("@") else None
        other, rest = found
        if not rest:
            return "@%s:" % other.path
        if depth < 8 and other is not module and rest[0] not in other.names:
            return self.full(rest, other, depth + 1)
        return "@%s:%s" % (other.path, ".".join(rest))

    def own(self, dotted):
        """The module and the names in it of `@path:a.b`."""
        path, _, rest = dotted[1:].partition(":")
        return self.modules[path], rest.split(".") if rest else []
