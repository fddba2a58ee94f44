"""Methods that a route answers: in arguments, and of classes of views."""

import ast

from frameworks import KIND, VERBS
from syntax import FUNCTIONS, last


class Methods:
    def _methods(self, node, module, at):
        """Of a list of literals; None when it is not given."""
        if node is None or isinstance(node, ast.Constant) and node.value is None:
            return None
        methods = []
        for source, where in self.project.sources(node, module)[0]:
            elements = source.elts if isinstance(source, (ast.List, ast.Tuple, ast.Set)) else [source]
            for element in elements:
                texts = self.folder.fold(element, where)
                if not texts.is_closed:
                    self.report.gap(KIND, "a method is no literal", module, at)
                methods += texts.whole
        if not methods:
            self.report.gap(KIND, "a method is no literal", module, at)
            return ["*"]
        return methods

    def _class_methods(self, node, module, prefix=""):
        """Of a class with a function for each method."""
        if node is None:
            return []
        found = set()
        for source, where in self.project.sources(node, module)[0]:
            if isinstance(source, ast.Call) and last(source.func) == "as_view":
                source = self.project.sources(source.func.value, where)[0][0][0] if isinstance(
                    source.func, ast.Attribute) else source
            instance = self.project.instance(source, where)
            if instance:
                owner, place = instance
                for name, bindings in self.project.members(owner, place).items():
                    if name.startswith(prefix) and name[len(prefix) :] in VERBS and any(
                            isinstance(binding[1], FUNCTIONS) for _, _, binding in bindings):
                        found.add(name[len(prefix) :])
                if not found and any(name.endswith("View") for name in self.project.ancestors(owner, place)):
                    return []
        return sorted(found)

    def _has_responders(self, node, module):
        return bool(node is not None and self._class_methods(node, module, "on_"))

    def _view_methods(self, view, module):
        if isinstance(view, ast.Call) and last(view.func) == "as_view" and isinstance(view.func, ast.Attribute):
            return self._class_methods(view.func.value, module)
        for source, where in self.project.sources(view, module)[0] if view is not None else []:
            if isinstance(source, ast.Call) and last(source.func) == "as_view" and isinstance(source.func, ast.Attribute):
                return self._class_methods(source.func.value, where)
        return []
