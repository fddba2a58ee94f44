"""What a program does that no reading of its calls shows: packages that are not known here, other programs, code made at
run time."""

import ast
import os
import sys
import sysconfig

from syntax import argument, last
from report import ALL, ENV

# Packages whose calls the other modules here know, or that neither connect nor listen, read variables, write nor register.
PACKAGES = set(
    """
    flask werkzeug jinja2 markupsafe click itsdangerous blinker flask_cors flask_restful flask_sqlalchemy flask_caching flask_wtf
    wtforms flask_login flask_bcrypt flask_migrate
    fastapi starlette pydantic pydantic_settings pydantic_core uvicorn typing_extensions annotated_types anyio sniffio multipart
    python_multipart email_validator sqlmodel
    django rest_framework environ whitenoise corsheaders dj_database_url django_filters
    aiohttp yarl multidict bottle sanic falcon tornado quart hypercorn gunicorn waitress
    requests httpx urllib3 websockets certifi idna charset_normalizer
    redis psycopg2 psycopg psycopg_pool asyncpg pymysql MySQLdb pymongo motor aiosqlite sqlalchemy alembic memcache pymemcache
    decouple environs dotenv marshmallow jwt bcrypt passlib jose yaml toml tomli tomllib simplejson orjson ujson msgpack
    dateutil pytz tzlocal attr attrs six cachetools structlog colorama rich tabulate more_itertools typing_inspect
    markdown bleach pygments humanize slugify nanoid shortuuid ulid tenacity backoff isodate aiofiles
    """.split())

STARTS = ("subprocess.", "os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn", "pty.spawn",
          "asyncio.create_subprocess_", "commands.")
MADE = {"builtins.eval", "builtins.exec", "builtins.compile"}
LOADS = {"builtins.__import__", "importlib.import_module", "runpy.run_path", "runpy.run_module",
         "importlib.util.spec_from_file_location", "django.utils.module_loading.import_string", "werkzeug.utils.import_string",
         "pkgutil.iter_modules", "pkgutil.walk_packages"}
NATIVE = {"ctypes", "cffi", "_cffi_backend"}
# What must not be handed on or asked for names that are made at run time.
WATCHED = {"os", "sys", "builtins", "importlib"}


class Known:
    def __init__(self, project, folder, report):
        self.project = project
        self.folder = folder
        self.report = report
        self.standard = self._standard()

    @staticmethod
    def _standard():
        names = set(getattr(sys, "stdlib_module_names", ())) | set(sys.builtin_module_names)
        if not getattr(sys, "stdlib_module_names", None):
            for place in (sysconfig.get_path("stdlib"), os.path.join(sysconfig.get_path("stdlib") or "", "lib-dynload")):
                if place and os.path.isdir(place):
                    names.update(name.split(".")[0] for name in os.listdir(place))
        return names - {"site-packages", "dist-packages"}

    def read(self):
        for module in self.project.modules.values():
            directory = os.path.dirname(module.path)
            for node in module.nodes:
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        self._package(alias.name, directory)
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    self._package(node.module or "", directory)
                elif isinstance(node, ast.Call):
                    self._call(node, module)
                elif isinstance(node, ast.Assign):
                    self._installed(node, directory)
                elif isinstance(node, ast.Dict):
                    for key, value in zip(node.keys, node.values):
                        if isinstance(key, ast.Constant) and key.value in ("BACKEND", "ENGINE"):
                            if isinstance(value, ast.Constant) and isinstance(value.value, str) and "." in value.value:
                                self._package(value.value, directory)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    self._handed(node, module)
            for star in module.stars:
                if not star.startswith("@") and star.split(".")[0] not in self.standard and not self.project.find(star, directory):
                    self.report.doubt([ALL], "%s imports whatever %s has" % (module.path, star))

    def _package(self, dotted, directory):
        name = dotted.split(".")[0]
        if not name or name in self.standard and name not in NATIVE or name in PACKAGES:
            return
        if name in NATIVE:
            return self.report.doubt([ALL], "native code is called by %s" % name)
        if not self.project.is_own(name, directory):
            self.report.doubt([ALL], "the package %s is not known to this analyser" % name)

    def _installed(self, node, directory):
        """Django's applications and middleware, which are named by texts."""
        name = getattr(node.targets[0], "id", "")
        if not name.endswith(("_APPS", "MIDDLEWARE", "MIDDLEWARE_CLASSES")) or not isinstance(node.value, (ast.List, ast.Tuple)):
            return
        for element in node.value.elts:
            if isinstance(element, ast.Constant) and isinstance(element.value, str):
                self._package(element.value, directory)

    def _call(self, node, module):
        name = self.project.dotted(node.func, module) or ""
        if name.startswith(STARTS):
            if name.startswith("subprocess.") and not name.split(".")[1] in (
                    "run", "Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput"):
                return
            return self.report.gap(["egress", ENV, "ports", "writes"], "another program is started", module, node)
        if name in MADE:
            if name == "builtins.compile" and not node.args:
                return
            return self.report.gap([ALL], "code that is made at run time", module, node)
        if name in LOADS:
            target = argument(node, 0, "name", "import_name", "dotted_path")
            texts = self.folder.fold(target, module) if target is not None else None
            if texts is None or not texts.is_closed or name in ("runpy.run_path", "importlib.util.spec_from_file_location"):
                return self.report.doubt([ALL], "%s loads code by a name that is made at run time" % module.path)
            for text in texts.whole:
                self._package(text.lstrip("."), os.path.dirname(module.path))
        if name == "builtins.getattr" and node.args and isinstance(node.args[0], ast.Name):
            target = self.project.dotted(node.args[0], module) or ""
            attribute = argument(node, 1)
            if not isinstance(attribute, ast.Constant) and target.split(".")[0] in (
                    "os", "requests", "httpx", "socket", "aiohttp", "urllib", "shutil", "builtins", "subprocess"):
                self.report.gap([ALL], "a function is looked up by a name that is no literal", module, node)

    def _handed(self, node, module):
        """`os` itself as a value: then nobody knows what is called of it."""
        if isinstance(node.parent, ast.Attribute) or module.imports.get(node.id) not in WATCHED:
            return
        if isinstance(node.parent, ast.Call) and last(node.parent.func) in ("getattr", "hasattr", "setattr"):
            return
        self.report.gap([ALL], "a module is handed on as a value", module, node)
