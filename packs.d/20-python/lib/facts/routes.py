"""Routes that a program registers: Flask, FastAPI, Starlette, Bottle, aiohttp, Sanic, Tornado, Falcon and their like."""

import ast
import os
import re

from model import FUNCTIONS, argument, last

VERBS = ("get", "post", "put", "delete", "patch", "head", "options", "trace")
KIND = ["routes"]
# Decorators that register beside those that are called like a method.
REGISTERING = ("route", "api_route", "websocket", "websocket_route", "view")

# Constructor of what holds routes → family, and whether it is a root rather than something that is included elsewhere.
HOLDERS = {
    "flask.Flask": ("flask", True), "flask.app.Flask": ("flask", True), "quart.Quart": ("flask", True),
    "apiflask.APIFlask": ("flask", True), "flask_openapi3.OpenAPI": ("flask", True),
    "flask.Blueprint": ("flask", False), "flask.blueprints.Blueprint": ("flask", False), "quart.Blueprint": ("flask", False),
    "apiflask.APIBlueprint": ("flask", False), "flask_openapi3.APIBlueprint": ("flask", False),
    "flask_smorest.Blueprint": ("flask", False),
    "flask_restful.Api": ("restful", False), "flask_restx.Api": ("restful", False), "flask_restx.Namespace": ("restful", False),
    "flask_restplus.Api": ("restful", False), "flask_restplus.Namespace": ("restful", False),
    "fastapi.FastAPI": ("fastapi", True), "fastapi.applications.FastAPI": ("fastapi", True),
    "fastapi.APIRouter": ("fastapi", False), "fastapi.routing.APIRouter": ("fastapi", False),
    "starlette.applications.Starlette": ("fastapi", True), "starlette.routing.Router": ("fastapi", False),
    "bottle.Bottle": ("bottle", True), "bottle.app": ("bottle", True), "bottle.default_app": ("bottle", True),
    "aiohttp.web.Application": ("aiohttp", True), "aiohttp.web.RouteTableDef": ("aiohttp", False),
    "sanic.Sanic": ("sanic", True), "sanic.Blueprint": ("sanic", False), "sanic.blueprints.Blueprint": ("sanic", False),
    "falcon.App": ("falcon", True), "falcon.API": ("falcon", True), "falcon.asgi.App": ("falcon", True),
    "tornado.web.Application": ("tornado", True),
}
FRAMEWORKS = {name.split(".")[0] for name in HOLDERS}


class Holder:
    """An application, blueprint or router: where it is made, and what it is put below."""

    def __init__(self, call, module, family, is_root):
        self.call = call
        self.module = module
        self.family = family
        self.is_root = is_root
        self.routes = []
        # (parent holder or None for the root, prefix, whether it takes the place of the own one)
        self.parents = []
        self.own = ""


class Routes:
    def __init__(self, project, folder, report):
        self.project = project
        self.folder = folder
        self.report = report
        self.holders = {}
        self.unknown = Holder(None, None, "", True)

    def read(self):
        """Looks at all modules; where each holder is put is known before its routes are written down."""
        modules = list(self.project.modules.values())
        for module in modules:
            for node in module.nodes:
                if isinstance(node, ast.Call):
                    self._make(node, module)
        for module in modules:
            for node in module.nodes:
                if isinstance(node, ast.Call):
                    self._call(node, module)
                elif isinstance(node, FUNCTIONS + (ast.ClassDef,)):
                    self._handlers(node, module)
        for holder in [self.unknown] + list(self.holders.values()):
            self._emit(holder)

    # What holds routes

    def _make(self, node, module):
        name = self.project.dotted(node.func, module)
        kind = HOLDERS.get(name)
        if kind is None:
            instance = self.project.instance(node, module)
            if instance:
                kind = next((HOLDERS[n] for n in self.project.ancestors(*instance) if n in HOLDERS), None)
        if kind is None:
            return
        holder = self.holders[node] = Holder(node, module, *kind)
        prefix = argument(node, None, "url_prefix", "prefix", "path")
        if name and name.endswith("flask_restx.Namespace") and prefix is None:
            prefix = argument(node, 2, "path")
            label = argument(node, 0, "name")
            if prefix is None and isinstance(label, ast.Constant):
                holder.own = "/" + str(label.value)
        if holder.family == "restful" and name and name.endswith(".Api") and prefix is None:
            prefix = argument(node, 1, "prefix") if name == "flask_restful.Api" else None
        if prefix is not None:
            holder.own = self._prefix(prefix, module, node)
        if holder.family == "sanic" and argument(node, None, "version") is not None:
            self.report.gap(KIND, "a version is put in front of the paths", module, node)
        if holder.family == "fastapi" and holder.is_root and name and name.startswith("fastapi."):
            off = argument(node, None, "openapi_url")
            if not (isinstance(off, ast.Constant) and off.value is None):
                self.report.gap(KIND, "FastAPI adds the routes of its own documentation", module, node)
        if holder.family in ("restful",) and name and "restx" in name and name.endswith(".Api"):
            self.report.gap(KIND, "the library adds the routes of its own documentation", module, node)
        if holder.family == "flask":
            self._static(node, module, holder.is_root)
        listed = argument(node, 0 if name == "tornado.web.Application" else 1 if "starlette" in (name or "") else None,
                          "routes", "handlers")
        if listed is not None:
            self._listed(listed, module, holder, "", node)

    def _static(self, node, module, is_root):
        """Flask serves a directory of an application that is there, and any that is named."""
        named = argument(node, None, "static_folder")
        if named is None:
            is_there = is_root and os.path.isdir(os.path.join(os.path.dirname(module.path), "static"))
        else:
            is_there = not (isinstance(named, ast.Constant) and named.value is None)
        if is_there:
            self.report.gap(KIND, "files of a directory are served", module, node)

    def _prefix(self, node, module, at):
        texts = self.folder.fold(node, module)
        if not texts.is_closed and not (not texts.open and not texts.texts):
            self.report.gap(KIND, "a prefix is no literal", module, at)
        if len(texts.whole) > 1:
            self.report.gap(KIND, "a prefix has several values", module, at)
        return (texts.whole or [""])[0]

    def holders_of(self, node, module):
        """The holders that an expression may be; none when nobody knows."""
        found = []
        for source, where in self.project.sources(node, module)[0]:
            if source in self.holders:
                found.append(self.holders[source])
            elif isinstance(source, ast.Attribute) and source.attr in ("router", "blueprint", "api", "app"):
                # `app.router.add_get(…)`
                found += [h for h in self.holders_of(source.value, where) if source is not node or source.value is not node]
        return found

    # Calls

    def _call(self, node, module):
        function = node.func
        name = last(function)
        if isinstance(function, ast.Attribute):
            include = {
                "register_blueprint": 0, "include_router": 0, "add_namespace": 0, "blueprint": 0, "mount": 1, "add_subapp": 1,
            }.get(name)
            if include is not None:
                return self._include(node, module, name, include)
            if name in ("add_url_rule", "add_api_route", "add_route", "add_view", "add_websocket_route", "add_api_websocket_route",
                        "add_resource", "add_static", "add_routes", "add_handlers") or re.fullmatch(
                            r"add_(get|post|put|delete|patch|head|options)", name or ""):
                return self._added(node, module, name)
            if name in VERBS + REGISTERING and not isinstance(node.parent, FUNCTIONS + (ast.ClassDef,)):
                return self._by_hand(node, module, name)
            if name == "__init__":
                return self._initialized(node, module)
            if name in ("append", "extend", "insert", "add") and last(function.value) in ("routes", "url_map"):
                self.report.gap(KIND, "a list of routes is changed", module, node)
            if name == "static" and any(held.family == "sanic" for held in self.holders_of(function.value, module)):
                self.report.gap(KIND, "files of a directory are served", module, node)

    def _by_hand(self, node, module, name):
        """`app.route("/x")(view)`, and a function of the project that returns such a decorator."""
        targets = self.holders_of(node.func.value, module)
        if targets and (node.args or node.keywords):
            self._decorated(None, node, name, targets, module)

    def _initialized(self, node, module):
        """`super().__init__(handlers)` of a class made from Tornado's application."""
        owner = module.around(node)
        if owner is None or not any(name == "tornado.web.Application" for name in self.project.ancestors(owner, module)):
            return
        listed = argument(node, 0, "handlers")
        if isinstance(listed, ast.Name) and listed.id == "self":
            listed = argument(node, 1, "handlers")
        if listed is not None:
            self._listed(listed, module, self.unknown, "", node)

    def _targets(self, function, module):
        """The holders that a method is called on; the unknown one where nobody knows."""
        found = self.holders_of(function.value, module)
        if found:
            return found
        # `Blueprint(…).route`: made in place.
        return [self.unknown]

    def _include(self, node, module, name, position):
        child = argument(node, position, "blueprint", "router", "app", "ns", "subapp")
        if name == "mount" and isinstance(child, ast.Constant):
            child = argument(node, 0)
        if child is None:
            return
        prefix_node = argument(node, None, "url_prefix", "prefix", "path")
        if prefix_node is None and position == 1:
            prefix_node = argument(node, 0)
        if prefix_node is None and name == "add_namespace":
            prefix_node = argument(node, 1)
        children = self.holders_of(child, module)
        if not children:
            if name == "mount":
                self._mounted(child, module, prefix_node, node)
            elif name in ("register_blueprint", "include_router", "add_subapp", "add_namespace"):
                self.report.gap(KIND, "what is included is not made here", module, node)
            return
        given = prefix_node is not None and not (isinstance(prefix_node, ast.Constant) and prefix_node.value is None)
        prefixes = [""]
        if given:
            texts = self.folder.fold(prefix_node, module)
            if not texts.is_closed:
                self.report.gap(KIND, "a prefix is no literal", module, node)
            prefixes = texts.whole or [""]
        replaces = given and name in ("register_blueprint", "add_namespace", "blueprint")
        _, is_open = self.project.sources(child, module)
        if is_open:
            self.report.gap(KIND, "what is included is not known", module, node)
        # In a loop over pairs, each child has the prefix beside it.
        pairs = self._pairs(child, prefix_node, module) if given and len(prefixes) > 1 else None
        for parent in self._targets(node.func, module):
            for held in children:
                for prefix in prefixes:
                    if pairs is not None and (held.call, prefix) not in pairs:
                        continue
                    held.parents.append((parent, prefix, replaces))
                    if position == 1:
                        held.is_root = False

    def _pairs(self, child, prefix, module):
        """`for blueprint, prefix in ((a, "/a"), (b, "/b"))`: the pairs; None where it is no such loop."""
        if not (isinstance(child, ast.Name) and isinstance(prefix, ast.Name)):
            return None
        node = child
        while node is not None and not isinstance(node, ast.For):
            node = node.parent
        if node is None or not isinstance(node.target, ast.Tuple) or not isinstance(node.iter, (ast.Tuple, ast.List)):
            return None
        names = [getattr(element, "id", None) for element in node.target.elts]
        if child.id not in names or prefix.id not in names:
            return None
        pairs = set()
        for element in node.iter.elts:
            if not isinstance(element, ast.Tuple) or len(element.elts) != len(names):
                return None
            for held in self.holders_of(element.elts[names.index(child.id)], module):
                for text in self.folder.fold(element.elts[names.index(prefix.id)], module).whole:
                    pairs.add((held.call, text))
        return pairs

    def _mounted(self, child, module, prefix, node):
        self.report.gap(KIND, "what is mounted answers below its own path", module, node)

    def _added(self, node, module, name):
        targets = self._targets(node.func, module)
        family = targets[0].family
        verb = re.fullmatch(r"add_(get|post|put|delete|patch|head|options)", name)
        if name == "add_routes":
            listed = argument(node, 0, "routes")
            for target in targets:
                if listed is not None:
                    self._listed(listed, module, target, "", node)
            return
        if name == "add_handlers":
            for target in targets:
                self._listed(argument(node, 1), module, target, "", node)
            return
        if name == "add_static":
            return self.report.gap(KIND, "files of a directory are served", module, node)
        if name == "add_resource":
            methods = self._class_methods(argument(node, 0, "resource"), module)
            for path in node.args[1:] + [k.value for k in node.keywords if k.arg == "urls"]:
                self._route(targets, path, methods, module, node, "flask")
            return
        if name == "add_view":
            path, handler = argument(node, 0, "path"), argument(node, 1, "handler")
            return self._route(targets, path, self._class_methods(handler, module), module, node, "braces")
        if verb:
            return self._route(targets, argument(node, 0, "path"), [verb.group(1)], module, node, "braces")
        if "websocket" in name:
            return self._route(targets, argument(node, 0, "path"), ["GET"], module, node, "braces")
        if name == "add_url_rule":
            path = argument(node, 0, "rule")
            view = argument(node, 2, "view_func")
            methods = self._methods(argument(node, None, "methods"), module, node)
            if methods is None:
                methods = self._view_methods(view, module) or ["GET"]
            return self._route(targets, path, methods, module, node, "flask")
        if name == "add_api_route":
            methods = self._methods(argument(node, None, "methods"), module, node) or ["GET"]
            return self._route(targets, argument(node, 0, "path"), methods, module, node, "braces")
        if name == "add_route":
            self._add_route(node, module, targets, family)

    def _add_route(self, node, module, targets, family):
        if family == "falcon" or self._has_responders(argument(node, 1), module):
            methods = self._class_methods(argument(node, 1, "resource"), module, "on_")
            return self._route(targets, argument(node, 0, "uri_template"), methods, module, node, "braces")
        if family == "aiohttp":
            method = self.folder.fold(argument(node, 0, "method"), module)
            methods = method.whole or ["*"]
            if not method.is_closed:
                self.report.gap(KIND, "a method is no literal", module, node)
            return self._route(targets, argument(node, 1, "path"), methods, module, node, "braces")
        if family == "sanic":
            methods = self._methods(argument(node, None, "methods"), module, node) or self._view_methods(
                argument(node, 0, "handler"), module) or ["GET"]
            return self._route(targets, argument(node, 1, "uri"), methods, module, node, "sanic")
        path = argument(node, 0, "path")
        if not isinstance(node.func, ast.Attribute) or (family == "" and not self._is_path(path, module)):
            return
        methods = self._methods(argument(node, 2, "methods"), module, node)
        methods = methods or self._class_methods(argument(node, 1, "route", "endpoint"), module) or ["GET"]
        self._route(targets, path, methods, module, node, "braces")

    def _is_path(self, node, module):
        return node is not None and any(text.startswith("/") for text in self.folder.fold(node, module).whole)

    # Decorators

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

    # Lists of routes

    def _listed(self, node, module, holder, prefix, at):
        containers, is_open = self.project.sources(node, module)
        if is_open or not containers:
            self.report.gap(KIND, "a list of routes is not known", module, at)
        for container, where in containers:
            if container in self.holders:
                self.holders[container].parents.append((holder, prefix, False))
            elif isinstance(container, (ast.List, ast.Tuple)):
                for element in container.elts:
                    self._entry(element, where, holder, prefix)
            elif isinstance(container, ast.BinOp) and isinstance(container.op, ast.Add):
                self._listed(container.left, where, holder, prefix, at)
                self._listed(container.right, where, holder, prefix, at)
            else:
                self.report.gap(KIND, "a list of routes is not known", where, at)

    def _entry(self, node, module, holder, prefix):
        if isinstance(node, ast.Starred):
            return self._listed(node.value, module, holder, prefix, node)
        if isinstance(node, (ast.Tuple,)) and len(node.elts) >= 2:
            return self._route([holder], node.elts[0], self._class_methods(node.elts[1], module), module, node, "regex", prefix)
        entries = [(s, w) for s, w in self.project.sources(node, module)[0] if isinstance(s, ast.Call)]
        if not entries:
            return self.report.gap(KIND, "a route that is made elsewhere", module, node)
        for call, where in entries:
            name = last(call.func)
            if name == "Mount":
                self._mount(call, where, holder, prefix)
            elif name in ("Route", "WebSocketRoute", "APIRoute"):
                methods = self._methods(argument(call, None, "methods"), where, call)
                methods = methods or self._class_methods(argument(call, 1, "endpoint"), where) or ["GET"]
                self._route([holder], argument(call, 0, "path"), methods, where, call, "braces", prefix)
            elif name in ("url", "URLSpec", "Rule"):
                methods = self._class_methods(argument(call, 1, "handler"), where)
                self._route([holder], argument(call, 0, "pattern"), methods, where, call, "regex", prefix)
            elif name in VERBS:
                self._route([holder], argument(call, 0, "path"), [name], where, call, "braces", prefix)
            elif name == "view":
                methods = self._class_methods(argument(call, 1, "handler"), where)
                self._route([holder], argument(call, 0, "path"), methods, where, call, "braces", prefix)
            elif name == "route":
                methods = self.folder.fold(call.args[0], where).whole if call.args else ["*"]
                self._route([holder], argument(call, 1, "path"), methods or ["*"], where, call, "braces", prefix)
            else:
                self.report.gap(KIND, "a route of a kind that is not known", where, call)

    def _mount(self, call, module, holder, prefix):
        below = prefix + self._prefix(argument(call, 0, "path"), module, call)
        routes = argument(call, None, "routes")
        if routes is not None:
            return self._listed(routes, module, holder, below, call)
        app = argument(call, 1, "app")
        children = self.holders_of(app, module) if app is not None else []
        for child in children:
            child.is_root = False
            child.parents.append((holder, below, False))
        if not children:
            self.report.gap(KIND, "what is mounted answers below its own path", module, call)

    # Methods

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

    # Results

    def _route(self, targets, path, methods, module, at, style, prefix=""):
        if path is None:
            return self.report.gap(KIND, "a route without a path", module, at)
        texts = self.folder.fold(path, module)
        if not texts.is_closed:
            self.report.gap(KIND, "the path is no literal", module, at)
        for text in texts.whole:
            plain, is_exact = normal(text, style)
            if not is_exact:
                self.report.gap(KIND, "the path is a pattern", module, at)
            for target in targets:
                for method in methods or ["*"]:
                    target.routes.append((method.upper(), prefix + plain, module, at))

    def _prefixes(self, holder, depth=0):
        """All texts that stand in front of what a holder has."""
        if holder is self.unknown:
            return [""]
        found = [holder.own] if holder.is_root or not holder.parents else []
        if depth > 8:
            return found
        for parent, prefix, replaces in holder.parents:
            for before in self._prefixes(parent, depth + 1):
                found.append(before + prefix + ("" if replaces else holder.own))
        return found

    def _emit(self, holder):
        if not holder.routes:
            return
        if holder is not self.unknown and not holder.is_root and not holder.parents:
            if not (holder.family == "restful" and holder.call is not None and self._binds(holder)):
                self.report.gap(KIND, "nothing here says what these routes are put below", holder.module, holder.call)
        prefixes = sorted(set(self._prefixes(holder)))
        for method, path, module, at in holder.routes:
            for prefix in prefixes:
                joined = prefix + path
                if path.startswith("/") and prefix.endswith("/"):
                    joined = prefix.rstrip("/") + path
                if path == "" and not prefix:
                    joined = "/"
                text = normal(joined, "flask" if holder.family in ("flask", "restful") else "braces")[0]
                self.report.site("routes", "%s %s" % (method, text), module, at)

    def _binds(self, holder):
        """flask_restful's `Api(app)` is a root of its own; `Api(blueprint)` is below it."""
        app = argument(holder.call, 0, "app")
        for held in self.holders_of(app, holder.module) if app is not None else []:
            if held is not holder and not held.is_root:
                holder.parents.append((held, "", False))
        return True


def normal(path, style):
    """The path with `{name}` for each parameter, and whether that says all that it matches."""
    if style == "regex":
        return regex(path)
    if style == "any":
        style = "flask" if "<" in path else "braces"
    if style == "flask":
        return re.sub(r"<(?:[^<>:]*:)?([^<>:]+)>", lambda m: "{%s}" % m.group(1), path), True
    if style in ("sanic", "bottle"):
        path = re.sub(r"<:[^<>]*>", "{*}", re.sub(r"<([^<>:]+)(?::[^<>]*)?>", lambda m: "{%s}" % m.group(1), path))
        if style == "bottle":
            path = re.sub(r"(?<=/):([A-Za-z_]\w*)", lambda m: "{%s}" % m.group(1), path)
        return path, True
    return path, True


def regex(pattern):
    """A path out of a regular expression: groups are parameters. Not exact where more than that is in it."""
    text = pattern.strip()
    is_exact = True
    text = re.sub(r"^(\(\?i\))?[\^]?", "", text)
    text = re.sub(r"(\$|\\Z|\\z)$", "", text)
    out, index, count = "", 0, 0
    while index < len(text):
        character = text[index]
        if character == "(":
            end = closing(text, index)
            if end is None:
                return out, False
            inside = text[index + 1 : end]
            name = re.match(r"\?P<(\w+)>", inside)
            after = text[end + 1 : end + 2]
            if inside.startswith("?:") or inside.startswith("?=") or inside.startswith("?!"):
                is_exact = False
                plain = inside[2:]
                if re.fullmatch(r"[\w/.-]*", plain) and after not in ("?", "*"):
                    out += plain
            else:
                count += 1
                out += "{%s}" % (name.group(1) if name else "*")
                is_exact = is_exact and after not in ("?", "*")
            index = end + 1 + (1 if after in ("?", "*", "+") else 0)
            continue
        if character == "\\" and index + 1 < len(text):
            escaped = text[index + 1]
            if escaped.isalnum():
                is_exact = False
                out += "{*}" if not out.endswith("{*}") else ""
                index += 2
                while index < len(text) and text[index] in "+*?":
                    index += 1
                continue
            out += escaped
            index += 2
            continue
        if character == "[" or character == ".":
            end = text.find("]", index) if character == "[" else index
            nxt = text[end + 1 : end + 2]
            if character == "." and nxt not in ("*", "+", "?"):
                out += "."
                index += 1
                continue
            is_exact = False
            out += "{*}" if not out.endswith("{*}") else ""
            index = (end if end >= 0 else index) + 1
            while index < len(text) and text[index] in "+*?":
                index += 1
            continue
        if character == "?":
            # An optional slash at the end is how people write it; the path is the one with the slash's character.
            is_exact = False
            if out.endswith("/"):
                out = out[:-1]
            index += 1
            continue
        if character in "|*+^$":
            is_exact = False
            index += 1
            continue
        out += character
        index += 1
    return out, is_exact


def closing(text, start):
    depth, index = 0, start
    while index < len(text):
        if text[index] == "\\":
            index += 2
            continue
        if text[index] == "[":
            end = text.find("]", index + 1)
            index = end if end > 0 else index
        elif text[index] == "(":
            depth += 1
        elif text[index] == ")":
            depth -= 1
            if depth == 0:
                return index
        index += 1
    return None
