// Ports on which the program listens, and hosts that it connects to.
import {ts} from "./parser.mjs";
import {around, bare} from "./program.mjs";

const k = ts?.SyntaxKind;
const address = /^[a-z][a-z0-9+.-]*:\/\//i;
const servers = /^(express|fastify|fastify\.fastify|koa|polka|restify\.createServer|(http|https|http2|net|spdy)\.(createServer|createSecureServer|Server)|tls\.createServer|@nestjs\/core\.NestFactory\.create|socket\.io\.Server|routing-controllers\.\w+|socket\.io|apollo-server(-\w+)?\.ApolloServer|@hapi\/hapi\.(server|Server))\(\)$/;

/** By call: the argument with a URL, or with settings that hold one. */
const clients = new Map();
const add = (names, argument, more = {}) => names.split(/\s+/).forEach(name => clients.set(name, {argument, ...more}));
add(`fetch axios axios.get axios.delete axios.head axios.options axios.post axios.put axios.patch axios.request axios.postForm got got.get got.post got.put
  got.patch got.delete got.head got.stream node-fetch cross-fetch isomorphic-fetch ky ky.get ky.post ky.put ky.patch ky.delete undici.fetch undici.request
  undici.stream undici.Client() undici.Pool() superagent superagent.get superagent.post superagent.put superagent.patch superagent.delete superagent.del
  superagent.head request request.get request.post request.put request.patch request.delete request.del request.head request-promise
  request-promise.get request-promise.post request-promise-native http.get http.request https.get https.request needle.get needle.post needle.put
  needle.delete needle.head http2.connect phin bent`, 0);
add("needle", 1);
add("WebSocket WebSocket() ws() ws.WebSocket() EventSource() eventsource() socket.io-client socket.io-client.io socket.io-client.connect", 0, {isMaking: true});
add("mongoose.connect mongoose.createConnection mongodb.MongoClient() mongodb.MongoClient.connect mongodb.connect connect-mongo.create", 0);
add(`pg.Pool() pg.Client() pg-promise()() postgres mysql.createConnection mysql.createPool mysql2.createConnection mysql2.createPool mysql2/promise.createConnection
  mysql2/promise.createPool mariadb.createPool redis.createClient redis.createCluster ioredis() ioredis.Redis() ioredis.createClient amqplib.connect amqplib/callback_api.connect
  nodemailer.createTransport kafkajs.Kafka() @elastic/elasticsearch.Client() elasticsearch.Client() knex mqtt.connect nats.connect minio.Client() memjs.Client.create
  sequelize() sequelize.Sequelize() typeorm.DataSource() typeorm.createConnection @nestjs/typeorm.TypeOrmModule.forRoot @nestjs/mongoose.MongooseModule.forRoot
  bull() bullmq.Queue() bullmq.Worker() http-proxy-middleware.createProxyMiddleware http-proxy-middleware express-http-proxy http-proxy.createProxyServer
  @fastify/http-proxy neo4j-driver.driver openai() openai.OpenAI()`, 0, {isService: true});
add("net.connect net.createConnection tls.connect net.Socket().connect dgram.createSocket().send", 0, {isSocket: true});
const instances = /^(axios\.create|got\.extend|ky\.create|superagent\.agent)\(\)\.(get|post|put|patch|delete|head|request|options)$/;
const makers = /^(axios\.create|got\.extend|ky\.create)$/;
const hostless = /^(localhost|)$/;

export class Network {
  constructor(program, values, findings) {
    Object.assign(this, {program, values, findings});
  }

  run() {
    this.program.each(node => {
      if (ts.isCallExpression(node) || ts.isNewExpression(node)) this.#call(node);
      if (ts.isBinaryExpression(node) && node.operatorToken.kind === k.EqualsToken) this.#assigned(node);
      if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)) this.#handedOn(node);
    });
    this.program.each(node => this.#stray(node));
  }

  #call(node) {
    const callee = this.program.meaning(node.expression);
    const name = callee.kind === "external" ? `${callee.name}${ts.isNewExpression(node) ? "()" : ""}` : undefined;
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const method = node.expression.name.text;
      if (method === "listen") this.#listen(node, name);
      if (method === "bind" && name?.startsWith("dgram.createSocket()")) this.#port(node.arguments[0], node, "/udp");
    }
    if (name === undefined) return;
    if (name === "@hono/node-server.serve" || name === "Bun.serve" || name === "Deno.serve") return this.#serve(node);
    if (name === "ws.WebSocketServer()" || name === "ws.Server()" || name === "socket.io.Server()") return this.#optionalPort(node);
    if (name === "apollo-server.ApolloServer()") return;
    const known = clients.get(name.replace(/^node-/, name.startsWith("node-fetch") ? "node-" : "node-"));
    if (known) return this.#client(node, known);
    if (instances.test(name)) return this.#client(node, {argument: 0, isRelative: true});
    if (makers.test(name)) return this.#maker(node);
  }

  // Ports

  #listen(node, name) {
    const base = this.program.meaning(node.expression.expression);
    if (base.kind === "external" && !base.isGlobal && !servers.test(base.name) && !base.isTyped && !/(create|server|app|Server)\w*\(\)$/i.test(base.name)) return;
    if (base.kind === "function" || base.kind === "class") return;
    if (!node.arguments.length) {
      // A method of the program's own, which listens itself.
      if (name === undefined && this.program.memberNode(base, "listen")) return;
      return this.findings.gap("ports", "the port is chosen by the system", node);
    }
    if (name === undefined && this.program.memberNode(base, "listen")) return;
    const first = bare(node.arguments[0]);
    if (ts.isArrowFunction(first) || ts.isFunctionExpression(first)) return this.findings.gap("ports", "the port is chosen by the system", node);
    const settings = this.values.properties(first);
    if (settings) return settings.map.has("port") ? this.#port(settings.map.get("port"), node) : settings.map.has("path") ? undefined : this.findings.gap("ports", "the port is no literal", node);
    this.#port(first, node);
  }

  #serve(node) {
    const first = node.arguments[0];
    const port = first && this.values.properties(first)?.map.get("port");
    if (port) this.#port(port, node);
    else this.findings.gap("ports", "the port is no literal", node);
  }

  #optionalPort(node) {
    const settings = node.arguments?.[0] && this.values.properties(node.arguments[0]);
    if (settings?.map.has("port")) this.#port(settings.map.get("port"), node);
    else if (!settings && node.arguments?.length) {
      const {list} = this.values.texts(node.arguments[0]);
      if (list.length) this.#port(node.arguments[0], node);
    }
  }

  #port(value, node, transport = "") {
    const {list, whole} = value ? this.values.texts(value) : {list: [], whole: false};
    const ports = list.filter(text => /^\d{1,5}$/.test(text));
    for (const port of ports) if (Number(port) > 0 && Number(port) < 65536) this.findings.add("ports", port + transport, node);
    if (!whole || ports.length !== list.length) this.findings.gap("ports", "the port may be another one", node);
  }

  // Hosts

  #client(node, {argument, isRelative, isService, isSocket, isMaking}) {
    const value = node.arguments?.[argument];
    if (!value) {
      if (!isMaking) this.findings.gap("egress", "the address comes from elsewhere", node);
      return;
    }
    if (isSocket) return this.#socket(node);
    if (!this.#url(value, node, isRelative)) {
      const settings = this.values.properties(value);
      if (settings) return this.#settings(settings, node, isRelative);
      if (isService && node.arguments.length > 1) {
        const last = this.values.properties(node.arguments[node.arguments.length - 1]);
        if (last) return this.#settings(last, node, false);
        // new Redis(6379, "cache")
        const [port, host] = [this.values.only(value), this.values.only(node.arguments[1])];
        if (port !== undefined && /^\d+$/.test(port) && host !== undefined) return this.findings.add("egress", `${host}:${port}`, node);
      }
      this.findings.gap("egress", "the address is no literal", node);
    }
  }

  #maker(node) {
    const settings = node.arguments[0] && this.values.properties(node.arguments[0])?.map;
    const base = settings?.get("baseURL") ?? settings?.get("prefixUrl");
    if (base && !this.#url(base, node)) this.findings.gap("egress", "the address is no literal", node);
    if (!settings && node.arguments.length) this.findings.gap("egress", "the settings of a client are no literal", node);
  }

  /** Whether the expression could be read as an address at all; what is open in it is a gap. */
  #url(value, node, isRelative) {
    const {list, isOpen} = this.values.beginnings(value);
    let found = false;
    for (const {text, ends} of list) {
      const host = hostOf(text, ends);
      if (host) this.findings.add("egress", host, node);
      else if (isRelative && !address.test(text)) found = true;
      else if (text.startsWith("/") && !text.startsWith("//")) found = true;
      else if (address.test(text)) {
        // `mongodb://${user}:${password}@host/`: the host is there all the same.
        const behind = hostOf(/^[^/]*\/\/[^/]*@([^@/?#]+)([/?#].*)?$/s.exec(this.values.outline(value) ?? "") ? this.values.outline(value) : "", true);
        if (behind && !behind.includes("\u0001")) this.findings.add("egress", behind, node);
        else this.findings.gap("egress", "the host is no literal", node);
      }
      found ||= !!host || address.test(text);
    }
    if (found && isOpen) this.findings.gap("egress", "the address may be another one", node);
    return found;
  }

  #settings(settings, node, isRelative, depth = 0) {
    if (depth > 8) return this.findings.gap("egress", "the address is no literal", node);
    const {map, isOpen} = settings;
    for (const name of ["url", "uri", "baseURL", "connectionString", "node", "brokers", "servers", "mongoUrl", "target", "host", "hostname", "server", "endPoint",
      "connection", "socket", "redis", "prefixUrl", "options"]) {
      const value = map.get(name);
      if (!value) continue;
      const inner = this.values.properties(value);
      if (inner) return this.#settings(inner, node, isRelative, depth + 1);
      const list = this.values.elements(value);
      if (list) {
        for (const element of list) if (!this.#host(element, undefined, node)) this.findings.gap("egress", "the address is no literal", node);
        return;
      }
      if (this.#host(value, map.get("port"), node)) return;
      return this.findings.gap("egress", "the address is no literal", node);
    }
    if (isOpen || !isRelative) this.findings.gap("egress", "the settings name no address", node);
  }

  #host(value, port, node) {
    if (this.values.beginnings(value).list.some(({text}) => address.test(text))) return this.#url(value, node);
    const {list, whole} = this.values.texts(value);
    const numbers = port ? this.values.texts(port) : {list: [], whole: true};
    for (const host of list) {
      if (!host || /[\s/]/.test(host)) continue;
      if (host.includes(":") || !numbers.list.length) this.findings.add("egress", host, node);
      else for (const number of numbers.list) this.findings.add("egress", `${host}:${number}`, node);
    }
    if (list.length && (!whole || !numbers.whole)) this.findings.gap("egress", "the address may be another one", node);
    return list.length > 0;
  }

  #socket(node) {
    const [first, second] = node.arguments;
    const settings = this.values.properties(first);
    if (settings) {
      if (settings.map.has("path")) return;
      if (!settings.map.has("host") && settings.map.has("port")) settings.map.set("host", undefined);
      const port = settings.map.get("port");
      if (settings.map.get("host")) return void (this.#host(settings.map.get("host"), port, node) || this.findings.gap("egress", "the address is no literal", node));
      const number = port && this.values.only(port);
      if (number) return this.findings.add("egress", `localhost:${number}`, node);
    }
    const number = this.values.only(first);
    if (number !== undefined && /^\d+$/.test(number)) {
      const host = second && !ts.isArrowFunction(bare(second)) ? this.values.only(second) : "localhost";
      if (host !== undefined) return this.findings.add("egress", `${host}:${number}`, node);
    }
    this.findings.gap("egress", "the address is no literal", node);
  }

  /** `axios.defaults.baseURL = "https://…"` */
  #assigned(node) {
    const left = this.program.meaning(node.left);
    if (left.kind !== "external" || !/^axios(\.create\(\))?\.defaults\.baseURL$/.test(left.name)) return;
    if (!this.#url(node.right, node)) this.findings.gap("egress", "the address is no literal", node);
  }

  /** `fetch` and its like as a value: nobody sees what it is called with. */
  #handedOn(node) {
    const {child, parent} = around(node);
    if (ts.isPropertyAccessExpression(parent) && parent.expression === child && ["call", "apply", "bind"].includes(parent.name.text)) {
      if (clients.has(this.program.meaning(node).name)) this.findings.gap("egress", "a client is handed on", node);
      return;
    }
    if ((ts.isCallExpression(parent) || ts.isNewExpression(parent)) && parent.arguments?.includes(child)) {
      const meaning = this.program.meaning(node);
      if (meaning.kind === "external" && (clients.has(meaning.name) || /^axios(\.create\(\))?$/.test(meaning.name)) && this.program.meaning(parent.expression).kind !== "function") {
        this.findings.gap("egress", "a client is handed on", node);
      }
    }
  }

  /** An address in the source that no call was seen to take: some other one may. */
  #stray(node) {
    if (!ts.isStringLiteralLike(node) && !ts.isTemplateHead(node) || this.values.used.has(node)) return;
    if (!/^(https?|wss?|mongodb(\+srv)?|postgres(ql)?|mysql|redis|rediss|amqps?|mqtts?|nats|smtps?|ftp):\/\//i.test(node.text)) return;
    if (/^https?:\/\/(www\.)?(w3\.org|schema\.org|json-schema\.org)\//i.test(node.text)) return;
    const parent = node.parent;
    if (ts.isImportDeclaration(parent) || ts.isExpressionStatement(parent) || ts.isJsxAttribute(parent) || ts.isLiteralTypeNode(parent)) return;
    const call = parent.parent && (ts.isCallExpression(parent) ? parent : ts.isTemplateExpression(parent) && ts.isCallExpression(parent.parent) ? parent.parent : undefined);
    if (call && /^(console|logger|log|this\.logger)\.\w+$|\.(log|info|debug|redirect)$/.test(call.expression.getText())) return;
    this.findings.gap("egress", "no call was seen that takes this address", node);
  }
}

/** `host[:port]` of a URL whose host is whole; user and password never leave this function. */
function hostOf(text, ends) {
  const found = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#\\]+)([/?#\\]?)/i.exec(text);
  if (!found || !found[2] && !ends) return undefined;
  const authority = found[1].slice(found[1].lastIndexOf("@") + 1);
  // A list of hosts, as MongoDB takes it, has its first one here.
  const host = authority.split(",")[0];
  return hostless.test(host) && host !== "localhost" || /[\s<>{}]/.test(host) ? undefined : host;
}
