"""Texts that an expression may have, as far as the source says."""

import ast
import os
import re

from syntax import argument, last

LIMIT = 24
LONGEST = 2000


class Texts:
    """`texts`: pairs of a text and whether it is the whole value; one that is not is only its beginning. `open`: the value
    may also be something else."""

    def __init__(self, texts=(), is_open=False):
        seen = []
        for text in texts:
            if text not in seen:
                seen.append(text)
        self.texts = seen[:LIMIT]
        self.open = is_open or len(seen) > LIMIT

    @property
    def whole(self):
        return [text for text, is_whole in self.texts if is_whole]

    @property
    def is_closed(self):
        return not self.open and bool(self.texts) and all(is_whole for _, is_whole in self.texts)

    def map(self, change):
        return Texts([(change(text), is_whole) for text, is_whole in self.texts], self.open)

    def then(self, other, joint=""):
        texts = []
        for text, is_whole in self.texts:
            if not is_whole:
                texts.append((text, False))
                continue
            for more, more_is_whole in other.texts or [("", False)]:
                texts.append(((text + joint + more)[:LONGEST], more_is_whole))
        # An open rest can only go on where the beginning ended.
        if other.open:
            texts += [(text + joint, False) for text, is_whole in self.texts if is_whole]
        return Texts(texts, self.open)


NOTHING = Texts((), True)
UNKNOWN_END = Texts([("", False)])

WRAPPERS = {
    "str", "Path", "PurePath", "PosixPath", "PurePosixPath", "fspath", "AnyUrl", "HttpUrl", "URL", "int", "abspath", "realpath",
    "normpath", "expanduser", "make_url", "AnyHttpUrl", "text",
}
SAME = {"resolve", "absolute", "expanduser", "as_posix", "strip", "encode", "decode", "lower", "geturl", "unicode_string", "get_secret_value"}


class Folder:
    def __init__(self, project, options):
        self.project = project
        # Names of command line options → default nodes with their module.
        self.options = options
        self._known = {}
        self._active = set()

    def fold(self, node, module, depth=0):
        if self.project.is_folding:
            return self._followed(node, module, depth)
        self.project.begin()
        try:
            return self._followed(node, module, depth)
        finally:
            self.project.is_folding = False

    def _followed(self, node, module, depth):
        if depth > 30 or self.project.is_spent():
            return NOTHING
        if self.project.context:
            place = (node, len(self.project.context))
            if place in self._active:
                return NOTHING
            self._active.add(place)
            found = self._fold(node, module, depth)
            self._active.discard(place)
            return found
        key = id(node)
        if key in self._known:
            return self._known[key]
        self._known[key] = NOTHING
        found = self._fold(node, module, depth)
        self._known[key] = found
        return found

    def _fold(self, node, module, depth):
        if isinstance(node, ast.Constant):
            value = node.value
            if isinstance(value, bool) or value is None:
                return Texts((), False)
            if isinstance(value, bytes):
                return Texts([(value.decode("latin-1"), True)])
            if isinstance(value, (str, int)):
                return Texts([(str(value)[:LONGEST], True)])
            return NOTHING
        if isinstance(node, ast.JoinedStr):
            return self._joined(node, module, depth)
        if isinstance(node, ast.BinOp):
            return self._operation(node, module, depth)
        if isinstance(node, ast.Call):
            return self._call(node, module, depth)
        if isinstance(node, ast.Name) and node.id == "__file__":
            return Texts([(module.path, True)])
        if isinstance(node, ast.Attribute) and node.attr == "parent":
            return self.fold(node.value, module, depth + 1).map(os.path.dirname)
        if isinstance(node, ast.Subscript):
            parents = self._parents(node, module, depth)
            if parents is not None:
                return parents
        if isinstance(node, (ast.IfExp, ast.BoolOp)):
            parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
            return self._union([self.fold(part, module, depth + 1) for part in parts])
        sources, is_open = self.project.sources(node, module)
        results = []
        for source, where in sources:
            if source is node:
                results.append(self._option(node, module, depth))
            else:
                results.append(self.fold(source, where, depth + 1))
        union = self._union(results)
        return Texts(union.texts, union.open or is_open or not sources or self._is_setting(node, module))

    def _is_setting(self, node, module):
        """A field of a settings class, which the environment may give another value."""
        if not isinstance(node, ast.Attribute):
            return False
        for base, where in self.project.sources(node.value, module)[0]:
            found = self.project.instance(base, where)
            if found and any(name.split(".")[-1] == "BaseSettings" for name in self.project.ancestors(*found)):
                return True
        return False

    @staticmethod
    def _union(results):
        return Texts([text for result in results for text in result.texts], any(result.open for result in results))

    def _option(self, node, module, depth):
        """`args.port`: the default of the option, and whatever somebody gives."""
        if isinstance(node, ast.Attribute) and node.attr in self.options:
            results = [self.fold(default, where, depth + 1) for default, where in self.options[node.attr]]
            return Texts(self._union(results).texts, True)
        return NOTHING

    def _joined(self, node, module, depth):
        result = Texts([("", True)])
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                if part.format_spec is not None or part.conversion not in (-1, 115):
                    more = UNKNOWN_END
                else:
                    more = self.fold(part.value, module, depth + 1)
                    if not more.texts:
                        more = UNKNOWN_END
            else:
                more = self.fold(part, module, depth + 1)
            result = result.then(more)
        return result

    def _operation(self, node, module, depth):
        left = self.fold(node.left, module, depth + 1)
        if isinstance(node.op, ast.Add):
            return left.then(self._or_unknown(node.right, module, depth)) if left.texts else NOTHING
        if isinstance(node.op, ast.Div):
            return self._join(left, [self._or_unknown(node.right, module, depth)])
        if isinstance(node.op, ast.Mod) and left.texts:
            return self._format(left, re.compile(r"%[sd]"), node.right, module, depth)
        return NOTHING

    def _or_unknown(self, node, module, depth):
        found = self.fold(node, module, depth + 1)
        return found if found.texts else UNKNOWN_END

    def _format(self, left, pattern, right, module, depth):
        values = right.elts if isinstance(right, ast.Tuple) else [right]
        texts = []
        is_open = left.open
        for text, is_whole in left.texts:
            pieces = pattern.split(text)
            if len(pieces) != len(values) + 1 or "%%" in text or not is_whole:
                texts.append((re.split(r"%", text)[0], False))
                continue
            result = Texts([(pieces[0], True)])
            for value, piece in zip(values, pieces[1:]):
                result = result.then(self._or_unknown(value, module, depth)).then(Texts([(piece, True)]))
            texts += result.texts
        return Texts(texts, is_open)

    @staticmethod
    def _join(left, parts):
        result = left if left.texts else Texts([("", False)])
        for part in parts:
            texts = []
            for text, is_whole in result.texts:
                if not is_whole:
                    texts.append((text, False))
                    continue
                for more, more_is_whole in part.texts:
                    joined = more if more.startswith("/") else os.path.join(text, more) if more else text + ("/" if text else "")
                    texts.append((joined, more_is_whole))
                if part.open:
                    texts.append((text + "/" if text else "", False))
            result = Texts(texts, result.open)
        return Texts(result.texts, result.open or left.open)

    def _parents(self, node, module, depth):
        base = node.value
        index = node.slice
        if isinstance(index, getattr(ast, "Index", ())):
            index = index.value
        if isinstance(base, ast.Attribute) and base.attr == "parents" and isinstance(index, ast.Constant):
            if isinstance(index.value, int) and 0 <= index.value < 20:
                found = self.fold(base.value, module, depth + 1)
                for _ in range(index.value + 1):
                    found = found.map(os.path.dirname)
                return found
        return None

    def _call(self, node, module, depth):
        function = node.func
        name = last(function)
        dotted = self.project.dotted(function, module) or ""
        if dotted in ("os.path.join", "posixpath.join") and node.args:
            return self._join(
                self.fold(node.args[0], module, depth + 1),
                [self._or_unknown(part, module, depth) for part in node.args[1:]])
        if dotted in ("os.path.dirname",) and node.args:
            return self.fold(node.args[0], module, depth + 1).map(os.path.dirname)
        if dotted in ("os.getcwd", "pathlib.Path.cwd"):
            return Texts([("", True)])
        if dotted in ("urllib.parse.urljoin",) and node.args:
            return self.fold(node.args[0], module, depth + 1).then(Texts([("/", True)])).then(UNKNOWN_END)
        if dotted in ("os.getenv", "os.environ.get", "os.environ.setdefault") or self._reads_setting(node, module):
            default = argument(node, 1, "default")
            found = self.fold(default, module, depth + 1) if default is not None else Texts()
            return Texts(found.texts, True)
        if isinstance(function, ast.Attribute) and name in SAME and not node.args:
            return self.fold(function.value, module, depth + 1)
        if isinstance(function, ast.Attribute) and name in ("rstrip", "lstrip", "removesuffix") and len(node.args) == 1:
            if isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
                what = node.args[0].value
                found = self.fold(function.value, module, depth + 1)
                return found.map(lambda text: getattr(text, "lstrip" if name == "lstrip" else "rstrip")(what))
        if isinstance(function, ast.Attribute) and name == "joinpath":
            return self._join(
                self.fold(function.value, module, depth + 1), [self._or_unknown(p, module, depth) for p in node.args])
        if isinstance(function, ast.Attribute) and name == "format":
            return self._formatted(node, module, depth)
        if name in WRAPPERS and node.args and not dotted.startswith("@"):
            if name in ("Path", "PurePath") and len(node.args) > 1:
                return self._join(
                    self.fold(node.args[0], module, depth + 1), [self._or_unknown(p, module, depth) for p in node.args[1:]])
            return self.fold(node.args[0], module, depth + 1)
        if name in ("Field",) and not dotted.startswith("@"):
            default = argument(node, 0, "default")
            found = self.fold(default, module, depth + 1) if default is not None else Texts()
            return Texts(found.texts, True)
        results = []
        for value, where, bound in self.project.returned(node, module):
            self.project.context.append(bound)
            results.append(self.fold(value, where, depth + 1))
            self.project.context.pop()
        if not results:
            return NOTHING
        union = self._union(results)
        return Texts(union.texts, union.open)

    def _formatted(self, node, module, depth):
        left = self.fold(node.func.value, module, depth + 1)
        if not left.texts:
            return NOTHING
        texts = []
        for text, is_whole in left.texts:
            result = Texts([("", True)])
            position = 0
            for piece in re.split(r"(\{\w*\})", text):
                if not re.fullmatch(r"\{\w*\}", piece):
                    result = result.then(Texts([(piece, True)])) if "{" not in piece else result.then(UNKNOWN_END)
                    continue
                key = piece[1:-1]
                value = argument(node, position if not key else int(key) if key.isdigit() else None, key or None)
                position += 1
                result = result.then(self._or_unknown(value, module, depth) if value is not None else UNKNOWN_END)
            texts += [(t, w and is_whole) for t, w in result.texts]
        return Texts(texts, left.open)

    def _reads_setting(self, node, module):
        """`config("X", default=…)` of decouple and its like, and a value of a framework's configuration."""
        name = last(node.func)
        if isinstance(node.func, ast.Attribute) and name in ("get", "setdefault"):
            kinds = self.project.kinds(node.func.value, module)
            if any(kind.endswith(".config") or kind.startswith("flask.") for kind in kinds):
                return True
            return any(kind in ("os.environ",) for kind in kinds)
        dotted = self.project.dotted(node.func, module) or ""
        if dotted.startswith("decouple.config"):
            return True
        base = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        return any(
            kind in ("environs.Env", "environ.Env", "starlette.config.Config", "decouple.Config", "decouple.AutoConfig")
            for kind in self.project.kinds(base, module))
