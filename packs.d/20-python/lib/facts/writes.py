"""Files that a program writes, and the namespaces of its caches."""

import ast
import re

from syntax import FUNCTIONS, argument, is_spread, last

WRITES = ["writes"]
CACHES = ["cache-namespaces"]

# Functions that write what an argument names.
PATHS = {
    "os.makedirs": (0, "name"), "os.mkdir": (0, "path"), "os.mkfifo": (0, "path"), "os.rename": (1, "dst"), "os.renames": (1, "new"),
    "os.replace": (1, "dst"), "os.link": (1, "dst"), "os.symlink": (1, "dst"), "os.truncate": (0, "path"),
    "shutil.copy": (1, "dst"), "shutil.copy2": (1, "dst"), "shutil.copyfile": (1, "dst"), "shutil.copytree": (1, "dst"),
    "shutil.move": (1, "dst"), "shutil.unpack_archive": (1, "extract_dir"), "shutil.make_archive": (0, "base_name"),
    "sqlite3.connect": (0, "database"), "aiosqlite.connect": (0, "database"), "shelve.open": (0, "filename"),
    "dbm.open": (0, "file"), "logging.FileHandler": (0, "filename"),
    "logging.handlers.RotatingFileHandler": (0, "filename"), "logging.handlers.TimedRotatingFileHandler": (0, "filename"),
    "logging.handlers.WatchedFileHandler": (0, "filename"), "urllib.request.urlretrieve": (1, "filename"),
    "os.remove": (0, "path"), "os.unlink": (0, "path"), "shutil.rmtree": (0, "path"), "os.rmdir": (0, "path"),
}
REMOVING = {"os.remove", "os.unlink", "shutil.rmtree", "os.rmdir"}
OPENING = {"builtins.open", "io.open", "codecs.open", "aiofiles.open", "gzip.open", "bz2.open", "lzma.open", "tarfile.open",
           "zipfile.ZipFile", "io.FileIO", "anyio.open_file"}
# Methods of paths that write.
METHODS = {"write_text", "write_bytes", "touch", "mkdir", "symlink_to", "hardlink_to", "link_to"}
MOVING = {"rename", "replace"}
KEYED = {
    "get", "set", "setex", "setnx", "psetex", "getset", "incr", "incrby", "decr", "decrby", "expire", "expireat", "ttl", "exists",
    "delete", "hget", "hset", "hmset", "hgetall", "hdel", "hincrby", "hexists", "lpush", "rpush", "lpop", "rpop", "lrange", "llen",
    "ltrim", "sadd", "srem", "smembers", "sismember", "zadd", "zrange", "zrem", "zincrby", "zscore", "zrevrange", "publish",
    "append", "strlen", "persist", "getdel", "get_or_set", "add", "touch", "blpop", "brpop", "xadd",
}
CACHE_KINDS = (
    "redis.", "aioredis.", "django.core.cache.", "flask_caching.Cache", "pymemcache.", "memcache.", "fakeredis.", "aiocache.")


class Writes:
    def __init__(self, project, folder, report):
        self.project = project
        self.folder = folder
        self.report = report

    def read(self):
        for module in self.project.modules.values():
            for node in module.nodes:
                if isinstance(node, ast.Call):
                    self._call(node, module)
                    self._key(node, module)
                elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                    self._prefix(node, module)
                elif isinstance(node, ast.Dict):
                    self._settings(node, module)
                elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
                    self._as_value(node, module)

    def path(self, node, module, at):
        if node is None:
            return
        texts = self.folder.fold(node, module)
        if not texts.is_closed:
            self.report.gap(WRITES, "the path is no literal", module, at)
        for text in texts.whole:
            if text and text != ":memory:" and not text.startswith("file:"):
                self.report.site("writes", text, module, at)

    def _mode(self, node, module, at):
        """Whether a mode writes; None for one that nobody knows."""
        if node is None:
            return False
        texts = self.folder.fold(node, module)
        if any(re.search(r"[wax+]", text) for text in texts.whole):
            return True
        return False if texts.is_closed else None

    def _opened(self, path, mode, module, at):
        writes = self._mode(mode, module, at)
        if writes:
            self.path(path, module, at)
        elif writes is None:
            self.report.gap(WRITES, "the mode in which a file is opened is no literal", module, at)

    def _call(self, node, module):
        function = node.func
        name = self.project.dotted(function, module) or ""
        short = last(function)
        if name in OPENING:
            if is_spread(node):
                return self.report.gap(WRITES, "the mode in which a file is opened is no literal", module, node)
            return self._opened(argument(node, 0, "file", "name", "path", "filename"), argument(node, 1, "mode"), module, node)
        if name == "os.open":
            flags = argument(node, 1, "flags")
            words = {last(inner) for inner in ast.walk(flags)} if flags is not None else set()
            if words & {"O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND", "O_TRUNC"}:
                self.path(argument(node, 0, "path"), module, node)
            elif not words & {"O_RDONLY"}:
                self.report.gap(WRITES, "the mode in which a file is opened is no literal", module, node)
            return
        if name in PATHS:
            if name in REMOVING:
                return
            position, keyword = PATHS[name]
            return self.path(argument(node, position, keyword), module, node)
        if name == "logging.basicConfig":
            return self.path(argument(node, None, "filename"), module, node)
        if name.startswith("tempfile.") and short[:1].isupper() or name in ("tempfile.mkstemp", "tempfile.mkdtemp"):
            return self.report.gap(WRITES, "a file in the directory for temporary ones", module, node)
        if short in ("create_engine", "create_async_engine", "Database", "make_url") and node.args:
            return self._database(node.args[0], module, node)
        if not isinstance(function, ast.Attribute):
            return
        # `STORE.mkdir()` of a path that a module holds is no function of the project.
        if name.startswith("@"):
            if any(isinstance(source, FUNCTIONS) for source, _ in self.project.sources(function, module)[0]):
                return
            name = ""
        self._method(node, module, short, name)

    def _method(self, node, module, short, name):
        base = node.func.value
        if short in METHODS:
            if name and not name.startswith("pathlib."):
                return
            if short in ("write_text", "write_bytes", "touch", "mkdir") and self._is_cache(base, module):
                return
            return self.path(base, module, node)
        if short in MOVING and len(node.args) == 1 and not node.keywords and not name:
            return self.path(node.args[0], module, node)
        if short == "open" and not name:
            mode = argument(node, 0, "mode")
            if mode is not None and self._is_path(base, module):
                return self._opened(base, mode, module, node)
            # Of something that nobody knows: a mode is what says that it is a file.
            if isinstance(mode, ast.Constant) and re.fullmatch(r"[rwaxbt+]*[wax+][rwaxbt+]*", str(mode.value)):
                return self.path(base, module, node)
            return
        if short == "save" and node.args and not name:
            return self.path(node.args[0], module, node)
        if short in ("extractall", "extract") and not name:
            target = argument(node, 0 if short == "extractall" else 1, "path")
            if target is not None:
                return self.path(target, module, node)
            return self.report.site("writes", ".", module, node)
        if short == "tofile" or short.startswith("to_") and short in ("to_csv", "to_excel", "to_json", "to_parquet", "to_pickle"):
            if node.args:
                self.path(node.args[0], module, node)

    def _is_path(self, node, module):
        """Whether an expression is a path of pathlib's, as far as the source says."""
        if any(kind.startswith("pathlib.") for kind in self.project.kinds(node, module)):
            return True
        for source, where in self.project.sources(node, module)[0]:
            if isinstance(source, ast.BinOp) and isinstance(source.op, ast.Div):
                return True
            if isinstance(source, ast.Attribute) and source.attr in ("parent",):
                return True
        return False

    def _database(self, node, module, at):
        """SQLite's URL names a file."""
        for text in self.folder.fold(node, module).texts:
            match = re.match(r"sqlite(?:\+\w+)?:///(.*)", text[0])
            if match and match.group(1) not in ("", ":memory:"):
                path = match.group(1).split("?")[0]
                if text[1]:
                    self.report.site("writes", path, module, at)
                else:
                    self.report.gap(WRITES, "the path is no literal", module, at)

    def _as_value(self, node, module):
        """What writes, handed on as a value."""
        if isinstance(node.parent, ast.Attribute) or isinstance(node.parent, ast.Call) and node.parent.func is node:
            return
        name = self.project.dotted(node, module)
        if name in OPENING or name in PATHS and name not in REMOVING:
            if not isinstance(node.parent, (ast.ClassDef,)):
                self.report.gap(WRITES, "something that writes files is handed on", module, node)

    # Settings

    def _prefix(self, node, module):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        name = getattr(target, "id", None)
        if isinstance(target, ast.Subscript):
            index = target.slice
            index = index.value if isinstance(index, getattr(ast, "Index", ())) else index
            name = index.value if isinstance(index, ast.Constant) else None
        self._setting(name, node.value, module, node)

    def _setting(self, name, value, module, at):
        if name in ("CACHE_KEY_PREFIX", "KEY_PREFIX", "SESSION_KEY_PREFIX", "CACHE_MIDDLEWARE_KEY_PREFIX", "key_prefix"):
            texts = self.folder.fold(value, module)
            if not texts.is_closed and not (isinstance(value, ast.Constant) and not value.value):
                self.report.gap(CACHES, "a prefix is no literal", module, at)
            for text in texts.whole:
                if text:
                    self.report.site("cache-namespaces", text, module, at)
        elif name == "SQLALCHEMY_DATABASE_URI":
            self._database(value, module, at)

    def _settings(self, node, module):
        keys = {key.value: value for key, value in zip(node.keys, node.values) if isinstance(key, ast.Constant)}
        for name in ("KEY_PREFIX", "CACHE_KEY_PREFIX", "SQLALCHEMY_DATABASE_URI"):
            if name in keys:
                self._setting(name, keys[name], module, keys[name])
        engine = keys.get("ENGINE")
        if isinstance(engine, ast.Constant) and "sqlite3" in str(engine.value) and "NAME" in keys:
            self.path(keys["NAME"], module, keys["NAME"])
        handler = keys.get("class")
        if isinstance(handler, ast.Constant) and str(handler.value).endswith("FileHandler") and "filename" in keys:
            self.path(keys["filename"], module, keys["filename"])

    # Caches

    def _is_cache(self, node, module):
        kinds = self.project.kinds(node, module)
        return any(kind.startswith(CACHE_KINDS) for kind in kinds)

    def _key(self, node, module):
        function = node.func
        if not isinstance(function, ast.Attribute) or function.attr not in KEYED or not self._is_cache(function.value, module):
            if isinstance(function, ast.Attribute) and function.attr in ("cached", "memoize") and self._is_cache(
                    function.value, module):
                prefix = argument(node, None, "key_prefix")
                if prefix is not None:
                    self._setting("key_prefix", prefix, module, node)
            return
        key = argument(node, 0, "name", "key")
        if key is None:
            return
        texts = self.folder.fold(key, module)
        if texts.open or not texts.texts:
            self.report.gap(CACHES, "a key is no literal", module, node)
        for text, is_whole in texts.texts:
            namespace = text if is_whole and ":" not in text else text[: text.rfind(":") + 1] if ":" in text else text
            if not is_whole and "{" in namespace or not namespace:
                namespace = ""
            # `user:7:name` with a part that is no literal in the middle: what is in front of it.
            if namespace:
                self.report.site("cache-namespaces", namespace, module, node)
            else:
                self.report.gap(CACHES, "a key is no literal", module, node)
