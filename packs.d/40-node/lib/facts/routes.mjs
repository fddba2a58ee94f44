// Routes: what is registered at a server or router, with the prefixes under which routers are mounted.
import {posix} from "node:path";
import {ts} from "./parser.mjs";
import {around, bare, isFunction} from "./program.mjs";
import {Controllers} from "./controllers.mjs";
import {join, paths, template} from "./paths.mjs";
import {Servers} from "./servers.mjs";

const k = ts?.SyntaxKind;
const methods = new Set(["get", "post", "put", "delete", "del", "patch", "head", "options", "all", "trace", "connect", "copy", "lock", "unlock", "mkcol",
  "move", "purge", "propfind", "proppatch", "search", "report", "subscribe", "unsubscribe", "notify", "merge", "checkout", "link", "unlink", "query"]);
const families = new Map(Object.entries({
  "express()": "express", "express.Router()": "express", "express-promise-router()": "express", "polka()": "express", "router()": "express",
  "express().route()": "at", "express.Router().route()": "at",
  "fastify()": "fastify", "fastify.fastify()": "fastify",
  "koa()": "koa", "@koa/router()": "koaRouter", "koa-router()": "koaRouter", "@koa/router.Router()": "koaRouter",
  "hono.Hono()": "hono", "restify.createServer()": "express",
}));
const servers = new Set(["express()", "polka()", "fastify()", "fastify.fastify()", "koa()", "hono.Hono()", "restify.createServer()"]);
/** Methods of servers and routers that add no route. */
const harmless = new Set(["listen", "set", "enable", "disable", "enabled", "disabled", "engine", "param", "on", "once", "emit", "locals", "render", "path",
  "mountpath", "settings", "addHook", "decorate", "decorateRequest", "decorateReply", "hasDecorator", "ready", "close", "log", "inject", "server", "after",
  "setErrorHandler", "setNotFoundHandler", "setValidatorCompiler", "setSerializerCompiler", "setReplySerializer", "setSchemaController", "addSchema",
  "getSchema", "getSchemas", "addContentTypeParser", "removeContentTypeParser", "withTypeProvider", "printRoutes", "printPlugins", "address", "addresses", "register",
  "callback", "context", "keys", "proxy", "env", "silent", "subdomainOffset", "use", "route", "routes", "allowedMethods", "middleware", "prefix",
  "url", "opts", "stack", "notFound", "onError", "basePath", "mount", "request", "fetch", "fire", "handle", "version", "config", "jwt", "pg", "redis", "mongo", "error",
  "bind", "name", "removeAllListeners", "setMaxListeners", "initialConfig", "swagger", "onClose", "listeningOrigin", "hasRequestDecorator", "hasRoute", "findRoute", "getDecorator",
  "pre", "init", "routerPath", "test", "prototype", "response", "application", "constructor", "authenticate", "auth", "verifyJWT", "httpErrors", "verify",
  "requestTimeout", "keepAliveTimeout", "rateLimit", "createRateLimit", "csrfProtection", "signCookie", "unsignCookie", "assert", "authorize"]);
/** They take a server and start it, or wrap it for a test. */
const takers = /^(http|https|http2|spdy)\.create(Secure)?Server$|^(supertest|chai\.request|serverless-http|@vendia\/serverless-express|console\.log|Object\.freeze|util\.promisify|@hono\/node-server\.(serve|createAdaptorServer)|express-async-errors|promisify|socket\.io(\.Server)?|terminus|@godaddy\/terminus\.createTerminus|http-terminator\.createHttpTerminator|express-ws|stoppable)$/;

export class Routes {
  /** By node that makes it: {node, name, routes, mounts, prefix, hasParent}. */
  #routers = new Map();
  #lostMounts = [];
  /** Names that the program gives to functions of its own on a server. */
  #own = new Set();

  constructor(program, values, findings) {
    Object.assign(this, {program, values, findings});
  }

  run() {
    this.program.each(node => this.#decorated(node));
    this.program.each(node => this.#look(node));
    this.#compose();
  }

  #look(node) {
    if (ts.isCallExpression(node)) this.values.eachElement(node, () => this.#call(node));
    if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node) || node.kind === k.ThisKeyword) this.#escape(node);
    if (ts.isElementAccessExpression(node)) this.values.eachElement(node.parent, () => this.#computed(node));
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) this.#made(node);
  }

  #decorated(node) {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression) || node.expression.name.text !== "decorate") return;
    const name = node.arguments[0] && this.values.only(node.arguments[0]);
    if (name !== undefined) this.#own.add(name);
  }

  // Routers

  #router(meaning) {
    if (!this.#routers.has(meaning.node)) {
      this.#routers.set(meaning.node, {node: meaning.node, name: meaning.name, routes: [], mounts: [], prefixes: [""], hasParent: false});
    }
    return this.#routers.get(meaning.node);
  }

  /** What a class that is made from a server's is, in its own methods and elsewhere: such a server. */
  #meaning(node) {
    const meaning = this.program.meaning(node);
    if (meaning.kind !== "instance") return meaning;
    const base = meaning.node.heritageClauses?.find(clause => clause.token === k.ExtendsKeyword)?.types[0];
    const parent = base && this.program.meaning(base.expression);
    const name = parent?.kind === "external" ? `${parent.name}()` : "";
    return servers.has(name) ? {kind: "external", name, node: meaning.node} : meaning;
  }

  #familyOf(meaning) {
    return meaning.kind === "external" ? families.get(meaning.name) : undefined;
  }

  /** Options that stand where a router is made. */
  #made(node) {
    const meaning = this.#meaning(node);
    const family = this.#familyOf(meaning);
    if (!family || meaning.node !== node || family === "at") return;
    const router = this.#router(meaning);
    if (family !== "koaRouter") return;
    const prefix = this.values.properties(node.arguments?.[0] ?? node)?.map.get("prefix");
    if (prefix) router.prefixes = this.#texts(prefix, node);
  }

  #texts(node, place) {
    return paths(this.values, this.findings, node, place);
  }

  #isText(node) {
    const inner = bare(node);
    if (isFunction(inner)) return false;
    if (ts.isArrayLiteralExpression(inner)) return inner.elements.length > 0 && inner.elements.every(element => this.#isText(element));
    return inner.kind === k.RegularExpressionLiteral || this.values.texts(inner).list.length > 0 || ts.isTemplateExpression(inner);
  }

  // Calls

  #call(call) {
    const access = call.expression;
    if (!ts.isPropertyAccessExpression(access)) return;
    const method = access.name.text;
    const base = this.#meaning(access.expression);
    switch (this.#familyOf(base)) {
      case "express": return this.#express(call, method, base);
      case "at": return this.#at(call, method, base);
      case "fastify": return this.#fastify(call, method, base);
      case "koa": return method === "use" ? this.#use(call, base) : undefined;
      case "koaRouter": return this.#koaRouter(call, method, base);
      case "hono": return this.#hono(call, method, base);
      default: return this.#unknown(call, method, base);
    }
  }

  #add(base, method, paths, node) {
    const verb = method === "all" ? "*" : method === "del" ? "DELETE" : method.toUpperCase();
    for (const path of paths) this.#router(base).routes.push({verb, path, node});
  }

  #express(call, method, base) {
    const [first, ...rest] = call.arguments;
    if (method === "set" && first && rest.length) {
      const name = this.values.only(first);
      if (name !== undefined) this.values.settings.set(name, [...this.values.settings.get(name) ?? [], rest[0]]);
    } else if (methods.has(method) && first) {
      if (method === "get" && !rest.length && servers.has(base.name)) return;
      this.#add(base, method, this.#texts(first, call), call);
    } else if (method === "use") this.#use(call, base);
    else if (!harmless.has(method)) this.findings.gap("routes", `a router has no method ${method} of its own`, call);
  }

  /** `router.route("/x").get(…).post(…)` */
  #at(call, method, base) {
    const made = base.node;
    const router = this.#meaning(made.expression.expression);
    if (!methods.has(method) || !made.arguments?.length || !this.#familyOf(router)) return;
    this.#add(router, method, this.#texts(made.arguments[0], made), call);
  }

  #use(call, base) {
    let handlers = [...call.arguments];
    let prefixes = [""];
    if (handlers.length > 1 && !this.#familyOf(this.#meaning(handlers[0])) && this.#isText(handlers[0])) {
      prefixes = this.#texts(handlers[0], call);
      handlers = handlers.slice(1);
    }
    const isAt = prefixes.some(prefix => prefix !== "" && prefix !== "/");
    for (const handler of this.#flat(handlers)) this.#mount(base, prefixes, handler, call, isAt);
  }

  #flat(nodes) {
    return nodes.flatMap(node => {
      const inner = bare(node);
      if (ts.isSpreadElement(inner)) return this.values.elements(inner.expression) ?? [inner];
      const list = ts.isArrayLiteralExpression(inner) ? this.values.elements(inner) : undefined;
      return list ?? [inner];
    });
  }

  #mount(base, prefixes, handler, call, isAt) {
    let meaning = this.#meaning(handler);
    // koa: `router.routes()`, `mount("/x", app)`
    if (meaning.kind === "external" && /\.(routes|middleware)\(\)$/.test(meaning.name) && meaning.owner) meaning = meaning.owner;
    if (meaning.kind === "external" && meaning.name === "koa-mount()") {
      const [first, second] = meaning.node.arguments;
      return this.#mount(base, second ? this.#texts(first, call) : [""], second ?? first, call, isAt);
    }
    if (this.#familyOf(meaning)) return this.#attach(base, meaning, prefixes);
    if (meaning.kind === "function") {
      const fn = meaning.node;
      if (isAt && (fn === handler || isFunction(handler)) && fn.parameters.length === 2 && !this.#callsOn(fn)) this.#add(base, "all", prefixes, call);
      return;
    }
    if (meaning.kind === "external") {
      if (/^(express\.static|serve-static|koa-static|koa-send|express-static-gzip)\(\)$/.test(meaning.name)) {
        this.findings.doubt("routes", "files of a directory are served", call);
      } else if (isAt && !meaning.isGlobal && !/cors|limit|parser|json|urlencoded|csrf|helmet|session|auth|passport|morgan|logger/i.test(meaning.name)) {
        this.findings.doubt("routes", `a package answers below ${prefixes.join(", ")}`, call);
      }
      return;
    }
    this.#lostMounts.push({base, prefixes, call});
    this.findings.gap("routes", "what is mounted here cannot be told", call);
  }

  /** An application of another framework takes requests by a function of its own. */
  #callsOn(fn) {
    return fn.parameters.length > 1 && /next/i.test(fn.parameters[fn.parameters.length - 1].name.getText());
  }

  #attach(base, child, prefixes) {
    const router = this.#router(child);
    router.hasParent = true;
    this.#router(base).mounts.push({child: child.node, prefixes});
  }

  #fastify(call, method, base) {
    const [first, second] = call.arguments;
    if (methods.has(method) && first) return this.#add(base, method, this.#texts(first, call), call);
    if (method === "route") return this.#fastifyRoute(base, first, call);
    if (method === "register") return this.#register(base, first, second, call);
    if (!harmless.has(method) && !this.#own.has(method)) this.findings.doubt("routes", `${method} of a server is not known`, call);
  }

  #fastifyRoute(base, options, call) {
    const properties = options && this.values.properties(options)?.map;
    const [path, verbs] = [properties?.get("url") ?? properties?.get("path"), properties?.get("method")];
    if (!path || !verbs) return this.findings.gap("routes", "a route's settings are no literal", call);
    for (const verb of this.#texts(verbs, call)) this.#add(base, verb.toLowerCase(), this.#texts(path, call), call);
  }

  #register(base, plugin, options, call) {
    const prefix = options && this.values.properties(options);
    const given = prefix?.map.get("prefix");
    const prefixes = given ? this.#texts(given, call) : [""];
    let meaning = this.#meaning(plugin);
    if (meaning.kind === "module") meaning = this.program.exported(meaning.node.project, "default");
    if (meaning.kind === "function") {
      const instance = this.program.plugins.get(meaning.node.parameters[0]);
      if (!instance) return;
      const inner = bare(plugin);
      const isShared = ts.isCallExpression(inner) && /^(fp|fastifyPlugin|plugin)$/.test(inner.expression.getText());
      return this.#attach(base, {name: instance.name, node: instance.node}, isShared ? [""] : prefixes);
    }
    if (meaning.kind === "external" && /^@fastify\/autoload(\.\w+)?$|^fastify-autoload(\.\w+)?$/.test(meaning.name)) {
      return this.#autoload(base, options, prefixes, call);
    }
    if (meaning.kind === "external" && !meaning.isGlobal) return;
    this.#lostMounts.push({base, prefixes, call});
    this.findings.gap("routes", "what is registered here cannot be told", call);
  }

  /** Each directory below the one that is named is a prefix. */
  #autoload(base, options, prefixes, call) {
    const directory = this.autoloads.get(call);
    if (directory === undefined) return this.findings.gap("routes", "the directory of routes is no literal", call);
    const flat = this.values.properties(options)?.map.get("dirNameRoutePrefix")?.kind === k.FalseKeyword;
    for (const path of directory.files) {
      const file = this.program.load(path);
      const fn = file && this.program.pluginOf(file);
      const instance = fn && this.program.plugins.get(fn.parameters[0]);
      if (!instance) continue;
      const own = file.exports.get("autoPrefix");
      const below = flat ? "" : posix.relative(directory.root, posix.dirname(path)).split("/").map(word => word.replace(/^_+(.+)$/, ":$1")).join("/");
      const tails = own ? this.#texts(own, own) : [below];
      this.#attach(base, {name: instance.name, node: instance.node}, prefixes.flatMap(prefix => tails.map(tail => join(prefix, tail))));
    }
  }

  #koaRouter(call, method, base) {
    const [first, second] = call.arguments;
    if (methods.has(method) && first) {
      const isNamed = second && !isFunction(bare(second)) && this.values.texts(second).list.length > 0;
      return this.#add(base, method, this.#texts(isNamed ? second : first, call), call);
    }
    if (method === "register" && second) {
      for (const verb of this.#texts(second, call)) this.#add(base, verb.toLowerCase(), this.#texts(first, call), call);
    } else if (method === "use") this.#use(call, base);
    else if (method === "prefix" && first) this.#router(base).prefixes = this.#texts(first, call);
    else if (method === "redirect" && first) this.#add(base, "all", this.#texts(first, call), call);
    else if (!harmless.has(method)) this.findings.gap("routes", `a router has no method ${method} of its own`, call);
  }

  #hono(call, method, base) {
    const [first, second] = call.arguments;
    if (methods.has(method) && first) {
      if (call.arguments.length > 1 || this.#isText(first)) this.#add(base, method, this.#texts(first, call), call);
    } else if (method === "on" && second) {
      for (const verb of this.#texts(first, call)) this.#add(base, verb.toLowerCase(), this.#texts(second, call), call);
    } else if (method === "route" && second) {
      const child = this.#meaning(second);
      if (this.#familyOf(child)) this.#attach(base, child, this.#texts(first, call));
      else this.findings.gap("routes", "what is mounted here cannot be told", call);
    } else if (method === "basePath" && first) {
      const made = this.#meaning(call);
      if (made.node === call) this.#attach(base, made, this.#texts(first, call));
      else this.#router(base).prefixes = this.#texts(first, call);
    } else if (method === "mount") this.findings.gap("routes", "another application answers here", call);
    else if (!harmless.has(method)) this.findings.doubt("routes", `${method} of a server is not known`, call);
  }

  /** `thing.get("/x", …, function)` of a thing that nobody knows. */
  #unknown(call, method, base) {
    if (base.kind === "external" && !base.isGlobal || base.kind === "object" || base.kind === "module") return;
    const [first, ...rest] = call.arguments;
    if (!first || !methods.has(method) && method !== "use" && method !== "route" || method !== "route" && !rest.length) return;
    const {list} = this.values.texts(first);
    const isPath = list.length > 0 && list.every(text => text.startsWith("/"));
    const last = bare(rest[rest.length - 1] ?? first);
    const isHandled = isFunction(last) || ["function", "expression"].includes(this.#meaning(last).kind) && !ts.isObjectLiteralExpression(last) && !ts.isStringLiteralLike(last);
    if (!isPath && !(isFunction(last) && /app|router|server|route|fastify/i.test(call.expression.expression.getText()))) return;
    if (method !== "route" && !isHandled) return;
    this.findings.gap("routes", "a route of something that is not known", call);
    const name = call.expression.expression.getText();
    if (methods.has(method) && isPath && /^(this\.)?_?(app|server|expressApp)$/i.test(name)) {
      // Its name says what it is, and such a thing is mounted nowhere.
      for (const path of list) this.findings.add("routes", `${method === "all" ? "*" : method.toUpperCase()} ${template(path)}`, call);
    }
  }

  #computed(node) {
    const meaning = this.#meaning(node.expression);
    if (!this.#familyOf(meaning)) return;
    const {parent} = around(node);
    const {list, whole} = this.values.texts(node.argumentExpression);
    if (whole && ts.isCallExpression(parent) && parent.expression === node && list.every(name => methods.has(name))) {
      for (const name of list) this.#add(meaning, name, this.#texts(parent.arguments[0], parent), parent);
    } else this.findings.gap("routes", "the method of a route is no literal", node);
  }

  // Where a router goes

  #escape(node) {
    if (!this.#isUse(node)) return;
    const meaning = this.#meaning(node);
    const family = this.#familyOf(meaning);
    if (!family || family === "at") return;
    const {child, parent} = around(node);
    if (ts.isPropertyAccessExpression(parent) && parent.expression === child) {
      const method = parent.name.text;
      const isCalled = ts.isCallExpression(parent.parent) && parent.parent.expression === parent;
      if (!isCalled && methods.has(method)) this.findings.gap("routes", "a method that adds routes is handed on", parent);
      return;
    }
    if (ts.isElementAccessExpression(parent) && parent.expression === child) return;
    if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) {
      if (parent.expression === child || this.#takes(parent, child)) return;
    }
    if (ts.isPropertyAssignment(parent) || ts.isShorthandPropertyAssignment(parent) || ts.isArrayLiteralExpression(parent)) {
      if (this.#isListed(parent)) return;
    } else if (ts.isVariableDeclaration(parent)) {
      if (ts.isIdentifier(parent.name)) return;
    } else if (ts.isBinaryExpression(parent)) {
      if (parent.operatorToken.kind !== k.EqualsToken || parent.left === child || this.#isFollowed(parent.left)) return;
    } else if (!ts.isCallExpression(parent) && !ts.isNewExpression(parent) && !ts.isSpreadElement(parent)) return;
    this.findings.gap("routes", "a server or router is handed on", node);
  }

  /** What is assigned there is found again: a name, `this.x`, what the file exports. */
  #isFollowed(left) {
    if (ts.isIdentifier(left)) return true;
    return ts.isPropertyAccessExpression(left) && (left.expression.kind === k.ThisKeyword || /^(module|exports|module\.exports)$/.test(left.expression.getText()));
  }

  /** A use of a name, as opposed to its declaration. */
  #isUse(node) {
    const parent = node.parent;
    if (!parent) return false;
    if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
    if ((ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isPropertyAssignment(parent) || ts.isBindingElement(parent) || ts.isPropertyDeclaration(parent)) && parent.name === node) return false;
    return !ts.isImportSpecifier(parent) && !ts.isImportClause(parent) && !ts.isNamespaceImport(parent) && !ts.isTypeNode(parent);
  }

  #takes(call, child) {
    const callee = this.#meaning(call.expression);
    if (callee.kind === "function" || callee.kind === "class") {
      const fn = callee.kind === "class" ? callee.node.members.find(ts.isConstructorDeclaration) : callee.node;
      const parameter = fn?.parameters[call.arguments.indexOf(child)];
      return !!parameter && ts.isIdentifier(parameter.name) && !parameter.dotDotDotToken;
    }
    if (callee.kind !== "external") return false;
    const owner = callee.owner && this.#familyOf(callee.owner);
    return !!owner || takers.test(callee.name) || /\.(use|route|register|mount)$/.test(callee.name);
  }

  #isListed(node) {
    while (node && (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node) || ts.isArrayLiteralExpression(node) || ts.isObjectLiteralExpression(node))) node = node.parent;
    return !!node && (ts.isExportAssignment(node) || ts.isBinaryExpression(node) || ts.isVariableDeclaration(node) || ts.isReturnStatement(node) || ts.isArrowFunction(node) || ts.isPropertyDeclaration(node));
  }

  // The whole

  #compose() {
    const emit = (router, prefixes, seen) => {
      if (seen.has(router)) return;
      const inside = new Set(seen).add(router);
      const own = prefixes.flatMap(prefix => router.prefixes.map(more => join(prefix, more))).slice(0, 64);
      for (const {verb, path, node} of router.routes) {
        for (const prefix of own) this.findings.add("routes", `${verb} ${template(join(prefix, path))}`, node);
      }
      for (const {child, prefixes: more} of router.mounts) {
        const next = this.#routers.get(child);
        if (next) emit(next, own.flatMap(prefix => more.map(text => join(prefix, text))).slice(0, 64), inside);
      }
    };
    for (const router of this.#routers.values()) {
      if (router.hasParent || !router.routes.length && !router.mounts.length) continue;
      if (servers.has(router.name)) emit(router, [""], new Set());
      else this.#orphan(router, emit);
    }
    new Controllers(this.program, this.values, this.findings).run();
    new Servers(this.program, this.values, this.findings, meaning => !!this.#familyOf(meaning)).run();
  }

  /** A router that no call was seen to mount: where one mounts something unknown, it is that. */
  #orphan(router, emit) {
    this.findings.gap("routes", "where this router is mounted cannot be told", router.routes[0]?.node ?? router.node);
    const prefixes = new Set(this.#lostMounts.flatMap(mount => mount.prefixes));
    if (prefixes.size === 1) emit(router, [...prefixes], new Set());
  }
}
