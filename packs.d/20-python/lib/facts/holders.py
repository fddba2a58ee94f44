"""Applications, blueprints and routers: where they are made, and which one an expression is."""

import ast
import os

from frameworks import HOLDERS, Holder, KIND
from syntax import argument


class Holders:
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
