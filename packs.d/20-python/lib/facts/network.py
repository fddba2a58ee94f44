"""Hosts that a program connects to, and ports on which it listens."""

import ast
import re

from syntax import argument, is_spread, last

EGRESS = ["egress"]
PORTS = ["ports"]

HTTP = {"get", "post", "put", "delete", "patch", "head", "options", "request", "stream", "send", "ws_connect", "open", "fetch",
        "websocket_connect"}

# Modules whose functions connect: full name of the function → where the URL or host is, and where the port.
URLS = {}
for module in ("requests", "requests.api", "httpx"):
    for verb in ("get", "post", "put", "delete", "patch", "head", "options"):
        URLS["%s.%s" % (module, verb)] = (0, "url")
    URLS[module + ".request"] = (1, "url")
    URLS[module + ".stream"] = (1, "url")
URLS.update({
    "requests.Request": (1, "url"), "httpx.Request": (1, "url"), "aiohttp.request": (1, "url"),
    "urllib.request.urlopen": (0, "url"), "urllib.request.Request": (0, "url"), "urllib.request.urlretrieve": (0, "url"),
    "urllib3.request": (1, "url"), "urllib.urlopen": (0, "url"), "urllib2.urlopen": (0, "url"),
    "websockets.connect": (0, "uri"), "websockets.client.connect": (0, "uri"), "websockets.sync.client.connect": (0, "uri"),
    "websocket.create_connection": (0, "url"), "websocket.WebSocketApp": (0, "url"),
    "redis.from_url": (0, "url"), "redis.Redis.from_url": (0, "url"), "redis.StrictRedis.from_url": (0, "url"),
    "redis.asyncio.from_url": (0, "url"), "redis.asyncio.Redis.from_url": (0, "url"), "aioredis.from_url": (0, "url"),
    "redis.ConnectionPool.from_url": (0, "url"), "redis.asyncio.ConnectionPool.from_url": (0, "url"),
    "sqlalchemy.create_engine": (0, "url"), "sqlalchemy.ext.asyncio.create_async_engine": (0, "url"),
    "sqlmodel.create_engine": (0, "url"), "databases.Database": (0, "url"), "asyncpg.connect": (0, "dsn"),
    "asyncpg.create_pool": (0, "dsn"), "pymongo.MongoClient": (0, "host"), "pymongo.AsyncMongoClient": (0, "host"),
    "motor.motor_asyncio.AsyncIOMotorClient": (0, "host"), "pymongo.mongo_client.MongoClient": (0, "host"),
    "xmlrpc.client.ServerProxy": (0, "uri"), "celery.Celery": (None, "broker"), "feedparser.parse": (0, "url"),
    "dj_database_url.parse": (0, "url"), "pika.URLParameters": (0, "url"), "aio_pika.connect_robust": (0, "url"),
    "aio_pika.connect": (0, "url"), "nats.connect": (0, "servers"), "elasticsearch.Elasticsearch": (0, "hosts"),
    "opensearchpy.OpenSearch": (0, "hosts"), "psycopg2.connect": (0, "dsn"), "psycopg.connect": (0, "conninfo"),
    "psycopg_pool.ConnectionPool": (0, "conninfo"), "psycopg_pool.AsyncConnectionPool": (0, "conninfo"),
    "influxdb_client.InfluxDBClient": (0, "url"), "arq.connections.RedisSettings.from_dsn": (0, "dsn"),
    "grpc.insecure_channel": (0, "target"), "grpc.secure_channel": (0, "target"), "grpc.aio.insecure_channel": (0, "target"),
    "grpc.aio.secure_channel": (0, "target"), "sentry_sdk.init": (0, "dsn"),
})

# Host and port as arguments of their own, with what holds when none is given.
HOSTS = {
    "http.client.HTTPConnection": (0, "host", 1, "port", None), "http.client.HTTPSConnection": (0, "host", 1, "port", None),
    "smtplib.SMTP": (0, "host", 1, "port", ""), "smtplib.SMTP_SSL": (0, "host", 1, "port", ""),
    "ftplib.FTP": (0, "host", None, None, ""), "ftplib.FTP_TLS": (0, "host", None, None, ""),
    "imaplib.IMAP4": (0, "host", 1, "port", "localhost"), "imaplib.IMAP4_SSL": (0, "host", 1, "port", "localhost"),
    "poplib.POP3": (0, "host", 1, "port", None), "poplib.POP3_SSL": (0, "host", 1, "port", None),
    "telnetlib.Telnet": (0, "host", 1, "port", ""), "asyncio.open_connection": (0, "host", 1, "port", ""),
    "redis.Redis": (0, "host", 1, "port", "localhost"), "redis.StrictRedis": (0, "host", 1, "port", "localhost"),
    "redis.asyncio.Redis": (0, "host", 1, "port", "localhost"), "redis.ConnectionPool": (None, "host", None, "port", "localhost"),
    "redis.asyncio.StrictRedis": (0, "host", 1, "port", "localhost"),
    "psycopg2.connect": (None, "host", None, "port", ""), "psycopg.connect": (None, "host", None, "port", ""),
    "pymysql.connect": (0, "host", None, "port", "localhost"), "MySQLdb.connect": (0, "host", None, "port", "localhost"),
    "mysql.connector.connect": (None, "host", None, "port", "localhost"),
    "asyncpg.connect": (None, "host", None, "port", ""), "asyncpg.create_pool": (None, "host", None, "port", ""),
    "pymongo.MongoClient": (None, "host", 1, "port", ""), "memcache.Client": (0, "servers", None, None, None),
    "pymemcache.client.base.Client": (0, "server", None, None, None), "pika.ConnectionParameters": (0, "host", 1, "port", "localhost"),
    "paramiko.SSHClient.connect": (0, "hostname", 1, "port", None),
    "paho.mqtt.client.Client.connect": (0, "host", 1, "port", None), "socket.create_connection": (0, "address", None, None, None),
    "logging.handlers.HTTPHandler": (0, "host", None, None, None), "logging.handlers.SocketHandler": (0, "host", 1, "port", None),
    "logging.handlers.DatagramHandler": (0, "host", 1, "port", None),
    "logging.handlers.SMTPHandler": (0, "mailhost", None, None, None),
    "logging.handlers.SysLogHandler": (0, "address", None, None, ""),
    "ldap3.Server": (0, "host", 1, "port", None), "clickhouse_driver.Client": (0, "host", 1, "port", None),
}

# Clients whose methods take a URL.
CLIENTS = {
    "requests.Session", "requests.session", "requests.sessions.Session", "httpx.Client", "httpx.AsyncClient", "aiohttp.ClientSession",
    "urllib3.PoolManager", "urllib3.ProxyManager", "urllib3.HTTPConnectionPool", "urllib3.HTTPSConnectionPool",
    "tornado.httpclient.AsyncHTTPClient", "tornado.httpclient.HTTPClient", "aiohttp.client.ClientSession",
    "urllib.request.build_opener", "requests_html.HTMLSession", "cloudscraper.create_scraper",
}
BASES = {"httpx.Client": "base_url", "httpx.AsyncClient": "base_url", "aiohttp.ClientSession": "base_url",
         "urllib3.HTTPConnectionPool": "host", "urllib3.HTTPSConnectionPool": "host"}

# Modules that connect; what is used of them in a way that is not known opens the list.
CONNECTING = ("requests", "httpx", "aiohttp", "urllib3", "urllib.request", "http.client", "socket", "smtplib", "ftplib", "websockets",
              "imaplib", "poplib", "telnetlib", "xmlrpc.client")
# What they have beside that.
QUIET = re.compile(
    r"(requests|httpx|aiohttp|urllib3|socket|smtplib|ftplib|websockets|http\.client|imaplib|poplib)\.("
    r"exceptions|status_codes|codes|auth|adapters|structures|utils|packages|compat|certs|hooks|cookies|models|"
    r"\w*(Error|Exception|Timeout|Warning|Response|Auth|Limits|Headers|Cookies|Transport|Connector|Resolver|Adapter|Retry|Tracing|FormData|Closed|ClosedOK)$|"
    r"URL$|QueryParams|Timeout|web($|\.)|hdrs|payload|multipart|helpers|util|disable_warnings|make_headers|fields|"
    r"AF_|SOCK_|SOL_|SO_|IPPROTO|INADDR|SHUT_|MSG_|TCP_|AI_|NI_|gethostname|getfqdn|inet_|hton|ntoh|timeout|gaierror|herror|error|"
    r"socket$|socketpair|setdefaulttimeout|has_ipv6|SocketType|SOMAXCONN|OK$|NOT_FOUND$|\w+_STATUS|responses|serve$|server|"
    r"WSMsgType|ClientWebSocketResponse|BasicAuth|CookieJar|DummyCookieJar|TraceConfig|Fingerprint|HTTPStatus|HTTPResponse|HTTPException)")

SCHEMES = re.compile(r"(?i)^(https?|wss?|ftps?|rediss?|unix|postgres(ql)?(\+\w+)?|mysql(\+\w+)?|mariadb(\+\w+)?|mongodb(\+srv)?|"
                     r"amqps?|mqtts?|nats|tcp|udp|grpcs?|memcached?|ldaps?|smtps?|clickhouse(\+\w+)?|kafka|elasticsearch|s3)://")
URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")
HINT = re.compile(r"(?i)(^|_)(urls?|uri|endpoint|base|api|host|server|webhook|dsn|broker|backend|upstream|service|target|address|remote)s?(_|$)|url$")
NO_HINT = re.compile(r"(?i)doc|license|home_?page|terms|contact|help|logo|icon|image|img|link|href|origin|redirect|issuer|schema|namespace|"
                     r"xmlns|cors|allowed|about|repo|source_url|login_url|static_url|media_url|author|project|website|canonical|example|front_?end")

SERVERS = {
    "uvicorn.run": (None, "port", 8000), "hypercorn.run": (None, "port", 8000), "aiohttp.web.run_app": (None, "port", 8080),
    "aiohttp.web.TCPSite": (2, "port", 8080), "bottle.run": (None, "port", 8080), "waitress.serve": (None, "port", 8080),
    "wsgiref.simple_server.make_server": (1, "port", None), "werkzeug.serving.run_simple": (1, "port", None),
    "asyncio.start_server": (2, "port", None), "prometheus_client.start_http_server": (0, "port", None),
    "websockets.serve": (2, "port", None), "websockets.server.serve": (2, "port", None), "uvicorn.Config": (None, "port", 8000),
    "websockets.asyncio.server.serve": (2, "port", None), "gradio.launch": (None, "server_port", 7860),
}
ADDRESSED = {"HTTPServer", "ThreadingHTTPServer", "TCPServer", "ThreadingTCPServer", "UDPServer", "ThreadingUDPServer",
             "SimpleXMLRPCServer", "WSGIServer", "DocXMLRPCServer"}
APPS = {"flask": 5000, "quart": 5000, "bottle": 8080, "sanic": 8000, "fasthtml": 5001, "dash": 8050}


class Network:
    def __init__(self, project, folder, report):
        self.project = project
        self.folder = folder
        self.report = report
        self.consumed = set()
        self.clients = set()

    def read(self):
        modules = list(self.project.modules.values())
        for module in modules:
            for node in module.nodes:
                if isinstance(node, ast.Call):
                    self._client(node, module)
        for module in modules:
            for node in module.nodes:
                if isinstance(node, ast.Call):
                    self._call(node, module)
                    self._listen(node, module)
                elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                    self._assigned(node, module)
                elif isinstance(node, ast.Dict):
                    self._configured(node, module)
        for module in modules:
            for node in module.nodes:
                if isinstance(node, (ast.Name, ast.Attribute)):
                    self._other_use(node, module)
        if self.report.has_gap("egress"):
            self._hints()

    # Values

    def url(self, node, module, at, is_host=False):
        if node is None:
            return
        if isinstance(node, (ast.List, ast.Tuple)) and not is_host:
            for element in node.elts:
                self.url(element, module, at)
            return
        if isinstance(node, ast.Dict):
            return
        texts = self.folder.fold(node, module)
        if texts.open or (not texts.texts and not (isinstance(node, ast.Constant) and node.value is None)):
            self.report.gap(EGRESS, "the URL or host is no literal", module, at)
        for text, is_whole in texts.texts:
            self._text(text, is_whole, module, at)

    def _text(self, text, is_whole, module, at):
        if re.match(r"(?i)^(sqlite|file|data|memory|unix)(\+\w+)?:", text) or text.startswith("/") and not text.startswith("//"):
            return
        if not is_whole:
            match = re.match(r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#@{}%]*)([/?#]?)", text)
            if match and match.group(2):
                return self._hosts(text, module, at)
            self.report.gap(EGRESS, "the URL or host is no literal", module, at)
            if match and re.fullmatch(r"[\w.-]+\.[A-Za-z]{2,}(:\d+)?|localhost(:\d+)?|[\w.-]+:\d+", match.group(1)):
                self._hosts(text, module, at)
            return
        self._hosts(text, module, at)

    def _hosts(self, text, module, at):
        """A URL may name several hosts, separated by commas."""
        if URL.match(text):
            scheme, rest = text.split("://", 1)
            authority = re.split(r"[/?#]", rest, maxsplit=1)[0].rsplit("@", 1)[-1]
            if "," in authority:
                for part in authority.split(","):
                    self.report.site("egress", part, module, at)
                return
            if not authority:
                return
        elif "=" in text and re.search(r"\bhost=", text):
            # A connection string of libpq.
            host = re.search(r"\bhost='?([^\s']+)", text).group(1)
            port = re.search(r"\bport='?(\d+)", text)
            if host.startswith("/"):
                return
            text = host + (":" + port.group(1) if port else "")
        elif "=" in text or not text:
            return
        self.report.site("egress", text, module, at)

    def _host(self, host, port, module, at):
        """Host and port in expressions of their own."""
        if isinstance(host, (ast.Tuple, ast.List)) and len(host.elts) == 2:
            host, port = host.elts
        hosts = self.folder.fold(host, module)
        if not hosts.is_closed:
            if not (isinstance(host, ast.Constant) and host.value in (None, "")):
                self.report.gap(EGRESS, "the host is no literal", module, at)
        ports = self.folder.fold(port, module) if port is not None else None
        if ports is not None and not ports.is_closed and ports.open:
            self.report.gap(EGRESS, "the port is no literal", module, at)
        for text in hosts.whole:
            if text.startswith("/") or not text:
                continue
            numbers = [number for number in (ports.whole if ports else []) if number.isdigit() and number != "0"]
            if ":" in text and not URL.match(text) and not text.startswith("["):
                numbers = []
            for number in numbers or [None]:
                self._hosts(text + (":" + number if number and not URL.match(text) else ""), module, at)

    # Clients

    def _client(self, node, module):
        name = self.project.dotted(node.func, module)
        if name in CLIENTS:
            self.consumed.add(node.func)
            self.clients.add(node)
            base = argument(node, 0 if name in ("aiohttp.ClientSession",) or name.startswith("urllib3.HTTP") else None,
                            BASES.get(name, ""))
            if base is not None:
                self.url(base, module, node)
            elif is_spread(node) and name in BASES:
                self.report.gap(EGRESS, "arguments of a client are not known", module, node)

    def _call(self, node, module):
        function = node.func
        name = self.project.dotted(function, module)
        short = last(function)
        if name and not name.startswith("@"):
            if name in URLS or name in HOSTS:
                self.consumed.add(function)
                return self._known(node, name, module)
            if name.startswith(("subprocess.", "os.system", "os.popen")):
                return
        if not isinstance(function, ast.Attribute):
            return
        kinds = self.project.kinds(function.value, module)
        if kinds & CLIENTS or any(kind.startswith(tuple(CLIENTS)) for kind in kinds):
            if short in HTTP:
                return self.url(argument(node, 1 if short in ("request", "stream", "open") and len(node.args) > 1 or
                                         short == "request" else 0, "url"), module, node)
            return
        if short == "connect" and any(kind.startswith("socket.") for kind in kinds):
            return self._host(argument(node, 0, "address"), None, module, node)
        if short == "connect" and len(node.args) == 1 and not kinds and not (name or "").startswith("@"):
            if isinstance(node.args[0], ast.Tuple) or "socket" in module.imports.values():
                return self._host(node.args[0], None, module, node)
        if short in ("connect_ex", "sendto") and any(kind.startswith("socket.") for kind in kinds):
            return self._host(node.args[-1] if node.args else None, None, module, node)
        if short == "connect" and any(kind.startswith(("paramiko.", "paho.")) for kind in kinds):
            return self._host(argument(node, 0, "hostname", "host"), argument(node, 1, "port"), module, node)
        if short == "connect" and any(kind.startswith(("smtplib.", "ftplib.", "imaplib.")) for kind in kinds):
            return self._host(argument(node, 0, "host"), argument(node, 1, "port"), module, node)
        if short in ("create_connection",) and node.args and not name:
            return self._host(argument(node, 1, "host"), argument(node, 2, "port"), module, node)
        if short == "create_datagram_endpoint" and argument(node, None, "remote_addr") is not None:
            return self._host(argument(node, None, "remote_addr"), None, module, node)
        # A client that came from somewhere: its argument says what it is.
        if short in HTTP and not any(k.startswith(("flask.", "fastapi.", "starlette.", "bottle.", "sanic.")) for k in kinds):
            for position in (0, 1):
                target = argument(node, position, "url")
                if target is None:
                    continue
                texts = self.folder.fold(target, module)
                if any(SCHEMES.match(text) for text, _ in texts.texts):
                    return self.url(target, module, node)
            looks = re.search(r"(?i)(session|client|http|requests?|conn(ection)?|pool|api)$", last(function.value) or "")
            if looks and not kinds and self._connects(module) and short not in ("get",) and node.args:
                if short in ("post", "request", "put", "patch", "stream"):
                    self.report.gap(EGRESS, "what a client is asked is no literal", module, node)
            elif looks and not kinds and short == "get" and self._connects(module) and len(node.args) == 1:
                if re.search(r"(?i)(session|client|http)$", last(function.value) or ""):
                    self.report.gap(EGRESS, "what a client is asked is no literal", module, node)

    def _connects(self, module):
        return any(name.split(".")[0] in ("requests", "httpx", "aiohttp", "urllib3") for other in self.project.modules.values()
                   for name in other.imports.values())

    def _known(self, node, name, module):
        if name in URLS:
            position, keyword = URLS[name]
            target = argument(node, position, keyword, "url")
            if target is not None:
                self.url(target, module, node)
                for extra in ("backend", "result_backend"):
                    more = argument(node, None, extra)
                    if more is not None and name == "celery.Celery":
                        self.url(more, module, node)
                if name not in ("pymongo.MongoClient",):
                    return
            elif is_spread(node):
                return self.report.gap(EGRESS, "the URL or host is no literal", module, node)
            elif name == "sentry_sdk.init" or name == "celery.Celery":
                return self.report.gap(EGRESS, "the address is configured elsewhere", module, node)
            if name not in HOSTS:
                return
        position, keyword, port_position, port, default = HOSTS[name]
        host = argument(node, position, keyword)
        number = argument(node, port_position, port) if port else None
        if host is not None:
            if name in URLS and name != "pymongo.MongoClient" or name != "pymongo.MongoClient":
                self._host(host, number, module, node)
        elif is_spread(node):
            self.report.gap(EGRESS, "the host is no literal", module, node)
        elif default == "localhost":
            texts = self.folder.fold(number, module).whole if number is not None else []
            self.report.site("egress", "localhost" + (":" + texts[0] if texts else ""), module, node)

    def _other_use(self, node, module):
        """What connects, used as a value: nobody knows with which address."""
        if not isinstance(node.ctx, ast.Load) or isinstance(node.parent, ast.Attribute):
            return
        if node in self.consumed:
            return
        name = self.project.dotted(node, module)
        if not name or name.startswith("@") or not name.startswith(CONNECTING):
            return
        if not any(name == module_name or name.startswith(module_name + ".") for module_name in CONNECTING):
            return
        if QUIET.match(name) or name in SERVERS or name.startswith(("aiohttp.web", "websockets.serve")):
            return
        if self._is_annotation(node) or isinstance(node.parent, (ast.ExceptHandler, ast.ClassDef)):
            return
        if isinstance(node.parent, ast.Call) and node.parent.func is not node and last(node.parent.func) in (
                "isinstance", "issubclass", "Depends", "cast"):
            return
        self.report.gap(EGRESS, "something that connects is used in a way that is not known", module, node)

    @staticmethod
    def _is_annotation(node):
        child, parent = node, node.parent
        while parent is not None and not isinstance(parent, ast.stmt):
            if isinstance(parent, ast.arg) and parent.annotation is child:
                return True
            child, parent = parent, parent.parent
        if isinstance(parent, ast.AnnAssign) and parent.annotation is child:
            return True
        return isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)) and parent.returns is child or isinstance(
            parent, (ast.Import, ast.ImportFrom))

    # Settings that name hosts

    def _assigned(self, node, module):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if node.value is None:
            return
        name = None
        if isinstance(target, ast.Name) and module.scope(node) is None:
            name = target.id
        elif isinstance(target, ast.Subscript):
            index = target.slice
            index = index.value if isinstance(index, getattr(ast, "Index", ())) else index
            if isinstance(index, ast.Constant) and isinstance(index.value, str):
                name = index.value
        if name in ("SQLALCHEMY_DATABASE_URI", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "BROKER_URL", "CACHE_REDIS_URL",
                    "MONGO_URI", "REDIS_URL", "broker_url", "result_backend", "RATELIMIT_STORAGE_URI"):
            texts = self.folder.fold(node.value, module)
            if any(SCHEMES.match(text) or "://" in text for text, _ in texts.texts) or texts.open:
                self.url(node.value, module, node)
        elif name in ("EMAIL_HOST", "MAIL_SERVER", "CACHE_REDIS_HOST", "SESSION_REDIS_HOST"):
            self._host(node.value, None, module, node)
        elif name == "bind" and re.search(r"(^|/)(gunicorn|hypercorn)[\w.]*\.py$|(^|/)gunicorn_conf", module.path):
            self._bind(node.value, module, node)

    def _configured(self, node, module):
        """Django's databases and caches."""
        keys = {key.value: value for key, value in zip(node.keys, node.values) if isinstance(key, ast.Constant)}
        if "ENGINE" in keys and "HOST" in keys:
            self._host(keys["HOST"], keys.get("PORT"), module, keys["HOST"])
        if "BACKEND" in keys and "LOCATION" in keys:
            texts = self.folder.fold(keys["LOCATION"], module)
            if texts.open or any("://" in text or ":" in text for text, _ in texts.texts):
                self.url(keys["LOCATION"], module, keys["LOCATION"])

    def _hints(self):
        """Literals that are named like an address, where the list is open in any case: better known than not."""
        for module in self.project.modules.values():
            for node in module.nodes:
                if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and SCHEMES.match(node.value)):
                    continue
                name = self._name_of(node)
                if name and HINT.search(name) and not NO_HINT.search(name):
                    authority = re.match(r"^[^:]+://(?:[^/?#@]*@)?([^/?#@]*)", node.value).group(1)
                    if authority and not re.search(r"[{}%<>$]", authority):
                        self._hosts(node.value, module, node)

    @staticmethod
    def _name_of(node):
        child, parent = node, node.parent
        while isinstance(parent, (ast.JoinedStr, ast.BinOp, ast.BoolOp, ast.IfExp, ast.List, ast.Tuple)):
            child, parent = parent, parent.parent
        if isinstance(parent, ast.Assign):
            target = parent.targets[0]
            return target.id if isinstance(target, ast.Name) else getattr(target, "attr", None)
        if isinstance(parent, ast.AnnAssign):
            return getattr(parent.target, "id", getattr(parent.target, "attr", None))
        if isinstance(parent, ast.keyword):
            return parent.arg
        if isinstance(parent, ast.Dict) and child in parent.values:
            key = parent.keys[parent.values.index(child)]
            return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
        if isinstance(parent, ast.arguments):
            plain = list(getattr(parent, "posonlyargs", [])) + parent.args
            for argument_, default in zip(reversed(plain), reversed(parent.defaults)):
                if default is child:
                    return argument_.arg
        if isinstance(parent, ast.Call) and last(parent.func) in ("getenv", "get", "config", "env", "Field", "str") and parent.args:
            first = parent.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                return first.value if first is not child else None
        return None

    # Listening

    def _port(self, node, module, at, transport="tcp"):
        if node is None or isinstance(node, ast.Constant) and node.value is None:
            return
        texts = self.folder.fold(node, module)
        if not texts.is_closed:
            self.report.gap(PORTS, "the port is no literal", module, at)
        for text in texts.whole:
            # Port 0 is whatever is free.
            if text == "0":
                self.report.gap(PORTS, "a port that the system chooses", module, at)
            elif text.isdigit():
                self.report.site("ports", "%s/%s" % (text, transport), module, at)

    def _bind(self, node, module, at, transport="tcp"):
        """`0.0.0.0:8000`, `:8000`, `[::]:8000`, several of them, or an address of two parts."""
        if isinstance(node, (ast.Tuple, ast.List)):
            if isinstance(node, ast.Tuple) and len(node.elts) in (2, 4) and not (
                    isinstance(node.elts[1], ast.Constant) and isinstance(node.elts[1].value, str)):
                return self._port(node.elts[1], module, at, transport)
            for element in node.elts:
                self._bind(element, module, at, transport)
            return
        sources, _ = self.project.sources(node, module)
        if sources and all(isinstance(source, (ast.Tuple, ast.List)) for source, _ in sources):
            for source, where in sources:
                if source is not node:
                    self._bind(source, where, at, transport)
            return
        texts = self.folder.fold(node, module)
        if not texts.is_closed:
            self.report.gap(PORTS, "the address is no literal", module, at)
        for text in texts.whole:
            if text.startswith(("unix:", "/", "fd:")):
                continue
            match = re.search(r"(?:^|:)(\d+)$", text)
            if match and match.group(1) != "0":
                self.report.site("ports", "%s/%s" % (match.group(1), transport), module, at)
            else:
                self.report.gap(PORTS, "an address of a form that is not known", module, at)

    def _listen(self, node, module):
        function = node.func
        short = last(function)
        name = self.project.dotted(function, module) or ""
        if name in SERVERS:
            self.consumed.add(function)
            position, keyword, default = SERVERS[name]
            listen = argument(node, None, "listen", "bind", "uds", "fd", "sock", "unix_socket")
            if listen is not None:
                if name == "waitress.serve" and argument(node, None, "unix_socket") is None:
                    self._bind(listen, module, node)
                return
            return self._served(node, module, position, keyword, default)
        if short in ADDRESSED and not name.startswith("@"):
            transport = "udp" if "UDP" in short else "tcp"
            target = argument(node, 0, "server_address", "addr", "listener")
            if target is not None:
                texts = self.folder.fold(target, module)
                if texts.whole and all(text.isdigit() for text in texts.whole):
                    self._port(target, module, node, transport)
                else:
                    self._bind(target, module, node, transport)
            return
        instance = None if name and not name.startswith("@") else self.project.instance(node, module)
        if instance and any(base.split(".")[-1] in ADDRESSED for base in self.project.ancestors(*instance)):
            if node.args:
                self._bind(node.args[0], module, node)
            return
        if not isinstance(function, ast.Attribute):
            return
        self._method(node, module, short)

    def _served(self, node, module, position, keyword, default):
        port = argument(node, position, keyword)
        if port is None and is_spread(node):
            return self.report.gap(PORTS, "the port is no literal", module, node)
        if port is None and default is not None:
            return self.report.site("ports", "%d/tcp" % default, module, node)
        self._port(port, module, node)

    def _method(self, node, module, short):
        function = node.func
        if short == "bind":
            kinds = self.project.kinds(function.value, module)
            if any(kind.startswith("socket.") for kind in kinds) or (
                    node.args and isinstance(node.args[0], ast.Tuple) and len(node.args[0].elts) == 2):
                return self._bind(argument(node, 0, "address"), module, node, self._transport(function.value, module))
        if short in ("add_insecure_port", "add_secure_port"):
            return self._bind(argument(node, 0, "address"), module, node)
        if short == "create_server":
            return self._port(argument(node, 2, "port"), module, node)
        if short == "create_datagram_endpoint" and argument(node, None, "local_addr") is not None:
            return self._bind(argument(node, None, "local_addr"), module, node, "udp")
        if short not in ("run", "listen", "run_server", "launch", "bind_sockets"):
            return
        kinds = self.project.kinds(function.value, module)
        roots = {kind.split(".")[0] for kind in kinds}
        if short == "run":
            for root in ("flask", "quart", "bottle", "sanic", "dash", "apiflask", "flask_socketio", "flask_openapi3"):
                if root in roots:
                    position = {"flask": 1, "quart": 1, "apiflask": 1, "sanic": 1}.get(root)
                    return self._served(node, module, position, "port", APPS.get(root, 5000))
            if argument(node, None, "port") is not None and not (roots & {"subprocess", "asyncio"}):
                self._port(argument(node, None, "port"), module, node)
        elif short == "listen" and (roots & {"tornado"} or not roots) and node.args:
            if not any(kind.startswith("socket.") for kind in kinds):
                if roots:
                    self._port(argument(node, 0, "port"), module, node)
                else:
                    instance = [i for s, w in self.project.sources(function.value, module)[0] for i in [self.project.instance(s, w)] if i]
                    if any("tornado" in base for i in instance for base in self.project.ancestors(*i)):
                        self._port(argument(node, 0, "port"), module, node)
        elif short == "run_server":
            self._served(node, module, None, "port", 8050 if "dash" in roots else None)

    def _transport(self, node, module):
        for source, _ in self.project.sources(node, module)[0]:
            if isinstance(source, ast.Call):
                for value in source.args + [keyword.value for keyword in source.keywords]:
                    if last(value) == "SOCK_DGRAM":
                        return "udp"
        return "tcp"
