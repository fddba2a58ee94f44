"""Places that a variable reaches only when it is there, or that do without it."""

import ast

from syntax import FUNCTIONS, last

CAUGHT = {"KeyError", "LookupError", "Exception", "BaseException"}


def is_provided(node, name):
    """Whether what reads a variable so that it fails without it is guarded: in a `try` whose handler goes on, behind
    `"X" in os.environ` or `os.environ.get("X")`."""
    child, parent = node, node.parent
    while parent is not None and not isinstance(parent, FUNCTIONS + (ast.Lambda,)):
        if isinstance(parent, ast.Try) and child in parent.body:
            if any(_catches(handler) and not ends(handler.body) for handler in parent.handlers):
                return True
        elif isinstance(parent, ast.If) and child in parent.body or isinstance(parent, ast.IfExp) and child is parent.body:
            if _asks(parent.test, name):
                return True
        elif isinstance(parent, ast.BoolOp) and isinstance(parent.op, ast.And):
            if any(_asks(value, name) for value in parent.values[:parent.values.index(child)]):
                return True
        child, parent = parent, parent.parent
    return False


def _catches(handler):
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or last(kind) in CAUGHT for kind in kinds)


def _asks(test, name):
    """Whether a condition holds only where the variable is there."""
    if isinstance(test, ast.BoolOp):
        return isinstance(test.op, ast.And) and any(_asks(value, name) for value in test.values)
    if isinstance(test, ast.Compare):
        return isinstance(test.ops[0], ast.In) and isinstance(test.left, ast.Constant) and test.left.value == name
    return (
        isinstance(test, ast.Call) and last(test.func) in ("get", "getenv") and len(test.args) == 1
        and isinstance(test.args[0], ast.Constant) and test.args[0].value == name)


def ends(body):
    """Whether a block raises or ends the program."""
    for statement in body:
        if isinstance(statement, ast.Raise):
            return True
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            function = statement.value.func
            if last(function) in ("exit", "_exit", "abort", "quit"):
                return True
    return False
