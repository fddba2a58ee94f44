"""What kind of thing a value is: by what makes it, by annotations, by the classes above it."""

import ast


class Kinds:
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
