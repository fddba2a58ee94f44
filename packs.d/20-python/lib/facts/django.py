"""Routes of a Django project: the urlpatterns of its modules, put together as `include` says."""

import ast

from frameworks import KIND, VERBS
from patterns import normal, regex
from syntax import FUNCTIONS, argument, last

GENERIC = {
    "ListView": ["GET"], "DetailView": ["GET"], "TemplateView": ["GET"], "ArchiveIndexView": ["GET"], "YearArchiveView": ["GET"],
    "MonthArchiveView": ["GET"], "DayArchiveView": ["GET"], "DateDetailView": ["GET"],
    "CreateView": ["GET", "POST"], "UpdateView": ["GET", "POST"], "DeleteView": ["GET", "POST"], "FormView": ["GET", "POST"],
    "LoginView": ["GET", "POST"], "LogoutView": ["POST"],
    "ListAPIView": ["GET"], "RetrieveAPIView": ["GET"], "CreateAPIView": ["POST"], "DestroyAPIView": ["DELETE"],
    "UpdateAPIView": ["PUT", "PATCH"], "ListCreateAPIView": ["GET", "POST"], "RetrieveUpdateAPIView": ["GET", "PUT", "PATCH"],
    "RetrieveDestroyAPIView": ["GET", "DELETE"], "RetrieveUpdateDestroyAPIView": ["GET", "PUT", "PATCH", "DELETE"],
}
ACTIONS = {"list": ("GET", False), "create": ("POST", False), "retrieve": ("GET", True), "update": ("PUT", True),
           "partial_update": ("PATCH", True), "destroy": ("DELETE", True)}
VIEWSETS = {
    "ModelViewSet": list(ACTIONS), "ReadOnlyModelViewSet": ["list", "retrieve"], "ListModelMixin": ["list"],
    "CreateModelMixin": ["create"], "RetrieveModelMixin": ["retrieve"], "UpdateModelMixin": ["update", "partial_update"],
    "DestroyModelMixin": ["destroy"],
}
LIMIT = 5000


class Django:
    def __init__(self, project, folder, report):
        self.project = project
        self.folder = folder
        self.report = report
        self.seen = []
        self.count = 0

    def read(self):
        files = [module for module in self.project.modules.values() if "urlpatterns" in module.names]
        if not files:
            return
        roots = self._roots()
        if not roots:
            included = self._included(files)
            roots = [module for module in files if module not in included]
            if len(roots) != 1:
                self.report.doubt(KIND, "nothing says which urls.py is the root")
        for module in roots:
            self._module(module, "")

    def _roots(self):
        """What ROOT_URLCONF of the settings names."""
        found = []
        for module in self.project.modules.values():
            for kind, value in module.names.get("ROOT_URLCONF", []):
                if kind != "value":
                    continue
                for text in self.folder.fold(value, module).whole:
                    target = self._named(text, module)
                    if target is not None and target not in found:
                        found.append(target)
        return found

    def _named(self, dotted, module):
        directory = module.path.rsplit("/", 1)[0] if "/" in module.path else ""
        found = self.project.find(dotted, directory)
        return found[0] if found and not found[1] else None

    def _included(self, files):
        found = set()
        for module in files:
            for node in module.nodes:
                if isinstance(node, ast.Call) and last(node.func) == "include" and node.args:
                    target = self._target(node.args[0], module)
                    if target is not None:
                        found.add(target)
        return found

    def _target(self, node, module):
        """The module that `include` names, by a text or itself."""
        if isinstance(node, (ast.Name, ast.Attribute)):
            dotted = self.project.dotted(node, module)
            if dotted and dotted.startswith("@") and dotted.endswith(":"):
                return self.project.own(dotted)[0]
        for text in self.folder.fold(node, module).whole:
            found = self._named(text, module)
            if found is not None:
                return found
        return None

    def _module(self, module, prefix):
        if module in self.seen or len(self.seen) > 30:
            return self.report.gap(KIND, "urls that include themselves", module, module.tree)
        self.seen.append(module)
        for kind, value in module.names.get("urlpatterns", []):
            if kind not in ("value", "more"):
                self.report.gap(KIND, "a list of routes is not known", module, value)
                continue
            self._list(value, module, prefix)
        for node in module.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("append", "extend", "insert"):
                if isinstance(node.func.value, ast.Name) and node.func.value.id == "urlpatterns" and node.args:
                    value = node.args[-1]
                    self._list(value, module, prefix) if node.func.attr == "extend" else self._entry(value, module, prefix)
        self.seen.pop()

    def _list(self, node, module, prefix):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            self._list(node.left, module, prefix)
            return self._list(node.right, module, prefix)
        if isinstance(node, (ast.List, ast.Tuple)):
            for element in node.elts:
                self._entry(element, module, prefix)
            return
        if isinstance(node, ast.Call):
            name = last(node.func)
            if name == "static":
                return self.report.gap(KIND, "files of a directory are served in debug mode", module, node)
            if name == "staticfiles_urlpatterns":
                return self.report.gap(KIND, "files of a directory are served in debug mode", module, node)
            if name == "i18n_patterns":
                self.report.gap(KIND, "the language is put in front of the paths", module, node)
                for element in node.args:
                    self._entry(element, module, prefix)
                return
            if name == "format_suffix_patterns" and node.args:
                self.report.gap(KIND, "a suffix is taken behind the paths", module, node)
                return self._list(node.args[0], module, prefix)
        if isinstance(node, ast.Attribute) and node.attr == "urls":
            return self._router(node.value, module, prefix, node)
        sources, is_open = self.project.sources(node, module)
        if is_open or not sources or any(source is node for source, _ in sources):
            return self.report.gap(KIND, "a list of routes is not known", module, node)
        for source, where in sources:
            if source is not node:
                self._list(source, where, prefix)

    def _entry(self, node, module, prefix):
        self.count += 1
        if self.count > LIMIT:
            return self.report.gap(KIND, "more routes than are looked at", module, node)
        if isinstance(node, ast.Starred):
            return self._list(node.value, module, prefix)
        if not isinstance(node, ast.Call):
            return self.report.gap(KIND, "a route of a kind that is not known", module, node)
        name = last(node.func)
        if name not in ("path", "re_path", "url"):
            return self.report.gap(KIND, "a route of a kind that is not known", module, node)
        texts = self.folder.fold(argument(node, 0, "route", "regex"), module)
        if not texts.is_closed:
            self.report.gap(KIND, "the path is no literal", module, node)
        view = argument(node, 1, "view")
        for text in texts.whole:
            if name == "path":
                below = normal(text, "flask")[0]
            else:
                below, is_exact = regex(text)
                if not is_exact:
                    self.report.gap(KIND, "the path is a pattern", module, node)
            self._viewed(view, module, prefix + below, node)

    def _viewed(self, view, module, path, at):
        if isinstance(view, ast.Call) and last(view.func) == "include":
            return self._include(view, module, path, at)
        if isinstance(view, ast.Attribute) and view.attr == "urls":
            self.report.gap(KIND, "a library adds routes of its own here", module, at)
            return self._site("*", path, module, at)
        for method in self._methods(view, module):
            self._site(method, path, module, at)

    def _site(self, method, path, module, at):
        self.report.site("routes", "%s /%s" % (method, path.lstrip("/")), module, at)

    def _include(self, call, module, prefix, at):
        target = call.args[0] if call.args else None
        if isinstance(target, ast.Tuple) and target.elts:
            target = target.elts[0]
        if isinstance(target, (ast.List, ast.BinOp)):
            return self._list(target, module, prefix)
        if isinstance(target, ast.Attribute) and target.attr == "urls":
            return self._router(target.value, module, prefix, at)
        found = self._target(target, module) if target is not None else None
        if found is not None:
            return self._module(found, prefix)
        sources = [s for s, _ in self.project.sources(target, module)[0]] if target is not None else []
        if sources and all(isinstance(source, (ast.List, ast.Tuple)) for source in sources):
            return self._list(target, module, prefix)
        self.report.gap(KIND, "the routes that are included are not the project's own", module, at)

    # Methods

    def _methods(self, view, module):
        while isinstance(view, ast.Call) and last(view.func) not in ("as_view",) and view.args and last(view.func) != "as_view":
            decorated = {"require_GET": ["GET"], "require_POST": ["POST"], "require_safe": ["GET", "HEAD"]}.get(last(view.func))
            if decorated:
                return decorated
            view = view.args[0]
        if isinstance(view, ast.Call) and last(view.func) == "as_view" and isinstance(view.func, ast.Attribute):
            mapping = view.args[0] if view.args else None
            if isinstance(mapping, ast.Dict):
                return sorted(str(key.value).upper() for key in mapping.keys if isinstance(key, ast.Constant))
            return self._class(view.func.value, module)
        for source, where in self.project.sources(view, module)[0] if view is not None else []:
            if isinstance(source, FUNCTIONS):
                return self._function(source, where)
            if isinstance(source, ast.Call) and last(source.func) == "as_view" and isinstance(source.func, ast.Attribute):
                return self._class(source.func.value, where)
        return ["*"]

    def _function(self, function, module):
        for decorator in function.decorator_list:
            name = last(getattr(decorator, "func", decorator))
            fixed = {"require_GET": ["GET"], "require_POST": ["POST"], "require_safe": ["GET", "HEAD"]}.get(name)
            if fixed:
                return fixed
            if name in ("require_http_methods", "api_view"):
                if not isinstance(decorator, ast.Call) or not decorator.args:
                    return ["GET"]
                listed = decorator.args[0]
                if isinstance(listed, (ast.List, ast.Tuple)):
                    found = [e.value.upper() for e in listed.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
                    if len(found) == len(listed.elts):
                        return found
                return ["*"]
        return ["*"]

    def _class(self, node, module):
        name = last(node)
        for source, where in self.project.sources(node, module)[0]:
            if not isinstance(source, ast.ClassDef):
                continue
            members = self.project.members(source, where)
            own = {verb.upper() for verb in VERBS if verb in members and any(
                isinstance(binding[1], FUNCTIONS) for _, _, binding in members[verb])}
            inherited = set()
            for base in self.project.ancestors(source, where):
                inherited.update(GENERIC.get(base.split(".")[-1], []))
            return sorted(own | inherited) or ["*"]
        return GENERIC.get(name, ["*"])

    # REST framework's routers

    def _router(self, node, module, prefix, at):
        makers = [(s, w) for s, w in self.project.sources(node, module)[0] if isinstance(s, ast.Call)]
        names = {last(maker.func) for maker, _ in makers}
        if not makers or not names <= {"DefaultRouter", "SimpleRouter"}:
            return self.report.gap(KIND, "a router of a kind that is not known", module, at)
        if "DefaultRouter" in names:
            self._site("GET", prefix, module, at)
            self.report.gap(KIND, "the router takes a format behind its paths", module, at)
        made = {maker for maker, _ in makers}
        slash = "" if any(
            isinstance(argument(m, None, "trailing_slash"), ast.Constant) and argument(m, None, "trailing_slash").value is False
            for m in made) else "/"
        for where in self.project.modules.values():
            for call in where.nodes:
                if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "register"):
                    continue
                if not any(source in made for source, _ in self.project.sources(call.func.value, where)[0]):
                    continue
                self._registered(call, where, prefix, slash)

    def _registered(self, call, module, prefix, slash):
        texts = self.folder.fold(argument(call, 0, "prefix"), module)
        if not texts.is_closed:
            self.report.gap(KIND, "the path is no literal", module, call)
        view = argument(call, 1, "viewset")
        for text in texts.whole:
            base, is_exact = regex(text)
            if not is_exact:
                self.report.gap(KIND, "the path is a pattern", module, call)
            self._viewset(view, module, prefix + base, slash, call)

    def _viewset(self, view, module, base, slash, at):
        found = [(s, w) for s, w in self.project.sources(view, module)[0] if isinstance(s, ast.ClassDef)]
        if not found:
            return self.report.gap(KIND, "a set of views that is not the project's own", module, at)
        for owner, where in found:
            members = self.project.members(owner, where)
            lookup = "pk"
            for key in ("lookup_url_kwarg", "lookup_field"):
                for _, _, binding in members.get(key, []):
                    if isinstance(binding[1], ast.Constant) and isinstance(binding[1].value, str) and lookup == "pk":
                        lookup = binding[1].value
            actions = {name for name in ACTIONS if name in members}
            for ancestor in self.project.ancestors(owner, where):
                actions.update(VIEWSETS.get(ancestor.split(".")[-1], []))
            allowed = self._allowed(members)
            for action in sorted(actions):
                method, is_detail = ACTIONS[action]
                if allowed is None or method in allowed:
                    self._site(method, self._routed(base, ["{%s}" % lookup] if is_detail else [], slash), module, at)
            for name, bindings in sorted(members.items()):
                for place, _, binding in bindings:
                    if isinstance(binding[1], FUNCTIONS):
                        self._action(binding[1], place, base, lookup, slash)

    @staticmethod
    def _allowed(members):
        for _, _, binding in members.get("http_method_names", []):
            if isinstance(binding[1], (ast.List, ast.Tuple)):
                return {str(getattr(e, "value", "")).upper() for e in binding[1].elts}
        return None

    def _action(self, function, module, base, lookup, slash):
        for decorator in function.decorator_list:
            if not (isinstance(decorator, ast.Call) and last(decorator.func) == "action"):
                continue
            detail = argument(decorator, 1, "detail")
            is_detail = isinstance(detail, ast.Constant) and bool(detail.value)
            name = argument(decorator, 2, "url_path")
            texts = self.folder.fold(name, module) if name is not None else None
            if texts is not None and not texts.is_closed:
                self.report.gap(KIND, "the path is no literal", module, decorator)
            listed = argument(decorator, 0, "methods")
            methods = [str(e.value).upper() for e in getattr(listed, "elts", []) if isinstance(e, ast.Constant)] or ["GET"]
            for text in texts.whole if texts is not None else [function.name]:
                path = regex(text)[0]
                for method in methods:
                    parts = ["{%s}" % lookup, path] if is_detail else [path]
                    self._site(method, self._routed(base, parts, slash), module, decorator)

    @staticmethod
    def _routed(base, parts, slash):
        """Behind an empty prefix the router writes no slash of its own."""
        path = "/".join(parts)
        if not base or base.endswith("/"):
            return base + (path + slash if path else "")
        return base + ("/" + path if path else "") + slash
