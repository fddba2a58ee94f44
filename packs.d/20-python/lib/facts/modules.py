"""The modules of a project as syntax trees, and the names that each binds."""

import ast
import os
import warnings

from syntax import FUNCTIONS, SCOPES


class Function:
    """Names that one function binds, each with the places that bind it."""

    def __init__(self, node):
        self.node = node
        self.names = {}
        self.outer = set()
        arguments = node.args
        plain = list(getattr(arguments, "posonlyargs", [])) + arguments.args
        for argument in plain + arguments.kwonlyargs:
            self.names.setdefault(argument.arg, []).append(("parameter", argument))
        for argument in (arguments.vararg, arguments.kwarg):
            if argument:
                self.names.setdefault(argument.arg, []).append(("opaque", argument))


class Module:
    def __init__(self, path, tree):
        self.path = path
        self.tree = tree
        # Local name → dotted name of what is imported, relative imports already made absolute paths: `@dir:rest`.
        self.imports = {}
        self.stars = []
        self.names = {}
        self.attributes = {}
        self.functions = {}
        self.nodes = []
        self._index()

    def _index(self):
        self.tree.parent = None
        stack = [self.tree]
        while stack:
            node = stack.pop()
            self.nodes.append(node)
            for child in ast.iter_child_nodes(node):
                child.parent = node
                stack.append(child)
        self.nodes.sort(key=lambda node: (getattr(node, "lineno", 0), getattr(node, "col_offset", 0)))
        for node in self.nodes:
            if isinstance(node, SCOPES):
                self.functions[node] = Function(node)
        for node in self.nodes:
            self._bind(node)

    def scope(self, node):
        """The function around a node; None at the module's level."""
        child, node = node, node.parent
        while node is not None:
            if isinstance(node, SCOPES):
                # Decorators, defaults and annotations belong to the scope around.
                body = node.body if isinstance(node.body, list) else [node.body]
                if child in body:
                    return node
            child, node = node, node.parent
        return None

    @staticmethod
    def owner(node):
        """The class whose body holds a node directly; None elsewhere."""
        node = node.parent
        while node is not None and not isinstance(node, (ast.ClassDef,) + SCOPES):
            node = node.parent
        return node if isinstance(node, ast.ClassDef) else None

    def around(self, node):
        """The class around a node, through any function."""
        while node is not None and not isinstance(node, ast.ClassDef):
            node = node.parent
        return node

    def _add(self, name, kind, value, at):
        owner = self.owner(at)
        if owner is not None:
            self.attributes.setdefault(owner, {}).setdefault(name, []).append((kind, value))
            return
        scope = self.scope(at)
        if scope is None or name in self.functions[scope].outer:
            self.names.setdefault(name, []).append((kind, value))
        else:
            self.functions[scope].names.setdefault(name, []).append((kind, value))

    def _target(self, target, kind, value, at):
        if isinstance(target, ast.Name):
            self._add(target.id, kind, value, at)
        elif isinstance(target, ast.Starred):
            self._target(target.value, "opaque", value, at)
        elif isinstance(target, (ast.Tuple, ast.List)):
            same = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts) and kind == "value"
            for index, element in enumerate(target.elts):
                if same:
                    self._target(element, "value", value.elts[index], at)
                elif kind == "each":
                    self._target(element, ("each", index), value, at)
                else:
                    self._target(element, "opaque", value, at)
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in ("self", "cls"):
            owner = self.around(at)
            if owner is not None:
                self.attributes.setdefault(owner, {}).setdefault(target.attr, []).append((kind, value))

    def _bind(self, node):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._target(target, "value", node.value, node)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self._target(node.target, "value", node.value, node)
            else:
                self._target(node.target, "annotation", node.annotation, node)
        elif isinstance(node, ast.NamedExpr):
            self._target(node.target, "value", node.value, node)
        elif isinstance(node, ast.AugAssign):
            self._target(node.target, "more", node.value, node)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            self._target(node.target, "each", node.iter, node)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars is not None:
                    self._target(item.optional_vars, "value", item.context_expr, node)
        elif isinstance(node, FUNCTIONS + (ast.ClassDef,)):
            self._add(node.name, "value", node, node)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            self._add(node.name, "opaque", node, node)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            scope = self.scope(node)
            if scope is not None:
                self.functions[scope].outer.update(node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                self.imports[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0])
        elif isinstance(node, ast.ImportFrom):
            base = self.base(node)
            for alias in node.names:
                if alias.name == "*":
                    self.stars.append(base)
                else:
                    self.imports[alias.asname or alias.name] = base + "." + alias.name if base else alias.name

    def base(self, node):
        """What `from X import` names; a relative one begins with `@` and the directory it is relative to."""
        if not node.level:
            return node.module or ""
        directory = os.path.dirname(self.path)
        for _ in range(node.level - 1):
            directory = os.path.dirname(directory)
        return "@" + directory + ":" + (node.module or "")


def parse(path, limit):
    """The module at a path; a text that says why there is none."""
    try:
        if os.path.getsize(path) > limit:
            return "%s is larger than %d bytes" % (path, limit)
        with open(path, "rb") as file:
            content = file.read(limit + 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content, "source")
        return Module(path, tree)
    except SyntaxError:
        return "%s is no Python that this interpreter reads" % path
    except (ValueError, LookupError):
        return "%s is in no encoding that can be read" % path
    except (RecursionError, MemoryError):
        return "%s is nested too deeply" % path
    except OSError:
        return "%s cannot be read" % path
