"""Where a value comes from: through assignments, attributes, elements and members, back to expressions."""

import ast

from syntax import DEPTH, STEPS, STEPS_OF_ONE, WIDTH, unique


class Values:
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
        if not self._active and not self.is_folding:
            self._of_one = 0
        if self.is_spent() or len(self._active) > DEPTH:
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

    def begin(self):
        """One more value is followed, by a folder, which asks for the sources of its parts."""
        self.is_folding = True
        self._of_one = 0

    def is_spent(self):
        """Counts a step, and tells whether it is one too many."""
        self._of_one += 1
        self._steps += 1
        return self._of_one > STEPS_OF_ONE or self._steps > STEPS

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
