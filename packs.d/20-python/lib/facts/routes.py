"""Routes that a program registers: Flask, FastAPI, Starlette, Bottle, aiohttp, Sanic, Tornado, Falcon and their like."""

import ast
import re

from decorators import Decorators
from frameworks import KIND, REGISTERING, VERBS, Holder
from holders import Holders
from methods import Methods
from patterns import normal
from syntax import FUNCTIONS, argument, last


class Routes(Holders, Decorators, Methods):
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
