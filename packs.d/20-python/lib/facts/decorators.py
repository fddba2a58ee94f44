"""Routes by decorators."""

import ast

from frameworks import FRAMEWORKS, KIND, REGISTERING, VERBS
from syntax import argument, last


class Decorators:
    def _handlers(self, node, module):
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            function = call.func if call else decorator
            name = last(function)
            if not isinstance(function, ast.Attribute):
                self._plain(node, call, function, module)
                continue
            if name not in VERBS + REGISTERING:
                continue
            dotted = self.project.dotted(function, module) or ""
            if dotted.split(".")[0] == "bottle":
                self._bottle(call, name, module, node, [self.unknown])
                continue
            if dotted.split(".")[0] == "responses" or call is None:
                continue
            targets = self.holders_of(function.value, module)
            is_open = bool(targets) and self.project.sources(function.value, module)[1]
            if not targets:
                path = argument(call, 0, "path", "rule", "uri")
                if not self._is_path(path, module):
                    if self._frameworks(module) and name == "route":
                        self.report.gap(KIND, "a route whose path is no literal", module, call)
                    continue
                targets = [self.unknown]
                self.report.gap(KIND, "what a route is put below is not known", module, call)
            elif is_open:
                self.report.gap(KIND, "what a route is put below is not known", module, call)
            self._decorated(node, call, name, targets, module)

    def _frameworks(self, module):
        return any(name.split(".")[0] in FRAMEWORKS for name in module.imports.values())

    def _plain(self, node, call, function, module):
        """`from bottle import get, route`, and `get = app.get`."""
        dotted = self.project.dotted(function, module) or ""
        if call is not None and dotted.startswith("@"):
            for source, where in self.project.sources(function, module)[0]:
                if isinstance(source, ast.Attribute) and source.attr in VERBS + REGISTERING:
                    targets = self.holders_of(source.value, where)
                    if targets:
                        self._decorated(node, call, source.attr, targets, module)
        if call is not None and dotted.startswith("bottle.") and last(function) in VERBS + ("route",):
            self._bottle(call, dotted.split(".")[-1], module, node, [self.unknown])

    def _bottle(self, call, name, module, node, targets):
        if call is None:
            return
        if name in VERBS:
            methods = [name]
        else:
            listed = argument(call, 1, "method")
            methods = (self._methods(listed, module, call) if listed is not None else None) or ["GET"]
        path = argument(call, 0, "path")
        paths = path.elts if isinstance(path, (ast.List, ast.Tuple)) else [path]
        for one in paths:
            if one is None:
                self.report.gap(KIND, "the path is the name of the function", module, call)
            else:
                self._route(targets, one, methods, module, call, "bottle")

    def _decorated(self, node, call, name, targets, module):
        family = targets[0].family
        if family == "bottle":
            return self._bottle(call, name, module, node, targets)
        path = argument(call, 0, "path", "rule", "uri")
        style = {"flask": "flask", "restful": "flask", "sanic": "sanic"}.get(family, "braces")
        if family == "":
            style = "any"
        if name in VERBS:
            methods = [name]
        elif "websocket" in name:
            methods = ["GET"]
        elif isinstance(node, ast.ClassDef):
            methods = self._class_methods(node, module)
        elif name == "view":
            methods = self._class_methods(node, module)
        else:
            listed = argument(call, 1 if family in ("fastapi", "sanic") else None, "methods")
            methods = self._methods(listed, module, call) or ["GET"]
        paths = [path]
        if family == "restful":
            paths = call.args
        for one in paths:
            if one is not None:
                self._route(targets, one, methods, module, call, style)
