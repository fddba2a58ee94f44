"""What a call gives: what the project's function returns, and what its own calls hand to a parameter."""

import ast

from syntax import FUNCTIONS, WIDTH, argument, is_spread, last


class Calls:
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
