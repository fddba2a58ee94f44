// A program's files and what its expressions mean: names are followed to their declarations, through imports, properties
// and arguments, to what comes from outside (`express.Router()`), or to a function, class or literal of the project.
import {extension, isSource, parse, parseJSON, read, ts} from "./parser.mjs";
import {lookup, propertyName, scopesOf} from "./scopes.mjs";

const k = ts?.SyntaxKind;
const deepest = 60;
const none = {kind: "none"};

/** Parentheses, types and `await` say nothing of what a value is. */
export function bare(node) {
  while (
    node && (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node) ||
      ts.isTypeAssertionExpression(node) || ts.isAwaitExpression(node) || ts.isExpressionWithTypeArguments(node) || node.kind === k.SatisfiesExpression)
  ) node = node.expression;
  return node;
}

/** What it stands in, parentheses and types left aside. */
export function around(node) {
  let parent = node.parent;
  while (
    parent && (ts.isParenthesizedExpression(parent) || ts.isAsExpression(parent) || ts.isNonNullExpression(parent) ||
      ts.isTypeAssertionExpression(parent) || ts.isAwaitExpression(parent))
  ) [node, parent] = [parent, parent.parent];
  return {child: node, parent};
}

export const isFunction = node =>
  !!node && (ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node) || ts.isArrowFunction(node) || ts.isMethodDeclaration(node) ||
    ts.isConstructorDeclaration(node));

/** Types by which people name the parameters that a framework gives them. */
const typed = {
  "express.Application": "express()", "express.Express": "express()", "express.Router": "express.Router()", "express.IRouter": "express.Router()",
  "fastify.FastifyInstance": "fastify()", "@koa/router": "@koa/router()", "koa-router": "koa-router()", "hono.Hono": "hono.Hono()", koa: "koa()",
  "koa.default": "koa()",
};

export class Program {
  /** By path: {path, tree, scopes, exports, equals, stars}. */
  files = new Map();
  #meanings = new Map();
  #open = new Set();
  /** By parameter, the arguments that calls give it. */
  #arguments = new Map();
  /** By name of a loop's variable, the element that it is for now. */
  elements = new Map();
  /** By first parameter of a function, the function: a framework gives it an instance. */
  plugins = new Map();

  constructor(modules, findings) {
    this.modules = modules;
    this.findings = findings;
  }

  // Files

  /** Reads a file once; undefined when there is nothing to be read off it. */
  load(path) {
    if (this.files.has(path)) return this.files.get(path);
    this.files.set(path, undefined);
    const {text, problem} = read(path);
    const file = {path, exports: new Map(), stars: [], scopes: new Map()};
    if (problem) return this.#unread(path, problem);
    if (extension(path) === ".json") {
      const json = parseJSON(path, text);
      if (json.problem) return this.#unread(path, json.problem);
      Object.assign(file, {tree: json.tree, equals: json.node, isJSON: true});
      this.files.set(path, file);
      json.tree.project = file;
      return file;
    }
    if (!isSource(path)) return this.#unread(path, "is in a language that is not read");
    const parsed = parse(path, text);
    if (parsed.problem) this.#unread(path, parsed.problem);
    if (!parsed.tree) return undefined;
    try {
      file.tree = parsed.tree;
      file.scopes = scopesOf(parsed.tree);
      parsed.tree.project = file;
      this.#readExports(file);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return this.#unread(path, "is nested too deeply");
    }
    this.files.set(path, file);
    return file;
  }

  #unread(path, problem) {
    this.findings.doubt("*", `${path} ${problem}`);
    return undefined;
  }

  #readExports(file) {
    const set = (name, node) => void (file.exports.has(name) || file.exports.set(name, node));
    for (const statement of file.tree.statements) {
      if (ts.isExportAssignment(statement)) {
        if (statement.isExportEquals) file.equals ??= statement.expression;
        else set("default", statement.expression);
      } else if (ts.isExportDeclaration(statement)) {
        const clause = statement.exportClause;
        if (!clause) file.stars.push(statement.moduleSpecifier);
        else if (ts.isNamespaceExport(clause)) set(clause.name.text, {from: statement.moduleSpecifier, imported: "*"});
        else for (const element of clause.elements) {
          const original = element.propertyName ?? element.name;
          set(element.name.text, statement.moduleSpecifier ? {from: statement.moduleSpecifier, imported: original.text} : original);
        }
      } else if (statement.modifiers?.some(m => m.kind === k.ExportKeyword)) {
        const isDefault = statement.modifiers.some(m => m.kind === k.DefaultKeyword);
        if (ts.isVariableStatement(statement)) {
          for (const declaration of statement.declarationList.declarations) {
            if (ts.isIdentifier(declaration.name)) set(declaration.name.text, declaration.name);
            else for (const element of declaration.name.elements) {
              if (element.name && ts.isIdentifier(element.name)) set(element.name.text, element.name);
            }
          }
        } else if (isDefault) set("default", statement);
        else if (statement.name) set(statement.name.text, statement);
      }
    }
    this.#walk(file.tree, node => {
      if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== k.EqualsToken) return;
      const left = node.left;
      if (!ts.isPropertyAccessExpression(left) && !ts.isElementAccessExpression(left)) return;
      let value = node.right;
      while (ts.isBinaryExpression(value) && value.operatorToken.kind === k.EqualsToken) value = value.right;
      const target = left.expression.getText(file.tree);
      const name = ts.isPropertyAccessExpression(left) ? left.name.text : ts.isStringLiteralLike(left.argumentExpression) ? left.argumentExpression.text : null;
      if (target === "module" && name === "exports") file.equals = value;
      else if (name !== null && (target === "exports" || target === "module.exports")) set(name, value);
    });
  }

  #walk(node, visit) {
    visit(node);
    ts.forEachChild(node, child => this.#walk(child, visit));
  }

  /** Every node of every file, in the order of paths. */
  each(visit) {
    for (const path of [...this.files.keys()].sort()) {
      const file = this.files.get(path);
      if (!file || file.isJSON) continue;
      try {
        this.#walk(file.tree, visit);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.#unread(path, "is nested too deeply");
      }
    }
  }

  // Meaning

  file(node) {
    return node.getSourceFile().project;
  }

  declaration(identifier) {
    return lookup(this.file(identifier).scopes, identifier);
  }

  /** After new arguments are known. */
  forget() {
    this.#meanings.clear();
  }

  /** Calls `body` with a loop's variable standing for one element. */
  withElement(declarationNode, element, body) {
    const meanings = this.#meanings;
    this.#meanings = new Map();
    this.elements.set(declarationNode, element);
    try {
      return body();
    } finally {
      this.elements.delete(declarationNode);
      this.#meanings = meanings;
    }
  }

  /** The element that a variable of a loop, or a part of it, stands for now: {element, path}. */
  elementOf(declaration) {
    const element = this.elements.get(declaration.parameter ?? declaration.loop);
    return element === undefined ? undefined : {element, path: declaration.path};
  }

  /**
   * `{kind: "external", name, node}`: what comes from outside; `node` is the call that made it, so that two routers are two.
   * `function`, `class`, `instance`, `object`, `module`, and `expression` for the rest, with the node that is left.
   */
  meaning(node) {
    node = bare(node);
    if (!node) return none;
    const known = this.#meanings.get(node);
    if (known) return known;
    if (this.#open.has(node) || this.#open.size > deepest) return none;
    this.#open.add(node);
    let found;
    try {
      found = this.#find(node);
    } finally {
      this.#open.delete(node);
    }
    // What was cut off by its own depth is not remembered as the answer.
    if (found.kind !== "none" || this.#open.size === 0) this.#meanings.set(node, found);
    return found;
  }

  #find(node) {
    if (ts.isIdentifier(node)) return this.#identifier(node);
    if (ts.isPropertyAccessExpression(node)) return this.member(this.meaning(node.expression), node.name.text, node);
    if (ts.isElementAccessExpression(node)) {
      const name = bare(node.argumentExpression);
      return name && ts.isStringLiteralLike(name) ? this.member(this.meaning(node.expression), name.text, node) : {kind: "expression", node};
    }
    if (ts.isCallExpression(node)) return this.#call(node);
    if (ts.isNewExpression(node)) {
      const made = this.meaning(node.expression);
      if (made.kind === "external") return {kind: "external", name: `${made.name}()`, node};
      return made.kind === "class" ? {kind: "instance", node: made.node} : {kind: "expression", node};
    }
    if (node.kind === k.ThisKeyword) return this.#this(node);
    if (ts.isArrayLiteralExpression(node)) return {kind: "list", node};
    if (isFunction(node)) return {kind: "function", node};
    if (ts.isClassLike(node)) return {kind: "class", node};
    if (ts.isObjectLiteralExpression(node) || ts.isEnumDeclaration(node)) return {kind: "object", node};
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === k.EqualsToken) return this.meaning(node.right);
    if (ts.isMetaProperty(node)) return {kind: "external", name: "import.meta", node};
    return {kind: "expression", node};
  }

  #this(node) {
    let owner = node.parent;
    while (owner && !ts.isClassLike(owner) && !ts.isFunctionDeclaration(owner) && !ts.isFunctionExpression(owner)) owner = owner.parent;
    return owner && ts.isClassLike(owner) ? {kind: "instance", node: owner} : {kind: "expression", node};
  }

  #identifier(node) {
    const declaration = this.declaration(node);
    if (!declaration) {
      if (["globalThis", "global"].includes(node.text)) return {kind: "external", name: "globalThis", node};
      return node.text === "undefined" ? none : {kind: "external", name: node.text, node, isGlobal: true};
    }
    return this.declared(declaration);
  }

  declared(declaration) {
    if (declaration.kind === "import") return this.imported(declaration);
    const current = this.elementOf(declaration);
    if (current) return current.path.reduce((whole, name) => name === null ? none : this.member(whole, name, declaration.node), this.meaning(current.element));
    if (declaration.kind === "parameter" && !declaration.path.length) return this.#parameter(declaration);
    const source = declaration.kind === "parameter" ? this.#parameter(declaration) : this.#variable(declaration);
    return declaration.path.reduce((whole, name) => name === null ? none : this.member(whole, name, declaration.node), source);
  }

  #variable(declaration) {
    if (declaration.loop || declaration.isRest) return none;
    const values = [declaration.value, ...declaration.assigned].filter(Boolean);
    const meanings = values.map(value => this.meaning(value)).filter(m => m.kind !== "none" && !isNothing(m.node));
    if (meanings.length === 1) return meanings[0];
    const outside = new Set(meanings.map(m => m.kind === "external" ? m.name : m.kind));
    if (meanings.length > 1 && outside.size === 1 && meanings[0].kind === "external") return meanings[0];
    if (!meanings.length && declaration.type) return this.#byType(declaration.type, declaration.node);
    return {kind: "expression", node: declaration.node};
  }

  #parameter(declaration) {
    const parameter = declaration.parameter;
    const owner = this.plugins.get(parameter);
    if (owner) return {kind: "external", name: owner.name, node: owner.node};
    for (const value of this.#arguments.get(parameter) ?? []) {
      const found = this.meaning(value);
      if (!["none", "expression"].includes(found.kind)) return found;
    }
    if (declaration.value) {
      const found = this.meaning(declaration.value);
      if (found.kind !== "none") return found;
    }
    return parameter.type ? this.#byType(parameter.type, parameter) : {kind: "expression", node: parameter};
  }

  #byType(type, node) {
    if (!ts.isTypeReferenceNode(type)) return {kind: "expression", node};
    const named = this.#typeName(type.typeName);
    if (named.kind === "class") return {kind: "instance", node: named.node};
    if (named.kind !== "external") return {kind: "expression", node};
    return {kind: "external", name: typed[named.name] ?? `${named.name}()`, node, isTyped: true};
  }

  #typeName(name) {
    if (ts.isQualifiedName(name)) return this.member(this.#typeName(name.left), name.right.text, name);
    const declaration = this.declaration(name);
    return declaration ? this.declared(declaration) : none;
  }

  /** The instance of a class that a constructor's or property's type names. */
  typedBy(type, node) {
    return type ? this.#byType(type, node) : none;
  }

  imported({from, imported}) {
    if (!from || !ts.isStringLiteralLike(from)) return none;
    const target = this.modules.resolve(from.text, from.getSourceFile().fileName);
    if (target === undefined) return none;
    if (target.external) {
      const base = target.external.replace(/^fs\/promises$/, "fs.promises");
      const isWhole = ["default", "*", "="].includes(imported);
      return {kind: "external", name: isWhole ? base : `${base}.${imported}`, node: from};
    }
    const file = this.load(target);
    if (!file) return none;
    if (imported === "=") return this.required(file);
    if (imported === "*") return file.exports.size || !file.equals ? {kind: "module", node: file.tree} : this.required(file);
    return this.exported(file, imported);
  }

  required(file) {
    return file.equals ? this.meaning(file.equals) : {kind: "module", node: file.tree};
  }

  exported(file, name) {
    const found = this.#exportNode(file, name);
    if (!found) return none;
    return found.from ? this.imported(found) : this.meaning(found);
  }

  #exportNode(file, name, seen = new Set()) {
    if (seen.has(file)) return undefined;
    seen.add(file);
    if (file.exports.has(name)) return file.exports.get(name);
    if (file.equals) return name === "default" ? file.equals : this.memberNode(this.meaning(file.equals), name);
    for (const star of file.stars) {
      const target = star && this.modules.resolve(star.text, file.path);
      const other = typeof target === "string" ? this.load(target) : undefined;
      const found = other && name !== "default" ? this.#exportNode(other, name, seen) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  member(whole, name, node) {
    if (whole.kind === "external") {
      if (whole.name === "globalThis") return {kind: "external", name, node, isGlobal: true};
      if (name === "default") return whole;
      return {kind: "external", name: `${whole.name}.${name}`, node, owner: whole};
    }
    if (whole.kind === "module") return this.exported(whole.node.project, name);
    const found = this.memberNode(whole, name);
    if (found) return this.#memberMeaning(found);
    // module.exports = f; module.exports.g = …
    const file = whole.node && this.file(whole.node);
    if (file?.equals && bare(file.equals) === whole.node && file.exports.has(name)) return this.exported(file, name);
    return {kind: "expression", node};
  }

  #memberMeaning(found) {
    if (found.typed) return this.#byType(found.typed, found.node);
    return this.meaning(found);
  }

  /** The expression that a property of an object, class or module is given; undefined when none can be told. */
  memberNode(whole, name, depth = 0) {
    if (depth > deepest) return undefined;
    if (whole.kind === "object") return this.#objectMember(whole.node, name, depth);
    if (whole.kind === "list") return /^\d+$/.test(name) && !whole.node.elements.some(ts.isSpreadElement) ? whole.node.elements[Number(name)] : undefined;
    if (whole.kind === "instance" || whole.kind === "class") return this.#classMember(whole.node, name);
    if (whole.kind === "module") {
      const found = this.#exportNode(whole.node.project, name);
      return found?.from ? undefined : found;
    }
    return undefined;
  }

  #objectMember(node, name, depth) {
    if (ts.isEnumDeclaration(node)) return node.members.find(member => propertyName(member.name) === name)?.initializer;
    for (const property of [...node.properties].reverse()) {
      if (ts.isSpreadAssignment(property)) {
        const found = this.memberNode(this.meaning(property.expression), name, depth + 1);
        if (found) return found;
      } else if (propertyName(property.name) === name) {
        if (ts.isPropertyAssignment(property)) return property.initializer;
        if (ts.isShorthandPropertyAssignment(property)) return property.name;
        return ts.isGetAccessor(property) ? this.#returned(property)[0] : property;
      }
    }
    return undefined;
  }

  #classMember(node, name, depth = 0) {
    node.packcMembers ??= this.#classMembers(node);
    const found = node.packcMembers.get(name);
    if (found) return found;
    const base = node.heritageClauses?.find(clause => clause.token === k.ExtendsKeyword)?.types[0];
    const parent = base && depth < 8 ? this.meaning(base.expression) : none;
    return parent.kind === "class" ? this.#classMember(parent.node, name, depth + 1) : undefined;
  }

  #classMembers(node) {
    const members = new Map();
    const types = new Map();
    for (const member of node.members) {
      const name = member.name && propertyName(member.name);
      if (ts.isPropertyDeclaration(member) && name) {
        if (member.initializer) members.set(name, member.initializer);
        else if (member.type) types.set(name, {typed: member.type, node: member});
      } else if (ts.isMethodDeclaration(member) && name) members.set(name, member);
      else if (ts.isGetAccessor(member) && name) {
        const value = this.#returned(member)[0];
        if (value) members.set(name, value);
      } else if (ts.isConstructorDeclaration(member)) {
        for (const parameter of member.parameters) {
          if (parameter.modifiers?.length && ts.isIdentifier(parameter.name)) members.set(parameter.name.text, parameter.name);
        }
      }
      this.#walk(member, inner => {
        if (!ts.isBinaryExpression(inner) || inner.operatorToken.kind !== k.EqualsToken) return;
        const left = inner.left;
        if (ts.isPropertyAccessExpression(left) && left.expression.kind === k.ThisKeyword && !members.has(left.name.text)) members.set(left.name.text, inner.right);
      });
    }
    for (const [name, type] of types) if (!members.has(name)) members.set(name, type);
    return members;
  }

  #call(node) {
    const name = this.required_(node);
    if (name !== undefined) return name;
    const callee = this.meaning(node.expression);
    if (callee.kind === "external") return this.#externalCall(callee, node);
    if (callee.kind === "function") return this.#result(callee.node, node);
    return {kind: "expression", node};
  }

  /** What `require("x")` and `import("x")` mean; undefined for other calls. */
  required_(node) {
    const target = importTarget(node, this);
    if (target === undefined) return undefined;
    if (target === null) return none;
    return this.imported({from: target, imported: node.expression.kind === k.ImportKeyword ? "*" : "="});
  }

  #externalCall(callee, node) {
    if (callee.name === "fastify-plugin" || callee.name === "fastify-plugin.fastifyPlugin") return this.meaning(node.arguments[0]);
    if (callee.name === "util.promisify" || callee.name === "promisify") return this.meaning(node.arguments[0]);
    const owner = callee.owner;
    // `app.get(Service)` of Nest gives an instance of what it is given.
    if (owner && /^@nestjs\/(core|testing)\.|ModuleRef\(\)$/.test(owner.name) && /\.(get|resolve)$/.test(callee.name)) {
      const made = this.meaning(node.arguments[0]);
      if (made.kind === "class") return {kind: "instance", node: made.node};
      if (made.kind === "external") return {kind: "external", name: `${made.name}()`, node};
    }
    if (owner?.name === "hono.Hono()" && callee.name === "hono.Hono().basePath") return {kind: "external", name: owner.name, node};
    if (owner && chains(owner.name, callee.name.slice(owner.name.length + 1))) return owner;
    return {kind: "external", name: `${callee.name}()`, node, owner};
  }

  #result(fn, node) {
    const results = this.#returned(fn).map(value => this.meaning(value)).filter(m => m.kind !== "none" && !isNothing(m.node));
    if (results.length === 1 || results.length && results.every(m => m.kind === "external" && m.name === results[0].name)) return results[0];
    return {kind: "expression", node};
  }

  /** What a function gives back, as far as it says so itself. */
  #returned(fn) {
    if (!fn.body) return [];
    if (!ts.isBlock(fn.body)) return [fn.body];
    const out = [];
    const visit = node => {
      if (ts.isReturnStatement(node) && node.expression) out.push(node.expression);
      if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit);
    };
    ts.forEachChild(fn.body, visit);
    return out;
  }

  returned(fn) {
    return this.#returned(fn);
  }

  /** Notes what a call gives to the parameters of a function of the project. */
  bind(call) {
    const callee = this.meaning(call.expression);
    const target = callee.kind === "function" ? callee.node
      : callee.kind === "class" && ts.isNewExpression(call) ? callee.node.members.find(ts.isConstructorDeclaration)
        : undefined;
    if (!target) return;
    call.arguments?.forEach((argument, index) => {
      const parameter = target.parameters[index];
      if (!parameter || parameter.dotDotDotToken || ts.isSpreadElement(argument)) return;
      if (!this.#arguments.has(parameter)) this.#arguments.set(parameter, new Set());
      const known = this.#arguments.get(parameter);
      if (known.size < 200) known.add(argument);
    });
  }

  /** The function that a file is as a plugin: what it exports as a whole. */
  pluginOf(file) {
    const found = file.equals ? this.meaning(file.equals) : this.exported(file, "default");
    return found.kind === "function" ? found.node : undefined;
  }

  argumentsOf(parameter) {
    return [...this.#arguments.get(parameter) ?? []];
  }
}

const isNothing = node =>
  !!node && (node.kind === k.NullKeyword || node.kind === k.FalseKeyword || ts.isIdentifier(node) && node.text === "undefined");

/** The literal that `require` or `import()` is given, null where it is none, undefined for another call. */
export function importTarget(node, program) {
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === "require" && !program.declaration(node.expression);
  if (!isRequire && node.expression.kind !== k.ImportKeyword) return undefined;
  const name = bare(node.arguments[0]);
  return name && ts.isStringLiteralLike(name) ? name : null;
}

const verbs = ["get", "post", "put", "delete", "del", "patch", "head", "options", "all", "use", "param", "route", "on", "register", "copy",
  "lock", "mkcol", "move", "purge", "propfind", "search", "unlock", "report", "trace", "connect", "notify", "subscribe", "checkout", "merge",
  "addHook", "decorate", "decorateRequest", "decorateReply", "after", "prefix", "engine", "set", "enable", "disable", "notFound", "onError",
  "query", "link", "unlink", "setErrorHandler", "setNotFoundHandler", "withTypeProvider", "setValidatorCompiler", "setSerializerCompiler", "addSchema",
  "addContentTypeParser", "disable"];
const makers = new Set(["express()", "express.Router()", "express().route()", "express.Router().route()", "fastify()", "fastify.fastify()", "koa()",
  "@koa/router()", "koa-router()", "hono.Hono()", "polka()", "restify.createServer()", "router()", "find-my-way()", "express-promise-router()"]);

/** Whether a method of a server or router gives that one back, so that calls are chained. */
function chains(owner, method) {
  if (!makers.has(owner)) return false;
  if (method === "route") return owner.startsWith("hono") || owner.startsWith("fastify");
  return verbs.includes(method);
}
