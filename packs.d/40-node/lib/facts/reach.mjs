// Which files belong to the program: what its start loads, by import and require, step by step. Where a name is made at run
// time, every source of the project may be loaded.
import {posix} from "node:path";
import {isSource, ts} from "./parser.mjs";
import {bare, importTarget, isFunction} from "./program.mjs";
import {addedBy, packageOf} from "./packages.mjs";

const k = ts?.SyntaxKind;

export class Reach {
  /** By call of fastify's autoload: the directory and its files. */
  autoloads = new Map();
  #packages = new Map();

  constructor(program, values, findings) {
    Object.assign(this, {program, values, findings});
  }

  run(entries, sources) {
    const starts = entries.map(path => this.#entry(path)).filter(Boolean);
    if (starts.length < entries.length) this.findings.doubt("*", "the file that starts the program is made by its build, and was not read");
    this.starts = starts;
    this.sources = sources;
    const pending = starts.length ? [...starts] : [...sources];
    const seen = new Set(pending);
    let isOpen = false;
    const more = path => {
      if (seen.has(path)) return;
      seen.add(path);
      pending.push(path);
    };
    while (pending.length || isOpen) {
      if (!pending.length) {
        isOpen = false;
        sources.forEach(more);
        continue;
      }
      const file = this.program.load(pending.shift());
      if (!file || file.isJSON) continue;
      const everything = () => void (isOpen ||= seen.size < 1e6 && !this.#isAll(seen, sources));
      this.#imports(file, more, everything);
      if (starts.includes(file.path)) this.#applications(file, more, everything);
    }
    this.#connect();
    for (const [name, place] of [...this.#packages].sort(([a], [b]) => a < b ? -1 : 1)) {
      const kinds = addedBy(name);
      if (kinds.length) this.findings.doubt(kinds, `the package ${name} may add to this on its own`);
    }
  }

  #isAll(seen, sources) {
    return sources.every(path => seen.has(path));
  }

  #entry(path) {
    const {modules} = this.program;
    return modules.file(path) ?? modules.origin(path);
  }

  #imports(file, more, everything) {
    const add = name => {
      const target = this.program.modules.resolve(name, file.path);
      if (typeof target === "string") more(target);
      else if (target?.external) this.#packages.set(packageOf(target.external), file.path);
      else if (!/\.(css|scss|sass|less|svg|png|jpe?g|html|md|txt|graphql|gql|node)$/.test(name)) {
        this.findings.doubt("*", `${file.path} loads ${name.slice(0, 100)}, which is not in the project`);
      }
    };
    const visit = node => {
      if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier && !isTypeOnly(node)) add(node.moduleSpecifier.text);
      else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) add(node.moduleReference.expression.text ?? "");
      else if (ts.isCallExpression(node)) {
        const target = importTarget(node, this.program);
        if (target) add(target.text);
        else if (target === null) everything();
        else this.#call(node, file, more, everything);
      } else if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "Worker") {
        const path = node.arguments?.[0] && this.values.paths(node.arguments[0]);
        const found = path && (this.program.modules.file(path) ?? this.program.modules.file(posix.join(posix.dirname(file.path), path)));
        if (found) more(found);
        else everything();
      }
      ts.forEachChild(node, visit);
    };
    visit(file.tree);
  }

  /** `module.exports = {apps: [{script: "server.js"}]}`: pm2 starts the scripts that such a file names. */
  #applications(file, more, everything) {
    const exported = file.equals ?? file.exports.get("default");
    const apps = exported && this.values.properties(exported)?.map.get("apps");
    if (!apps) return;
    for (const app of this.values.elements(apps) ?? [apps]) {
      const script = this.values.properties(app)?.map.get("script");
      const name = script && this.values.only(script);
      const path = name && this.#entry(posix.join(posix.dirname(file.path), name));
      if (path) {
        this.starts.push(path);
        more(path);
      } else {
        everything();
        this.findings.doubt("*", "a script that is started is not in the project", script ?? app);
      }
    }
  }

  #call(node, file, more, everything) {
    if (!ts.isPropertyAccessExpression(node.expression)) return;
    const method = node.expression.name.text;
    if (method === "register" && node.arguments.length) {
      const name = this.program.meaning(node.arguments[0]).name ?? "";
      if (/^(@fastify\/autoload|fastify-autoload)(\.\w+)?$/.test(name)) this.#autoload(node, file, more);
    }
    if (method === "resolve" && node.expression.expression.getText() === "require") return;
    if (/^(require|jiti|importFresh)$/.test(method)) everything();
  }

  #autoload(call, file, more) {
    const directory = call.arguments[1] && this.values.properties(call.arguments[1])?.map.get("dir");
    const root = directory && this.#directory(directory, file);
    if (root === undefined) return;
    const files = this.program.modules.filesBelow(root).filter(path => isSource(path) && !/\.(test|spec)\./.test(path));
    this.autoloads.set(call, {root, files});
    files.forEach(more);
  }

  /** Of compiled files too: their directory is that of the source here. */
  #directory(node, file) {
    const path = this.values.paths(node);
    if (path !== undefined) return path;
    const call = bare(node);
    if (!ts.isCallExpression(call) || !/join$|resolve$/.test(call.expression.getText())) return undefined;
    const [first, ...rest] = call.arguments;
    const parts = rest.map(part => this.values.only(part));
    const isHere = /^(__dirname|import\.meta\.(dirname|url))$|dirname/.test(first?.getText() ?? "");
    return isHere && !parts.includes(undefined) ? posix.join(posix.dirname(file.path), ...parts) : undefined;
  }

  // Arguments

  /** What calls give to functions, and what a framework gives to plugins: until nothing new is known. */
  #connect() {
    for (const path of this.starts) this.#root(path);
    for (let round = 0; round < 4; round++) {
      const before = this.program.plugins.size;
      this.program.each(node => {
        if (ts.isCallExpression(node) || ts.isNewExpression(node)) this.program.bind(node);
        if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === "register") this.#plugin(node);
        if (ts.isCallExpression(node) && node.arguments.length === 2 && this.program.meaning(node.expression).name === "@nestjs/config.registerAs") this.#namespace(node);
      });
      this.program.forget();
      if (round > 0 && this.program.plugins.size === before) break;
    }
  }

  #namespace(call) {
    const [name, made] = [this.values.only(call.arguments[0]), this.program.meaning(call.arguments[1])];
    if (name !== undefined && made.kind === "function") this.values.namespaces.set(name, made.node);
  }

  /** `fastify start app.js` gives a server to what the file exports. */
  #root(path) {
    const file = this.program.load(path);
    const fn = file && !file.isJSON ? this.program.pluginOf(file) : undefined;
    const uses = [...this.program.modules.manifests.values()].some(manifest => manifest.dependencies?.fastify || manifest.dependencies?.["fastify-cli"]);
    if (uses && fn?.parameters[0] && /^(fastify|instance|server|app|_?fastify\w*)$/.test(fn.parameters[0].name.getText())) this.#name(fn);
  }

  #plugin(call) {
    const base = this.program.meaning(call.expression.expression);
    if (base.kind !== "external" || !/^fastify(\.fastify)?\(\)$/.test(base.name)) return;
    for (const path of this.autoloads.get(call)?.files ?? []) {
      const file = this.program.load(path);
      const fn = file && this.program.pluginOf(file);
      if (fn) this.#name(fn);
    }
    let meaning = this.program.meaning(call.arguments[0]);
    if (meaning.kind === "module") meaning = this.program.exported(meaning.node.project, "default");
    if (meaning.kind === "function") this.#name(meaning.node);
  }

  #name(fn) {
    const parameter = fn.parameters[0];
    if (parameter && !this.program.plugins.has(parameter)) this.program.plugins.set(parameter, {name: "fastify()", node: parameter});
  }
}

function isTypeOnly(node) {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  const clause = node.importClause;
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  return !clause.name && !!named && ts.isNamedImports(named) && named.elements.length > 0 && named.elements.every(element => element.isTypeOnly);
}
