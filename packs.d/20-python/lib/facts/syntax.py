"""Small questions about syntax trees, and how far one is followed."""

import ast

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = FUNCTIONS + (ast.Lambda,)

# How far a value is followed, and how many of them one expression may have.
DEPTH = 60
WIDTH = 48
STEPS = 1_000_000
# One value that cannot be followed to its end must not leave nothing for the others.
STEPS_OF_ONE = 1_000


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
