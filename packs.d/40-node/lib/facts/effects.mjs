// Files that are written, keys of caches, and what opens every list: code that is made or loaded at run time, other programs.
import {ts} from "./parser.mjs";
import {around, importTarget} from "./program.mjs";

const k = ts?.SyntaxKind;
/** By function of fs, fs.promises and fs-extra, the argument with the path that is written. */
const writers = new Map();
for (const name of ["writeFile", "appendFile", "createWriteStream", "mkdir", "mkdtemp", "truncate", "outputFile", "outputJson", "outputJSON", "writeJson", "writeJSON",
  "ensureDir", "ensureFile", "mkdirp", "mkdirs", "chmod", "chown", "utimes"]) writers.set(name, 0);
for (const name of ["rename", "copyFile", "copy", "cp", "move", "link", "symlink"]) writers.set(name, 1);
const fileSystems = /^(fs|fs\.promises|fs-extra|graceful-fs)\.(promises\.)?(\w+?)(Sync)?$/;
const cacheMakers = /^(redis\.create(Client|Cluster)|ioredis|ioredis\.Redis|node-cache|keyv|lru-cache|lru-cache\.LRUCache|memcached|memjs\.Client\.create|cache-manager\.\w+|memory-cache|memory-cache\.Cache)\(\)|^memory-cache$/;
const keyMethods = new Set(["get", "set", "setex", "setEx", "setnx", "setNX", "getset", "del", "exists", "expire", "ttl", "incr", "incrby", "incrBy", "decr", "hget", "hGet", "hset",
  "hSet", "hgetall", "hGetAll", "hdel", "hDel", "sadd", "sAdd", "srem", "sRem", "smembers", "sMembers", "sismember", "sIsMember", "zadd", "zAdd", "zrange", "zRange", "zrem", "lpush", "lPush", "rpush", "rPush", "lrange",
  "lRange", "lpop", "rpop", "append", "has", "put", "delete", "take", "getTtl", "wrap", "psetex", "getdel", "getDel", "getex"]);

export class Effects {
  constructor(program, values, findings) {
    Object.assign(this, {program, values, findings});
  }

  run() {
    this.program.each(node => {
      if (ts.isCallExpression(node) || ts.isNewExpression(node)) this.#call(node);
      if (ts.isElementAccessExpression(node)) this.#computed(node);
      if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)) this.#handedOn(node);
      if (ts.isWithStatement(node)) this.findings.doubt("*", "names in `with` may be anything", node);
    });
  }

  #call(node) {
    const target = ts.isCallExpression(node) ? importTarget(node, this.program) : undefined;
    if (target === null) return this.#loaded(node);
    if (target) {
      const {child, parent} = around(node);
      const isChained = ts.isPropertyAccessExpression(parent) && parent.expression === child && parent.name.text === "then";
      if (isChained && this.program.modules.resolve(target.text, node.getSourceFile().fileName)?.external) {
        this.findings.gap(["routes", "ports", "egress", "writes", "cache-namespaces"], "what is done with a module here cannot be told", node);
      }
      return;
    }
    const callee = this.program.meaning(node.expression);
    if (callee.kind !== "external") return;
    const name = `${callee.name}${ts.isNewExpression(node) ? "()" : ""}`;
    const write = fileSystems.exec(name);
    if (write) return this.#file(node, write[3]);
    if (/^(eval|Function|Function\(\)|vm\.\w+(\(\))?|vm\.Script\(\))$/.test(name)) return this.findings.doubt("*", "code is made at run time", node);
    if (/^(child_process|execa|cross-spawn|shelljs|zx)(\.|$)/.test(name)) return this.findings.doubt(["egress", "ports", "writes", "cache-namespaces"], "another program is run", node);
    if (/^(process\.dlopen|process\.binding|module\.createRequire|createRequire)$/.test(name)) return this.findings.doubt("*", "code is loaded by a name that is made at run time", node);
    this.#library(node, name, callee);
    this.#cache(node, name, callee);
  }

  /** A function that writes, as a value: nobody sees what it is called with. */
  #handedOn(node) {
    const {child, parent} = around(node);
    const isArgument = (ts.isCallExpression(parent) || ts.isNewExpression(parent)) && parent.arguments?.includes(child);
    const isBound = ts.isPropertyAccessExpression(parent) && parent.expression === child && ["call", "apply", "bind"].includes(parent.name.text);
    if (!isArgument && !isBound) return;
    const meaning = this.program.meaning(node);
    const write = meaning.kind === "external" ? fileSystems.exec(meaning.name) : null;
    if (!write || !writers.has(write[3]) && write[3] !== "open") return;
    if (isArgument && this.program.meaning(parent.expression).name === "util.promisify") return;
    this.findings.gap("writes", "a function that writes is handed on", node);
  }

  #loaded(node) {
    if (this.program.modules.understood?.has(node)) return;
    this.findings.doubt("*", "code is loaded by a name that is made at run time", node);
  }

  /** `fs[method]()`, `globalThis[name]` */
  #computed(node) {
    const base = this.program.meaning(node.expression);
    if (base.kind !== "external" || this.values.only(node.argumentExpression) !== undefined) return;
    if (/^(fs|fs\.promises|fs-extra)$/.test(base.name)) this.findings.gap("writes", "the function is no literal", node);
    if (base.name === "globalThis" || base.name === "window" && !base.isGlobal) this.findings.doubt("*", "a global is taken by a name that is made at run time", node);
    if (/^(axios|http|https|got)$/.test(base.name)) this.findings.gap("egress", "the function is no literal", node);
  }

  // Files

  #file(node, method) {
    let index = writers.get(method);
    if (method === "open") {
      const flags = node.arguments[1] && this.values.only(node.arguments[1]);
      if (!node.arguments[1] || flags !== undefined && !/[wa+]/.test(flags)) return;
      index = 0;
    }
    if (index === undefined) return;
    this.#path(node.arguments[index], node);
  }

  #path(value, node) {
    const path = value && this.values.paths(value);
    if (path === undefined) return this.findings.gap("writes", "the path is no literal", node);
    this.findings.add("writes", path, node);
  }

  #library(node, name) {
    const first = node.arguments?.[0];
    const settings = first && this.values.properties(first)?.map;
    if (/^(multer|@nestjs\/platform-express\.MulterModule\.register)$/.test(name) && settings?.has("dest")) this.#path(settings.get("dest"), node);
    if (name === "multer.diskStorage" && settings?.has("destination")) this.#path(settings.get("destination"), node);
    if (/^winston(\.transports\.(File|DailyRotateFile))\(\)$|^winston-daily-rotate-file\(\)$/.test(name)) {
      const directory = settings?.get("dirname");
      if (settings?.has("filename") && !directory) this.#path(settings.get("filename"), node);
      else if (directory) this.#path(directory, node);
      else this.findings.gap("writes", "the path is no literal", node);
    }
    if (/^(sqlite3\.(cached\.)?Database|better-sqlite3)\(\)$/.test(name) || /^sqlite3\.verbose\(\)\.Database\(\)$/.test(name)) {
      if (first && this.values.only(first) === ":memory:") return;
      this.#path(first, node);
    }
    if (/^lowdb\/(node|adapters\/FileSync)(\.JSONFile(Sync)?)?\(\)$|^lowdb\.JSONFile\(\)$/.test(name)) this.#path(first, node);
    if (name === "pino.destination") this.#path(settings?.get("dest") ?? first, node);
    if (/^rotating-file-stream\.createStream$/.test(name)) this.#path(first, node);
  }

  // Caches

  #cache(node, name, callee) {
    const settings = node.arguments?.length ? this.values.properties(node.arguments[node.arguments.length - 1])?.map : undefined;
    if (/^(ioredis|ioredis\.Redis|keyv|connect-redis(\.\w+)?|connect-redis\(\)|rate-limit-redis(\.\w+)?|rate-limiter-flexible\.\w+)\(\)$/.test(name)) {
      const prefix = settings?.get("keyPrefix") ?? settings?.get("prefix") ?? settings?.get("namespace");
      if (prefix) this.#prefix(prefix, node);
    }
    if (!callee.owner || !ts.isPropertyAccessExpression(node.expression)) return;
    if (!cacheMakers.test(callee.owner.name) || !keyMethods.has(node.expression.name.text)) return;
    const key = node.arguments[0];
    if (key) this.#prefix(key, node);
  }

  #prefix(value, node) {
    const {list, isOpen} = this.values.beginnings(value);
    for (const {text} of list) this.findings.add("cache-namespaces", text, node);
    if (isOpen || !list.length) this.findings.gap("cache-namespaces", "a key is no literal", node);
  }
}
