"""Servers without a framework: what a handler of http.server or a WSGI function answers."""

import ast
import re

from frameworks import KIND
from syntax import FUNCTIONS, argument, last


class Plain:
    def __init__(self, project, folder, report, served=()):
        self.project = project
        self.folder = folder
        self.report = report
        # What a server is told to serve: pairs of a module's path and a name in it.
        self.served = served

    def _served(self, path, name):
        """An object that a server calls for each request, where it is a function of the project's own."""
        module = self.project.modules.get(path)
        for kind, value in module.names.get(name, []) if module else []:
            if kind == "value" and isinstance(value, FUNCTIONS) and len(value.args.args) - len(value.args.defaults) >= 2:
                self._function(value, module)

    def read(self):
        for path, name in self.served:
            self._served(path, name)
        for module in self.project.modules.values():
            for node in module.nodes:
                if isinstance(node, ast.ClassDef):
                    self._handler(node, module)
                elif isinstance(node, ast.Call) and last(node.func) in ("make_server", "serve", "run_simple", "WSGIServer"):
                    for value in node.args:
                        for source, where in self.project.sources(value, module)[0]:
                            if isinstance(source, FUNCTIONS) and len(source.args.args) >= 2:
                                self._function(source, where)
                elif isinstance(node, FUNCTIONS):
                    names = [argument.arg for argument in node.args.args]
                    if names[-2:] == ["environ", "start_response"] or names[-3:] == ["scope", "receive", "send"]:
                        self._function(node, module)

    def _handler(self, owner, module):
        names = self.project.ancestors(owner, module)
        if not any(name.startswith("http.server.") for name in names):
            return
        if any(name.endswith("SimpleHTTPRequestHandler") for name in names):
            self.report.gap(KIND, "files of a directory are served", module, owner)
        members = self.project.members(owner, module)
        for name in sorted(members):
            if not re.fullmatch(r"do_[A-Z]+", name):
                continue
            for where, _, binding in members[name]:
                self.report.gap(KIND, "the program tells paths apart itself", where, binding[1])
                # `do_POST = do_GET`
                for source, place in self.project.sources(binding[1], where)[0]:
                    if isinstance(source, FUNCTIONS):
                        self._paths(source, place, name[3:])

    def _function(self, function, module):
        self.report.gap(KIND, "the program tells paths apart itself", module, function)
        self._paths(function, module, "*")

    def _paths(self, function, module, method):
        """Literals that a path is compared with."""
        for node in ast.walk(function):
            if isinstance(node, ast.Compare) and len(node.ops) == 1:
                left, right = node.left, node.comparators[0]
                if isinstance(node.ops[0], ast.Eq):
                    for path, other in ((left, right), (right, left)):
                        if self._is_path(path, module):
                            self._text(other, module, method, node)
                elif isinstance(node.ops[0], ast.In) and self._is_path(left, module):
                    for source, where in self.project.sources(right, module)[0]:
                        if isinstance(source, (ast.Tuple, ast.List, ast.Set)):
                            for element in source.elts:
                                self._text(element, where, method, node)
                        elif isinstance(source, ast.Dict):
                            for element in source.keys:
                                if element is not None:
                                    self._text(element, where, method, node)

    def _text(self, node, module, method, at):
        for text in self.folder.fold(node, module).whole:
            if text.startswith("/"):
                self.report.site("routes", "%s %s" % (method, text.split("?")[0]), module, at)

    def _is_path(self, node, module):
        if isinstance(node, ast.Attribute) and node.attr == "path":
            return True
        if isinstance(node, ast.Name) and re.search(r"path|route|url", node.id):
            return True
        if isinstance(node, ast.Subscript):
            index = node.slice
            index = index.value if isinstance(index, getattr(ast, "Index", ())) else index
            return isinstance(index, ast.Constant) and index.value in ("PATH_INFO", "path")
        if isinstance(node, ast.Call) and last(node.func) == "get" and node.args:
            return isinstance(node.args[0], ast.Constant) and node.args[0].value == "PATH_INFO"
        return False
