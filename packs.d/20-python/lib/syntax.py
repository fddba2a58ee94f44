"""One module of the project, by its syntax tree."""

import ast
import os
import re

# Constructor or factory → (framework, interface).
CONSTRUCTORS = {
    "fastapi.FastAPI": ("fastapi", "asgi"),
    "fastapi.applications.FastAPI": ("fastapi", "asgi"),
    "starlette.applications.Starlette": ("starlette", "asgi"),
    "litestar.Litestar": ("litestar", "asgi"),
    "litestar.app.Litestar": ("litestar", "asgi"),
    "quart.Quart": ("quart", "asgi"),
    "falcon.asgi.App": ("falcon", "asgi"),
    "blacksheep.Application": ("blacksheep", "asgi"),
    "fasthtml.common.FastHTML": ("fasthtml", "asgi"),
    "socketio.ASGIApp": ("socketio", "asgi"),
    "django.core.asgi.get_asgi_application": ("django", "asgi"),
    "channels.routing.ProtocolTypeRouter": ("django", "asgi"),
    "sanic.Sanic": ("sanic", "asgi"),
    "flask.Flask": ("flask", "wsgi"),
    "flask.app.Flask": ("flask", "wsgi"),
    "apiflask.APIFlask": ("flask", "wsgi"),
    "flask_openapi3.OpenAPI": ("flask", "wsgi"),
    "socketio.WSGIApp": ("socketio", "wsgi"),
    "bottle.Bottle": ("bottle", "wsgi"),
    "bottle.default_app": ("bottle", "wsgi"),
    "falcon.App": ("falcon", "wsgi"),
    "falcon.API": ("falcon", "wsgi"),
    "django.core.wsgi.get_wsgi_application": ("django", "wsgi"),
    "pyramid.config.Configurator": ("pyramid", None),
}

SERVING = {
    "run", "run_app", "serve", "listen", "start_server", "create_server", "bind", "HTTPServer", "ThreadingHTTPServer",
    "TCPServer", "ThreadingTCPServer", "make_server", "run_simple", "WSGIServer", "Config", "run_server", "TCPSite",
    "serve_forever",
}

# Calls that open a port, whatever they are called on.
OPENING = SERVING - {"run", "bind", "Config"} | {"add_insecure_port", "add_secure_port"}

PLAIN_PATH = re.compile(r"(\./)?\w[\w.-]*(/\w[\w.-]*)*/?")


def module_name(path):
    """`app/main.py` → `app.main`, `app/__init__.py` → `app`; `src/` is no part of it."""
    parts = path[:-3].split(os.sep)
    if parts[0] == "src" and len(parts) > 1:
        parts = parts[1:]
    if parts[-1] == "__init__" and len(parts) > 1:
        parts = parts[:-1]
    return ".".join(parts)


def is_guard(node):
    """`if __name__ == "__main__":`"""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left] + node.test.comparators
    values = [getattr(side, "id", None) or constant(side) for side in sides]
    return "__name__" in values and "__main__" in values


def constant(node):
    return node.value if isinstance(node, ast.Constant) else None


class Module:
    def __init__(self, path, tree):
        self.path = path
        self.name = module_name(path)
        self.names = {}
        self.imports = set()
        self.objects = {}
        self.factories = {}
        self.unsettled = []
        self.mounted = set()
        self.guard = None
        self.ports = []
        self.uses_port_variable = False
        self.directories = []
        # Django: the settings module that it names, and where STATIC_ROOT is set and to what.
        self.settings = None
        self.static_root = None
        self.whitenoise = False
        self.listens = False
        # Imports that always happen, by their first name.
        self.demands = set()
        self._tree = tree

    def read(self):
        for node in ast.walk(self._tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self._import(node)
        self._block(self._tree.body)
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call):
                self._call(node)
            elif isinstance(node, ast.Assign):
                self._port_assignment(node)
                self._static_assignment(node)
            elif isinstance(constant(node), str) and node.value.startswith("whitenoise"):
                self.whitenoise = True
        for node in self._tree.body:
            if isinstance(node, ast.Import):
                self.demands.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                self.demands.add((node.module or "").split(".")[0])

    # Names

    def _import(self, node):
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.names[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
                self.imports.add(alias.name.split(".")[0])
            return
        base = node.module or ""
        if node.level:
            parts = self.name.split(".")
            if not self.path.endswith("__init__.py"):
                parts = parts[:-1]
            parts = parts[: len(parts) - (node.level - 1)] if node.level > 1 else parts
            base = ".".join(parts + ([node.module] if node.module else []))
        elif base:
            self.imports.add(base.split(".")[0])
        for alias in node.names:
            self.names[alias.asname or alias.name] = (base + "." if base else "") + alias.name

    def dotted(self, node):
        """`fastapi.FastAPI` for a name or attribute as this module knows it."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        return ".".join([self.names.get(node.id, self.name + "." + node.id)] + parts)

    # Statements of the module itself

    def _block(self, body):
        for node in body:
            if is_guard(node):
                self.guard = self.guard or node.lineno
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                self._assignment(node)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._function(node)
            elif isinstance(node, (ast.If, ast.Try, ast.With)):
                self._block(node.body)
                self._block(getattr(node, "orelse", []) or [])
                for handler in getattr(node, "handlers", []) or []:
                    self._block(handler.body)

    def _assignment(self, node):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = node.value
        for target in targets:
            # `app, rt = fast_app()`
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Call):
                if self.dotted(value.func) == "fasthtml.common.fast_app" and isinstance(target.elts[0], ast.Name):
                    self.objects[target.elts[0].id] = ("fasthtml", "asgi", node.lineno)
            if not isinstance(target, ast.Name):
                continue
            if isinstance(value, ast.Call):
                called = self.dotted(value.func)
                kind = CONSTRUCTORS.get(called)
                if kind and kind[1]:
                    self.objects[target.id] = (kind[0], kind[1], node.lineno)
                elif called and called.endswith(".make_wsgi_app"):
                    self.objects[target.id] = ("pyramid", "wsgi", node.lineno)
                elif called in ("dash.Dash", "dash.dash.Dash"):
                    self.objects["%s.server" % target.id] = ("dash", "wsgi", node.lineno)
                elif self._wrapped(value):
                    self.objects[target.id] = self._wrapped(value) + (node.lineno,)
                elif called:
                    self.unsettled.append((target.id, called, node.lineno))
            elif isinstance(value, ast.Attribute) and value.attr == "server" and isinstance(value.value, ast.Name):
                dash = self.objects.pop("%s.server" % value.value.id, None)
                if dash:
                    self.objects[target.id] = ("dash", "wsgi", node.lineno)

    def _wrapped(self, call):
        """The application inside of a middleware: `application = Cling(get_wsgi_application())`."""
        for argument in call.args:
            if isinstance(argument, ast.Call):
                kind = CONSTRUCTORS.get(self.dotted(argument.func))
                if kind and kind[1]:
                    return kind
        return None

    def _function(self, node):
        """A factory: it can be called without arguments, makes an application and returns something."""
        arguments = node.args
        required = len(arguments.args) - len(arguments.defaults)
        required += sum(1 for default in arguments.kw_defaults if default is None)
        if isinstance(node, ast.AsyncFunctionDef) or getattr(arguments, "posonlyargs", None):
            return
        kind = None
        calls = []
        returns = False
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call):
                called = self.dotted(inner.func)
                found = CONSTRUCTORS.get(called)
                if found and found[1]:
                    kind = kind or found
                elif called:
                    calls.append(called)
            returns = returns or (isinstance(inner, ast.Return) and inner.value is not None)
        if returns:
            self.factories[node.name] = {"kind": kind, "calls": calls, "line": node.lineno, "callable": required == 0}

    # Calls anywhere

    def _call(self, node):
        function = node.func
        last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if last == "mount":
            self.mounted.update(argument.id for argument in node.args if isinstance(argument, ast.Name))
        if last in ("get", "getenv") and node.args and constant(node.args[0]) == "PORT":
            self.uses_port_variable = True
            if len(node.args) > 1:
                self._port(constant(node.args[1]), node.lineno, None)
        if last == "setdefault" and len(node.args) == 2 and constant(node.args[0]) == "DJANGO_SETTINGS_MODULE":
            value = constant(node.args[1])
            self.settings = value if isinstance(value, str) else None
        if last in ("mkdir", "makedirs"):
            self._directory(node, function)
        stated = {keyword.arg for keyword in node.keywords}
        self.listens = self.listens or last in OPENING or (last == "run" and bool(stated & {"host", "port"}))
        if last not in SERVING:
            return
        host = None
        for keyword in node.keywords:
            if keyword.arg in ("host", "hostname", "address"):
                host = constant(keyword.value)
        for keyword in node.keywords:
            if keyword.arg == "port":
                self._port(constant(keyword.value), node.lineno, host)
        for argument in node.args:
            if isinstance(argument, ast.Tuple) and len(argument.elts) == 2:
                self._port(constant(argument.elts[1]), node.lineno, constant(argument.elts[0]))
            elif last in ("listen", "run", "run_app") and isinstance(constant(argument), int):
                self._port(constant(argument), node.lineno, host)

    def _directory(self, node, function):
        """A directory that the program makes for itself, relative to where it is started."""
        made = node.args[0] if node.args else None
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call):
            # pathlib: Path("data").mkdir()
            called = function.value
            if getattr(called.func, "id", getattr(called.func, "attr", "")) == "Path" and called.args:
                made = called.args[0]
        # Flask's own directory for what a deployment writes.
        value = "instance" if isinstance(made, ast.Attribute) and made.attr == "instance_path" else constant(made)
        if isinstance(value, str) and PLAIN_PATH.fullmatch(value):
            self.directories.append({"name": re.sub(r"^\./", "", value).strip("/"), "line": node.lineno})

    def _port_assignment(self, node):
        for target in node.targets:
            if isinstance(target, ast.Name) and re.fullmatch(r"(?i)(server_|http_|listen_|web_)?port", target.id):
                self._port(constant(node.value), node.lineno, None)

    def _static_assignment(self, node):
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id == "STATIC_ROOT" and not (
                isinstance(node.value, ast.Constant) and not node.value.value
            ):
                names = [inner.value for inner in ast.walk(node.value) if isinstance(constant(inner), str)]
                plain = names[-1].strip("/") if names and PLAIN_PATH.fullmatch(names[-1]) else None
                self.static_root = {"line": node.lineno, "name": plain}

    def _port(self, value, line, host):
        if isinstance(value, str) and value.isdigit():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536:
            self.ports.append({"number": value, "line": line, "loopback": host in ("localhost", "127.0.0.1", "::1")})
