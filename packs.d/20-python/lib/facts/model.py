"""The modules of a project as syntax trees, the names in them, and where a value comes from. Nothing is imported or run."""

import ast
import os
import warnings

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = FUNCTIONS + (ast.Lambda,)

# How far a value is followed, and how many of them one expression may have.
DEPTH = 60
WIDTH = 48
STEPS = 1_000_000


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


class Project:
    def __init__(self, modules):
        self.modules = {module.path: module for module in modules}
        self.calls = {}
        self.mentions = {}
        self._found = {}
        self._known = {}
        self._active = set()
        self._cuts = 0
        self._steps = 0
        # Arguments of the calls that are followed right now: parameter → (expression, module).
        self.context = []
        for module in modules:
            for node in module.nodes:
                if isinstance(node, ast.Call):
                    name = last(node.func)
                    if name:
                        self.calls.setdefault(name, []).append((node, module))
                elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
                    parent = node.parent
                    if not (isinstance(parent, ast.Call) and parent.func is node) and not isinstance(parent, ast.Attribute):
                        name = node.id if isinstance(node, ast.Name) else node.attr
                        self.mentions.setdefault(name, []).append((node, module))

    # Names

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

    # Values

    def sources(self, node, module):
        """Where the value of an expression comes from: a list of `(node, module)`, and whether there may be other
        sources."""
        known = self._known.get(node) if not self.context else None
        if known is not None:
            return known
        key = (node, len(self.context))
        # A value that is followed already adds nothing to itself.
        if key in self._active:
            self._cuts += 1
            return [], False
        self._steps += 1
        if len(self._active) > DEPTH or self._steps > STEPS:
            self._cuts += 1
            return [], True
        cuts = self._cuts
        self._active.add(key)
        found, open_ = self._united(node, module)
        self._active.discard(key)
        result = unique(found)[:WIDTH], open_ or len(found) > WIDTH
        # What was cut off is only known within what is being followed.
        if not self.context and (cuts == self._cuts or not self._active):
            self._known[node] = result
        return result

    def _united(self, node, module):
        if isinstance(node, ast.IfExp):
            parts = [node.body, node.orelse]
        elif isinstance(node, ast.BoolOp):
            parts = node.values
        elif isinstance(node, (ast.NamedExpr, ast.Await)):
            parts = [node.value]
        else:
            return self._sources(node, module)
        found, open_ = [], False
        for part in parts:
            more, opened = self.sources(part, module)
            found, open_ = found + more, open_ or opened
        return found, open_

    def _sources(self, node, module):
        if isinstance(node, ast.Name):
            return self._name(node, module)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, module)
        if isinstance(node, ast.Subscript):
            return self._item(node, module)
        if isinstance(node, ast.Call):
            return self._call(node, module)
        return [(node, module)], False

    def _name(self, node, module):
        scope = module.scope(node)
        while scope is not None:
            bindings = module.functions[scope].names.get(node.id)
            if bindings:
                return self._bindings(bindings, module, scope)
            scope = module.scope(scope)
        owner = module.owner(node)
        if owner is not None and node.id in module.attributes.get(owner, {}):
            return self._bindings(module.attributes[owner][node.id], module, None)
        return self._global(node.id, module, node)

    def _global(self, name, module, node):
        if name in module.names:
            return self._bindings(module.names[name], module, None)
        dotted = self.full([name], module)
        if dotted and dotted.startswith("@"):
            other, rest = self.own(dotted)
            if len(rest) == 1 and rest[0] in other.names:
                return self._bindings(other.names[rest[0]], other, None)
        return [(node, module)], False

    def _bindings(self, bindings, module, scope):
        found, open_ = [], False
        for kind, value in bindings[:WIDTH]:
            if kind == "value":
                more, opened = self.sources(value, module)
            elif kind == "parameter":
                more, opened = self._parameter(value, module, scope)
            elif kind == "each" or isinstance(kind, tuple):
                more, opened = self._each(kind, value, module)
            elif kind == "annotation":
                continue
            else:
                more, opened = [], True
            found, open_ = found + more, open_ or opened
        return found[:WIDTH], open_ or len(found) > WIDTH or len(bindings) > WIDTH

    def _each(self, kind, value, module):
        """What a loop over a literal list, tuple or dictionary binds."""
        containers, open_ = self.sources(value, module)
        found = []
        for container, where in containers:
            if isinstance(container, (ast.Tuple, ast.List, ast.Set)):
                elements = container.elts
            elif isinstance(container, ast.Dict) and kind == "each":
                elements = container.keys
            elif (
                isinstance(container, ast.Call) and isinstance(container.func, ast.Attribute)
                and container.func.attr in ("items", "values", "keys")
            ):
                inner, opened = self.sources(container.func.value, where)
                open_ = open_ or opened
                for dictionary, place in inner:
                    if not isinstance(dictionary, ast.Dict):
                        open_ = True
                        continue
                    index = kind[1] if isinstance(kind, tuple) else None
                    which = container.func.attr
                    chosen = dictionary.keys if which == "keys" or (which == "items" and index == 0) else dictionary.values
                    for element in chosen:
                        more, opened = self.sources(element, place) if element is not None else ([], True)
                        found, open_ = found + more, open_ or opened
                continue
            else:
                open_ = True
                continue
            for element in elements:
                if isinstance(kind, tuple):
                    if not isinstance(element, (ast.Tuple, ast.List)) or len(element.elts) <= kind[1]:
                        open_ = True
                        continue
                    element = element.elts[kind[1]]
                if element is None or isinstance(element, ast.Starred):
                    open_ = True
                    continue
                more, opened = self.sources(element, where)
                found, open_ = found + more, open_ or opened
        return found, open_

    def _attribute(self, node, module):
        dotted = self.dotted(node, module)
        if dotted and dotted.startswith("@"):
            other, rest = self.own(dotted)
            if len(rest) == 1 and rest[0] in other.names:
                return self._bindings(other.names[rest[0]], other, None)
            if len(rest) == 2:
                found = self._of_class(rest, other)
                if found:
                    return found
        elif dotted:
            return [(node, module)], False
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            owner = module.around(node)
            bindings = self.members(owner, module).get(node.attr) if owner is not None else None
            if bindings:
                return self._members(bindings)
            return [(node, module)], True
        bases, _ = self.sources(node.value, module)
        for base, where in bases:
            found = self.instance(base, where)
            if found and node.attr in self.members(*found):
                return self._members(self.members(*found)[node.attr])
        return [(node, module)], True

    def _of_class(self, rest, module):
        for kind, value in module.names.get(rest[0], []):
            found = (value, module) if isinstance(value, ast.ClassDef) else None
            if kind == "value" and found is None:
                found = self.instance(value, module)
            if found and rest[1] in self.members(*found):
                return self._members(self.members(*found)[rest[1]])
        return None

    def _members(self, bindings):
        found, open_ = [], False
        for module, scope, binding in bindings:
            more, opened = self._bindings([binding], module, scope)
            found, open_ = found + more, open_ or opened
        return found[:WIDTH], open_

    def members(self, owner, module, depth=0):
        """Attributes of a class and of those of the project that it is made from: name → [(module, None, binding)]."""
        found = {}
        if depth < 6:
            for base in owner.bases:
                for node, where in self.sources(base, module)[0]:
                    if isinstance(node, ast.ClassDef) and node is not owner:
                        found.update(self.members(node, where, depth + 1))
        for name, bindings in module.attributes.get(owner, {}).items():
            found[name] = [(module, None, binding) for binding in bindings]
        return found

    def instance(self, node, module):
        """The class of the project that an expression makes an object of: `(class, module)`."""
        if isinstance(node, ast.ClassDef):
            return node, module
        if not isinstance(node, ast.Call):
            return None
        for found, where in self.sources(node.func, module)[0]:
            if isinstance(found, ast.ClassDef):
                return found, where
        return None

    def _item(self, node, module):
        bases, open_ = self.sources(node.value, module)
        index = node.slice
        if isinstance(index, getattr(ast, "Index", ())):
            index = index.value
        if not isinstance(index, ast.Constant) or open_:
            return [(node, module)], False
        found = []
        for base, where in bases:
            if isinstance(base, ast.Dict):
                for key, value in zip(base.keys, base.values):
                    if isinstance(key, ast.Constant) and key.value == index.value:
                        more, opened = self.sources(value, where)
                        found, open_ = found + more, open_ or opened
            elif isinstance(base, (ast.Tuple, ast.List)) and isinstance(index.value, int) and index.value < len(base.elts):
                more, opened = self.sources(base.elts[index.value], where)
                found, open_ = found + more, open_ or opened
        return (found, open_) if found else ([(node, module)], False)

    def _call(self, node, module):
        """What a function of the project returns; any other call is a source itself."""
        found, open_ = [], False
        for value, where, bound in self.returned(node, module):
            self.context.append(bound)
            more, opened = self.sources(value, where)
            self.context.pop()
            found, open_ = found + more, open_ or opened
        if found:
            return found[:WIDTH], open_
        return [(node, module)], False

    def returned(self, node, module):
        """The expressions that a call of the project's own functions may return, each with the arguments of the call."""
        found = []
        if len(self.context) > 5:
            return found
        for target, where in self.sources(node.func, module)[0]:
            if not isinstance(target, FUNCTIONS):
                continue
            bound = {}
            is_method = where.owner(target) is not None
            for argument_ in list(getattr(target.args, "posonlyargs", [])) + target.args.args + target.args.kwonlyargs:
                value, _ = self.given(node, target, argument_.arg, is_method)
                if value is not None:
                    bound[argument_] = (value, module)
                elif not is_spread(node) and self.default(target, argument_.arg) is not None:
                    bound[argument_] = (self.default(target, argument_.arg), where)
            for inner in ast.walk(target):
                if isinstance(inner, (ast.Return, ast.Yield)) and inner.value is not None and where.scope(inner) is target:
                    found.append((inner.value, where, bound))
        return found

    def _parameter(self, argument, module, scope):
        """What the project's own calls give for a parameter; open where others may call the function. Within a call that
        is followed it is the argument of that call."""
        for index in range(len(self.context) - 1, -1, -1):
            if argument in self.context[index]:
                value, where = self.context[index][argument]
                context, self.context = self.context, self.context[:index]
                found = self.sources(value, where)
                self.context = context
                return found
        name = getattr(scope, "name", None)
        if name is None or not isinstance(scope, FUNCTIONS) or self.is_handed_out(scope, module):
            default = self.default(scope, argument.arg)
            found, _ = self.sources(default, module) if default is not None else ([], False)
            return found, True
        owner = module.owner(scope)
        found, open_, count = [], False, 0
        for call, where in self.calls_of(scope, module, owner):
            count += 1
            value, opened = self.given(call, scope, argument.arg, owner is not None)
            if value is None:
                default = self.default(scope, argument.arg)
                if default is None or opened:
                    open_ = True
                if default is not None:
                    more, opened = self.sources(default, module)
                    found, open_ = found + more, open_ or opened
                continue
            more, opened = self.sources(value, where)
            found, open_ = found + more, open_ or opened
            if len(found) > WIDTH:
                return found[:WIDTH], True
        return found, open_ or count == 0

    def is_handed_out(self, function, module):
        """Whether a function is used in any other way than by a call of the project's own."""
        quiet = {"staticmethod", "classmethod", "lru_cache", "cache", "wraps", "contextmanager", "asynccontextmanager"}
        if any(last(getattr(d, "func", d)) not in quiet for d in function.decorator_list):
            return True
        return bool(self.mentions.get(function.name)) and function.name != "__init__"

    def calls_of(self, function, module, owner):
        if owner is not None and function.name == "__init__":
            candidates = self.calls.get(owner.name, [])
            target = owner
        else:
            candidates = self.calls.get(function.name, [])
            target = function
        for call, where in candidates:
            dotted = self.dotted(call.func, where)
            if dotted and not dotted.startswith("@"):
                continue
            if isinstance(call.func, ast.Name) or (dotted and dotted.startswith("@")):
                sources, _ = self.sources(call.func, where)
                if sources and all(node is not target for node, _ in sources):
                    continue
            yield call, where

    @staticmethod
    def default(function, name):
        arguments = function.args
        plain = list(getattr(arguments, "posonlyargs", [])) + arguments.args
        for argument, default in zip(reversed(plain), reversed(arguments.defaults)):
            if argument.arg == name:
                return default
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
            if argument.arg == name:
                return default
        return None

    @staticmethod
    def given(call, function, name, is_method):
        """The argument of a call for a parameter, and whether it may be hidden in `*` or `**`."""
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value, False
        hidden = any(keyword.arg is None for keyword in call.keywords)
        hidden = hidden or any(isinstance(argument, ast.Starred) for argument in call.args)
        plain = [argument.arg for argument in list(getattr(function.args, "posonlyargs", [])) + function.args.args]
        if is_method and plain and not any(last(d) == "staticmethod" for d in function.decorator_list):
            plain = plain[1:]
        if name in plain and plain.index(name) < len(call.args) and not hidden:
            return call.args[plain.index(name)], False
        return None, hidden

    # Kinds of objects

    def kinds(self, node, module, depth=0):
        """Dotted names of the constructors that an expression's value may come from, with annotations of parameters."""
        found = set()
        for source, where in self.sources(node, module)[0]:
            if isinstance(source, ast.Call):
                name = self.dotted(source.func, where)
                if name and not name.startswith("@"):
                    found.add(name)
                elif isinstance(source.func, ast.Attribute) and depth < 4:
                    # A method of an object: `Session().mount`; the object's kind and the method's name.
                    for kind in self.kinds(source.func.value, where, depth + 1):
                        found.add("%s.%s" % (kind, source.func.attr))
                else:
                    instance = self.instance(source, where)
                    if instance:
                        found.update(self.ancestors(*instance))
            elif isinstance(source, (ast.Name, ast.Attribute)):
                name = self.dotted(source, where)
                if name and not name.startswith("@"):
                    found.add(name)
        return found | self.annotated(node, module)

    def annotated(self, node, module):
        if not isinstance(node, ast.Name):
            return set()
        scope = module.scope(node)
        while scope is not None:
            for kind, value in module.functions[scope].names.get(node.id, []):
                annotation = getattr(value, "annotation", None) if kind == "parameter" else None
                if kind == "annotation":
                    annotation = value
                if annotation is not None:
                    names = set()
                    for inner in ast.walk(annotation):
                        if isinstance(inner, (ast.Name, ast.Attribute)):
                            name = self.dotted(inner, module)
                            if name and not name.startswith("@"):
                                names.add(name)
                    return names
            scope = module.scope(scope)
        return set()

    def ancestors(self, owner, module, depth=0):
        """Dotted names of the classes of others that a class of the project is made from, nearest first."""
        found = []
        if depth > 6:
            return found
        for base in owner.bases:
            if isinstance(base, ast.Subscript):
                base = base.value
            name = self.dotted(base, module)
            if name and not name.startswith("@"):
                found.append(name)
                continue
            for node, where in self.sources(base, module)[0]:
                if isinstance(node, ast.ClassDef) and node is not owner:
                    found += self.ancestors(node, where, depth + 1)
        return found


def unique(pairs):
    """Without repetition, in their order."""
    return list(dict.fromkeys(pairs))


BUILTINS = set(dir(__import__("builtins")))


def last(node):
    """The last name of a name or attribute: what a call calls."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)


def argument(call, position, *names):
    """An argument by position or by any of its names; None when it is not given."""
    for keyword in call.keywords:
        if keyword.arg in names:
            return keyword.value
    if position is not None and position < len(call.args):
        if not any(isinstance(value, ast.Starred) for value in call.args[: position + 1]):
            return call.args[position]
    return None


def is_spread(call):
    """Whether arguments of a call may be hidden in `*` or `**`."""
    return any(k.arg is None for k in call.keywords) or any(isinstance(a, ast.Starred) for a in call.args)
