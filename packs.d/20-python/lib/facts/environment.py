"""Environment variables that a program reads."""

import ast
import re

from syntax import FUNCTIONS, argument, last
from provided import ends, is_provided
from report import ENV

TYPED = {
    "bool", "str", "int", "float", "list", "dict", "json", "url", "db", "db_url", "cache", "cache_url", "email", "email_url",
    "search_url", "path", "tuple", "bytes", "date", "datetime", "time", "timedelta", "uuid", "log_level", "enum", "decimal",
    "subdict", "dj_db_url", "dj_email_url", "dj_cache_url", "unicode", "channels", "channels_url", "parse_value", "get_value",
}
NAMED = {
    "db": "DATABASE_URL", "db_url": "DATABASE_URL", "cache": "CACHE_URL", "cache_url": "CACHE_URL", "email": "EMAIL_URL",
    "email_url": "EMAIL_URL", "search_url": "SEARCH_URL", "channels": "CHANNELS_URL", "channels_url": "CHANNELS_URL",
}
READERS = {"environs.Env", "environ.Env", "starlette.config.Config", "decouple.Config", "decouple.AutoConfig"}


class Environment:
    def __init__(self, project, folder, report):
        self.project = project
        self.folder = folder
        self.report = report

    def read(self):
        for module in self.project.modules.values():
            for node in module.nodes:
                if isinstance(node, ast.Call):
                    self._call(node, module)
                elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
                    self._mapping(node, module)
                elif isinstance(node, ast.ClassDef):
                    self._settings(node, module)

    # os.environ

    def _is_mapping(self, node, module):
        name = self.project.dotted(node, module)
        if name in ("os.environ", "os.environb"):
            return True
        # `environ = os.environ`, at any level.
        if name is None or name.startswith("@"):
            sources, _ = self.project.sources(node, module)
            return any(
                source is not node and isinstance(source, (ast.Name, ast.Attribute))
                and self.project.dotted(source, where) == "os.environ" for source, where in sources)
        return False

    def _mapping(self, node, module):
        if isinstance(node, ast.Name) and isinstance(node.parent, ast.Attribute) and not self._is_mapping(node, module):
            return
        if not self._is_mapping(node, module):
            return
        parent = node.parent
        if isinstance(parent, ast.Subscript) and parent.value is node:
            if isinstance(parent.ctx, ast.Load):
                index = parent.slice
                self._name(index.value if isinstance(index, getattr(ast, "Index", ())) else index, module, True, parent)
            return
        if isinstance(parent, ast.Attribute):
            call = parent.parent
            if isinstance(call, ast.Call) and call.func is parent:
                if parent.attr in ("get", "pop", "setdefault", "__contains__"):
                    required = parent.attr == "pop" and len(call.args) < 2
                    return self._name(argument(call, 0, "key"), module, required, call, call)
                if parent.attr == "__getitem__":
                    return self._name(argument(call, 0, "key"), module, True, call)
                if parent.attr in ("update", "putenv", "__setitem__"):
                    return
            return self.report.gap([ENV], "the whole environment is read", module, node)
        if isinstance(parent, ast.Compare) and node in parent.comparators:
            if isinstance(parent.ops[parent.comparators.index(node)], (ast.In, ast.NotIn)):
                return self._name(parent.left, module, False, parent)
        if isinstance(parent, (ast.Assign, ast.AnnAssign)) and parent.value is node:
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            if all(isinstance(target, ast.Name) for target in targets):
                return
        if isinstance(parent, ast.Delete):
            return
        self.report.gap([ENV], "the whole environment is handed on", module, node)

    def _name(self, node, module, required, at, call=None):
        if node is None:
            return self.report.gap([ENV], "the name is no literal", module, at)
        texts = self.folder.fold(node, module)
        if not texts.is_closed:
            self.report.gap([ENV], "the name is no literal", module, at)
        # A function that reads a variable by its parameter: whether it is needed is said where it is called.
        function = self._reader(node, module)
        for text in texts.whole:
            if function is not None:
                needed = required or self._call_demands(function, module, node, text)
            else:
                needed = required and not is_provided(at, text) or (call is not None and self._is_demanded(call, module))
            self.report.site("env-required" if needed else "env-optional", text, module, at)

    @staticmethod
    def _reader(node, module):
        scope = module.scope(node)
        if isinstance(node, ast.Name) and isinstance(scope, FUNCTIONS):
            if any(kind == "parameter" for kind, _ in module.functions[scope].names.get(node.id, [])):
                return scope
        return None

    def _call_demands(self, function, module, name, text):
        """Whether a call with that name gives no default, and the function raises without one."""
        if not any(isinstance(inner, ast.Raise) for inner in ast.walk(function)):
            return False
        for call, where in self.project.calls_of(function, module, module.owner(function)):
            value, _ = self.project.given(call, function, name.id, module.owner(function) is not None)
            if value is not None and text in self.folder.fold(value, where).whole:
                if len(call.args) + len(call.keywords) == 1:
                    return True
        return False

    def _is_demanded(self, call, module):
        """`X = os.environ.get("X")` and then `if not X: raise`, or `os.environ.get("X") or fail()`."""
        if len(call.args) + len(call.keywords) > 1:
            return False
        node = call
        while isinstance(node.parent, (ast.NamedExpr, ast.Call)) and not isinstance(node, ast.stmt):
            if isinstance(node.parent, ast.Call) and node is not call:
                break
            node = node.parent
        parent = node.parent
        if isinstance(parent, ast.UnaryOp) and isinstance(parent.parent, ast.If):
            return ends(parent.parent.body)
        if isinstance(parent, ast.Compare) and isinstance(parent.parent, ast.If):
            return is_missing(parent, None) and ends(parent.parent.body)
        if not isinstance(parent, (ast.Assign, ast.AnnAssign)):
            return False
        targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
        names = {target.id for target in targets if isinstance(target, ast.Name)}
        around = parent.parent
        for block in (getattr(around, "body", None), getattr(around, "orelse", None)):
            if not isinstance(block, list) or parent not in block:
                continue
            for statement in block[block.index(parent) + 1 :]:
                if isinstance(statement, ast.If) and is_missing(statement.test, names) and ends(statement.body):
                    return True
                if isinstance(statement, ast.Assert) and isinstance(statement.test, ast.Name):
                    if statement.test.id in names:
                        return True
        return False

    # Calls

    def _call(self, node, module):
        name = last(node.func)
        dotted = self.project.dotted(node.func, module) or ""
        if dotted in ("os.getenv", "os.getenvb"):
            return self._name(argument(node, 0, "key"), module, False, node, node)
        if dotted == "os.path.expandvars":
            return self._expand(node, module)
        if dotted in ("click.option", "click.argument") or (dotted.startswith("typer.") and name in ("Option", "Argument")):
            return self._option(node, module)
        if dotted.startswith("dj_database_url.") and name == "config":
            variable = argument(node, 0, "env")
            if variable is None:
                return self.report.site("env-optional", "DATABASE_URL", module, node)
            return self._name(variable, module, False, node)
        if name == "from_envvar":
            silent = argument(node, 1, "silent")
            required = not (isinstance(silent, ast.Constant) and silent.value)
            return self._name(argument(node, 0, "variable_name"), module, required, node)
        if name in ("from_prefixed_env", "dynaconf", "Dynaconf", "auto_envvar_prefix"):
            return self.report.gap([ENV], "variables are read by their prefix", module, node)
        if any(keyword.arg == "auto_envvar_prefix" for keyword in node.keywords):
            self.report.gap([ENV], "variables are read by their prefix", module, node)
        self._reading(node, module, name, dotted)

    def _expand(self, node, module):
        texts = self.folder.fold(argument(node, 0, "path"), module)
        if not texts.is_closed:
            self.report.gap([ENV], "names in a text that is no literal are replaced", module, node)
        for text in texts.whole:
            for match in re.finditer(r"\$(?:(\w+)|\{(\w+)\})", text):
                self.report.site("env-optional", match.group(1) or match.group(2), module, node)

    def _option(self, node, module):
        variable = argument(node, None, "envvar")
        if variable is None:
            return
        for element in variable.elts if isinstance(variable, (ast.List, ast.Tuple)) else [variable]:
            self._name(element, module, False, node)

    def _reading(self, node, module, name, dotted):
        """decouple, environs, django-environ, Starlette's Config."""
        if dotted.startswith("decouple.config"):
            return self._setting(node, module, "", {})
        function = node.func
        base = function.value if isinstance(function, ast.Attribute) and name in TYPED | {"__call__"} else function
        if isinstance(base, ast.Call):
            return
        kinds = self.project.kinds(base, module) & READERS
        if not kinds:
            return
        prefix, is_known = self._prefix(node, base, module)
        if not is_known:
            self.report.gap([ENV], "the prefix of the names is no literal", module, node)
        if base is not function and name in NAMED and not node.args:
            default = argument(node, None, "default")
            return self.report.site(
                "env-optional" if default is not None else "env-required", prefix + NAMED[name], module, node)
        schemes = {}
        for maker, where in self.project.sources(base, module)[0]:
            if isinstance(maker, ast.Call):
                schemes.update({keyword.arg: keyword.value for keyword in maker.keywords if keyword.arg})
                own = argument(maker, None, "env_prefix", "prefix")
                if own is not None:
                    prefix = (self.folder.fold(own, where).whole or [""])[0] + prefix
        self._setting(node, module, prefix, schemes)

    def _setting(self, node, module, prefix, schemes):
        variable = argument(node, 0, "var", "name", "key", "option", "var_name")
        default = argument(node, 1 if not schemes else None, "default", "undefined")
        if isinstance(node.func, ast.Attribute) and node.func.attr in TYPED and default is None:
            default = argument(node, 1, "default")
        if variable is None:
            return
        texts = self.folder.fold(variable, module)
        if not texts.is_closed:
            self.report.gap([ENV], "the name is no literal", module, node)
        for text in texts.whole:
            scheme = schemes.get(text)
            has_default = default is not None or isinstance(scheme, ast.Tuple) and len(scheme.elts) > 1
            # Starlette's second argument is the type.
            if isinstance(default, ast.Name) and default.id in ("str", "int", "bool", "float", "list"):
                has_default = False
            self.report.site("env-optional" if has_default else "env-required", prefix + text, module, node)

    def _prefix(self, node, base, module):
        """`with env.prefixed("APP_"):` around a call."""
        prefix, is_known = "", True
        while node is not None:
            if isinstance(node, ast.With):
                for item in node.items:
                    call = item.context_expr
                    if isinstance(call, ast.Call) and last(call.func) == "prefixed" and call.args:
                        texts = self.folder.fold(call.args[0], module)
                        is_known = is_known and texts.is_closed and len(texts.whole) == 1
                        prefix = (texts.whole or [""])[0] + prefix
            node = node.parent
        return prefix, is_known

    # Settings classes

    def _settings(self, owner, module):
        names = self.project.ancestors(owner, module)
        if not any(name.split(".")[-1] == "BaseSettings" for name in names):
            return
        options = self._options(owner, module)
        prefix, is_known = self._text(options.get("env_prefix"), module)
        if not is_known:
            self.report.gap([ENV], "the prefix of the names is no literal", module, owner)
        if "env_nested_delimiter" in options:
            self.report.gap([ENV], "fields of fields have variables too", module, owner)
        exact = isinstance(options.get("case_sensitive"), ast.Constant) and options["case_sensitive"].value
        for statement in owner.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            if last(getattr(statement.annotation, "value", statement.annotation)) == "ClassVar":
                continue
            if statement.target.id.startswith("_") or statement.target.id == "model_config":
                continue
            self._field(statement, module, prefix, exact)

    def _options(self, owner, module):
        """Of `model_config = SettingsConfigDict(…)` or `class Config`."""
        found = {}
        for statement in owner.body:
            if isinstance(statement, ast.ClassDef) and statement.name == "Config":
                for inner in statement.body:
                    if isinstance(inner, ast.Assign) and isinstance(inner.targets[0], ast.Name):
                        found[inner.targets[0].id] = inner.value
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
                target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
                if isinstance(target, ast.Name) and target.id == "model_config":
                    if isinstance(statement.value, ast.Call):
                        found.update({k.arg: k.value for k in statement.value.keywords if k.arg})
                    elif isinstance(statement.value, ast.Dict):
                        found.update({
                            k.value: v for k, v in zip(statement.value.keys, statement.value.values)
                            if isinstance(k, ast.Constant)})
        for keyword in owner.keywords:
            if keyword.arg:
                found.setdefault(keyword.arg, keyword.value)
        return found

    def _text(self, node, module):
        if node is None:
            return "", True
        texts = self.folder.fold(node, module)
        return (texts.whole or [""])[0], texts.is_closed and len(texts.whole) == 1

    def _field(self, statement, module, prefix, exact):
        value = statement.value
        names = [prefix + statement.target.id]
        required = value is None
        if isinstance(value, ast.Call) and last(value.func) in ("Field", "SettingsField"):
            default = argument(value, 0, "default", "default_factory")
            required = default is None or (isinstance(default, ast.Constant) and default.value is Ellipsis)
            required = required and argument(value, None, "default_factory") is None
            alias = argument(value, None, "validation_alias") or argument(value, None, "alias", "env")
            if alias is not None:
                names = []
                for inner in [alias] if not isinstance(alias, (ast.Call, ast.List, ast.Tuple)) else (
                        alias.args if isinstance(alias, ast.Call) else alias.elts):
                    texts = self.folder.fold(inner, module)
                    if not texts.is_closed:
                        self.report.gap([ENV], "the name is no literal", module, statement)
                    names += texts.whole
        elif isinstance(value, ast.Constant) and value.value is Ellipsis:
            required = True
        for name in names:
            self.report.site(
                "env-required" if required else "env-optional", name if exact else name.upper(), module, statement)


def is_missing(test, names):
    """`not X`, `X is None`, and several of them joined by `or`; any name when `names` is None."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(is_missing(value, names) for value in test.values)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        if isinstance(test.operand, ast.Call) and last(test.operand.func) == "all" and test.operand.args:
            listed = test.operand.args[0]
            return isinstance(listed, (ast.List, ast.Tuple)) and any(
                isinstance(element, ast.Name) and (names is None or element.id in names) for element in listed.elts)
        return names is None or isinstance(test.operand, ast.Name) and test.operand.id in names
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], (ast.Is, ast.Eq)):
        right = test.comparators[0]
        if isinstance(right, ast.Constant) and right.value in (None, ""):
            return names is None or isinstance(test.left, ast.Name) and test.left.id in names
    return False
