"""A project: its modules, the names in them, and where a value comes from. Nothing is imported or run."""

import ast

from calls import Calls
from kinds import Kinds
from names import Names
from syntax import last
from values import Values


class Project(Names, Values, Calls, Kinds):
    def __init__(self, modules):
        self.modules = {module.path: module for module in modules}
        self.calls = {}
        self.mentions = {}
        self._found = {}
        self._known = {}
        self._active = set()
        self._cuts = 0
        self._steps = 0
        self._of_one = 0  # of them, for the value that is followed now
        self.is_folding = False
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
