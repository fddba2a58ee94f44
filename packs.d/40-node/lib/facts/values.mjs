// What texts an expression can be, as far as literals tell.
import {posix} from "node:path";
import {ts} from "./parser.mjs";
import {propertyName} from "./scopes.mjs";
import {bare, isFunction} from "./program.mjs";

const k = ts?.SyntaxKind;
const most = 32;
const deepest = 40;
const nothing = {list: [], whole: false};
/** They give what they are given, or its number. */
const plainCalls = new Set(["Number", "parseInt", "parseFloat", "String", "Number.parseInt", "encodeURI"]);

export class Values {
  /** By name, what `app.set(name, value)` of the program sets. */
  settings = new Map();
  /** By name, the function that makes a part of Nest's configuration (`registerAs`). */
  namespaces = new Map();
  /** By name of a variable, what a schema of the environment says it is when it is not given. */
  defaults = new Map();
  /** Literals that some call takes, so that they are no mere text. */
  used = new Set();

  constructor(program) {
    this.program = program;
  }

  /** The expressions that a name or property stands for; the node itself when it is none. */
  sources(node, depth = 0) {
    node = bare(node);
    if (!node || depth > deepest) return [];
    if (ts.isIdentifier(node)) {
      const declaration = this.program.declaration(node);
      if (!declaration) return [node];
      if (declaration.kind === "import") return this.#imported(declaration, node, depth);
      const current = this.program.elementOf(declaration);
      if (current && !current.path.length) return this.sources(current.element, depth + 1);
      if (current) return this.#step(current.element, current.path, depth) ?? [node];
      if (declaration.path.length) return this.#taken(declaration, node, depth);
      if (declaration.loop) return this.#looped(declaration, depth) ?? [node];
      if (declaration.kind === "parameter") return this.#given(declaration, depth) ?? [node];
      const values = [declaration.value, ...declaration.assigned].filter(Boolean);
      return values.length === 1 && values[0] !== node ? this.sources(values[0], depth + 1) : values.length ? [...values, node] : [node];
    }
    if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
      const name = ts.isPropertyAccessExpression(node) ? node.name.text : this.only(node.argumentExpression, depth + 1);
      const found = name === undefined ? undefined : this.#member(this.program.meaning(node.expression), name);
      return found ? this.sources(found, depth + 1) : [node];
    }
    return [node];
  }

  #member(whole, name) {
    const found = this.program.memberNode(whole, name);
    return found && !found.typed && found.kind !== undefined && !isFunction(found) ? found : undefined;
  }

  #imported(declaration, node, depth) {
    const target = typeof declaration.from?.text === "string" && this.program.modules.resolve(declaration.from.text, node.getSourceFile().fileName);
    const file = typeof target === "string" ? this.program.load(target) : undefined;
    if (!file) return [node];
    const found = declaration.imported === "=" || declaration.imported === "*" ? file.equals
      : this.program.memberNode({kind: "module", node: file.tree}, declaration.imported);
    if (!found) return [node];
    // A name that is exported where it is declared is its own source there.
    if (ts.isIdentifier(found) || ts.isExpression(found)) return this.sources(found, depth + 1);
    return [node];
  }

  #taken(declaration, node, depth) {
    if (!declaration.value || declaration.isRest || declaration.kind !== "variable") return [node];
    return this.#step(declaration.value, declaration.path, depth) ?? [node];
  }

  /** The property of a property of a value. */
  #step(value, path, depth) {
    let whole = this.program.meaning(value);
    for (const [index, name] of path.entries()) {
      const found = name === null ? undefined : this.#member(whole, name);
      if (!found) return undefined;
      if (index === path.length - 1) return this.sources(found, depth + 1);
      whole = this.program.meaning(found);
    }
    return undefined;
  }

  /** Calls `body` once for each element of the lists whose loops `node` is in and whose variables it uses; once when in none. */
  eachElement(node, body) {
    const loops = [];
    for (let up = node.parent; up; up = up.parent) {
      if (ts.isForOfStatement(up)) loops.push({key: up, list: up.expression});
      const call = isFunction(up) ? up.parent : undefined;
      if (call && ts.isCallExpression(call) && call.arguments[0] === up && up.parameters[0] && ts.isPropertyAccessExpression(call.expression) &&
        ["forEach", "map"].includes(call.expression.name.text)) loops.push({key: up.parameters[0], list: call.expression.expression});
    }
    const used = loops.filter(({key}) => this.#uses(node, key)).slice(0, 2);
    const run = index => {
      if (index === used.length) return body();
      const elements = this.elements(used[index].list);
      if (!elements?.length || elements.length > 200) return run(index + 1);
      for (const element of elements) this.program.withElement(used[index].key, element, () => run(index + 1));
    };
    run(0);
  }

  #uses(node, key) {
    let found = false;
    const visit = inner => {
      if (found) return;
      if (ts.isIdentifier(inner)) {
        const declaration = this.program.declaration(inner);
        found = !!declaration && (declaration.parameter ?? declaration.loop) === key;
      }
      if (!found && !isFunction(inner)) ts.forEachChild(inner, visit);
    };
    visit(node);
    return found;
  }

  /** What a loop's variable runs through. */
  #looped(declaration, depth) {
    return ts.isForOfStatement(declaration.loop) ? this.elements(declaration.loop.expression, depth) : undefined;
  }

  /** What the callers of a function give it; `names.forEach(name => …)` gives what is in the list. */
  #given(declaration, depth) {
    const given = this.program.argumentsOf(declaration.parameter);
    if (given.length) return given.flatMap(argument => this.sources(argument, depth + 1)).slice(0, most);
    const call = declaration.parameter.parent.parent;
    if (declaration.index === 0 && call && ts.isCallExpression(call) && call.arguments[0] === declaration.parameter.parent &&
      ts.isPropertyAccessExpression(call.expression) && ["forEach", "map", "filter", "every", "some", "find", "flatMap"].includes(call.expression.name.text)) {
      return this.elements(call.expression.expression, depth);
    }
    return undefined;
  }

  /** The elements of a list that is a literal; undefined where one cannot be told. */
  elements(node, depth = 0) {
    const [list, ...more] = this.sources(node, depth + 1);
    // `new Map([["a", 1]])`, `new Set(["a"])`
    if (list && !more.length && ts.isNewExpression(list) && ["Map", "Set"].includes(list.expression.getText()) && list.arguments?.length === 1 && depth < deepest) {
      return this.elements(list.arguments[0], depth + 1);
    }
    if (list && !more.length && ts.isCallExpression(list) && this.program.meaning(list.expression).name === "Object.entries") return this.#entries(list, depth);
    if (list && !more.length && ts.isCallExpression(list) && this.program.meaning(list.expression).name === "Object.values") {
      const object = this.properties(list.arguments[0]);
      return object && !object.isOpen ? [...object.map.values()] : undefined;
    }
    if (!list || more.length || !ts.isArrayLiteralExpression(list)) return undefined;
    if (list.elements.length > 500) return undefined;
    const out = [];
    for (const element of list.elements) {
      if (!ts.isSpreadElement(element)) out.push(element);
      else {
        const inner = this.elements(element.expression, depth + 1);
        if (!inner) return undefined;
        out.push(...inner);
      }
    }
    return out;
  }

  /** The pairs of an object, as lists that nobody wrote. */
  #entries(call, depth) {
    const object = this.properties(call.arguments[0]);
    if (!object || object.isOpen) return undefined;
    return [...object.map].map(([name, value]) => {
      const pair = ts.factory.createArrayLiteralExpression([ts.factory.createStringLiteral(name), value]);
      pair.parent = value.parent;
      pair.elements[0].parent = value.parent;
      return pair;
    });
  }

  /** {list, whole}: the texts that it can be, and whether these are all. */
  texts(node, depth = 0) {
    node = bare(node);
    if (!node || depth > deepest) return nothing;
    if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) {
      this.used.add(node);
      return {list: [node.text], whole: true};
    }
    if (ts.isTemplateExpression(node)) return this.#join([node.head, ...node.templateSpans.flatMap(span => [span.expression, span.literal])], depth);
    if (ts.isBinaryExpression(node)) {
      const operator = node.operatorToken.kind;
      if (operator === k.PlusToken) return this.#join([node.left, node.right], depth);
      if (operator === k.BarBarToken || operator === k.QuestionQuestionToken) return this.#either([node.left, node.right], depth);
      return nothing;
    }
    if (ts.isConditionalExpression(node)) return this.#either([node.whenTrue, node.whenFalse], depth);
    if (ts.isPrefixUnaryExpression(node) && node.operator === k.PlusToken) return this.texts(node.operand, depth + 1);
    if (ts.isNewExpression(node)) return node.arguments?.length === 1 ? this.texts(node.arguments[0], depth + 1) : nothing;
    if (ts.isCallExpression(node)) return this.#called(node, depth);
    if (ts.isArrayLiteralExpression(node)) return nothing;
    const sources = this.sources(node, depth);
    if (sources.length === 1 && sources[0] === node) return this.#fallback(node, depth);
    return this.#either(sources.filter(source => source !== node), depth, sources.includes(node));
  }

  /** `const {PORT = 3000} = …` */
  #fallback(node, depth) {
    const declaration = ts.isIdentifier(node) ? this.program.declaration(node) : undefined;
    const fallback = declaration?.fallback ?? (declaration?.kind === "parameter" ? declaration.value : undefined) ?? this.#schemaDefault(node, declaration);
    return fallback ? {...this.texts(fallback, depth + 1), whole: false} : nothing;
  }

  /** `env.PORT`, `const {PORT} = env`: of what a schema has made of the environment. */
  #schemaDefault(node, declaration) {
    if (declaration) return declaration.path?.length ? this.defaults.get(declaration.path.at(-1)) : undefined;
    if (!ts.isPropertyAccessExpression(node) || this.program.meaning(node.expression).name === "process.env") return undefined;
    return this.defaults.get(node.name.text);
  }

  #either(nodes, depth, isOpen = false) {
    const parts = nodes.map(node => this.texts(node, depth + 1));
    const list = [...new Set(parts.flatMap(part => part.list))];
    return {list: list.slice(0, most), whole: !isOpen && list.length <= most && parts.length > 0 && parts.every(part => part.whole)};
  }

  #join(parts, depth) {
    let out = [""];
    for (const part of parts) {
      const {list, whole} = "text" in part && !ts.isIdentifier(part) && !ts.isNumericLiteral(part) ? {list: [part.text], whole: true} : this.texts(part, depth + 1);
      if (!whole || !list.length || out.length * list.length > most) return nothing;
      out = out.flatMap(head => list.map(tail => head + tail));
    }
    return {list: out, whole: true};
  }

  #called(node, depth) {
    const callee = this.program.meaning(node.expression);
    if (callee.kind === "external") {
      if (plainCalls.has(callee.name)) return this.texts(node.arguments[0], depth + 1);
      if (["path.join", "path.posix.join"].includes(callee.name)) {
        const parts = node.arguments.map(argument => this.texts(argument, depth + 1));
        return parts.every(part => part.whole && part.list.length === 1) ? {list: [posix.join(...parts.map(part => part.list[0]))], whole: true} : nothing;
      }
    }
    if (ts.isPropertyAccessExpression(node.expression)) {
      const method = node.expression.name.text;
      if (["toString", "trim", "valueOf"].includes(method)) return this.texts(node.expression.expression, depth + 1);
      if (method === "get" && node.arguments.length === 1) {
        const name = bare(node.arguments[0]);
        const set = name && ts.isStringLiteralLike(name) ? this.settings.get(name.text) : undefined;
        if (set) return this.#either(set, depth);
      }
    }
    if (callee.kind === "function") {
      // `normalizePort(value)` and its like give what they are given, or refuse it.
      if (node.arguments.length === 1 && /port|number|int/i.test(node.expression.getText())) return {...this.texts(node.arguments[0], depth + 1), whole: false};
      const results = this.program.returned(callee.node);
      if (results.length === 1 && !node.arguments.length) return this.texts(results[0], depth + 1);
      // `env("PORT", "3000")`: the default of a function that reads the environment.
      if (node.arguments.length === 2) return {...this.texts(node.arguments[1], depth + 1), whole: false};
    }
    if (/^@nestjs\/config\.ConfigService\(\)\.(get|getOrThrow)$/.test(callee.name ?? "")) {
      const made = this.#namespaced(node);
      if (made) return {...this.texts(made, depth + 1), whole: false};
    }
    if (callee.kind === "external" && node.arguments.length === 2 && /\.(get|getOrThrow)$/.test(callee.name)) {
      return {...this.texts(node.arguments[1], depth + 1), whole: false};
    }
    return nothing;
  }

  /** `config.get("app.port")`: the property of what `registerAs("app", …)` makes. */
  #namespaced(call) {
    const [name, ...path] = (this.only(call.arguments[0]) ?? "").split(".");
    const fn = this.namespaces.get(name);
    const results = fn && path.length ? this.program.returned(fn) : [];
    if (results.length !== 1) return undefined;
    let found = results[0];
    for (const step of path) {
      found = found && this.#member(this.program.meaning(found), step);
    }
    return found;
  }

  /** The one text that it is. */
  only(node, depth = 0) {
    const {list, whole} = this.texts(node, depth);
    return whole && list.length === 1 ? list[0] : undefined;
  }

  /**
   * What it begins with: each as {text, ends}, `ends` when nothing follows that is not known. `isOpen` when it may be
   * something else, too.
   */
  beginnings(node, depth = 0) {
    node = bare(node);
    if (!node || depth > deepest) return {list: [], isOpen: true};
    if (ts.isStringLiteralLike(node)) {
      this.used.add(node);
      return {list: [{text: node.text, ends: true}], isOpen: false};
    }
    if (ts.isTemplateExpression(node) || ts.isBinaryExpression(node) && node.operatorToken.kind === k.PlusToken) {
      const parts = ts.isTemplateExpression(node) ? [node.head, ...node.templateSpans.flatMap(span => [span.expression, span.literal])] : [node.left, node.right];
      return this.#joined(parts, depth);
    }
    if (ts.isBinaryExpression(node) && [k.BarBarToken, k.QuestionQuestionToken].includes(node.operatorToken.kind)) return this.#any([node.left, node.right], depth);
    if (ts.isConditionalExpression(node)) return this.#any([node.whenTrue, node.whenFalse], depth);
    if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
      const callee = this.program.meaning(node.expression);
      if (callee.name === "URL") {
        const first = this.beginnings(node.arguments?.[0], depth + 1);
        const isWhole = first.list.length > 0 && first.list.every(({text}) => /^[a-z][a-z0-9+.-]*:/i.test(text));
        return isWhole || !node.arguments?.[1] ? first : this.beginnings(node.arguments[1], depth + 1);
      }
      if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && ["toString", "trim", "replace", "concat", "slice"].includes(node.expression.name.text)) {
        return this.beginnings(node.expression.expression, depth + 1);
      }
      const {list, whole} = this.texts(node, depth + 1);
      if (!list.length && callee.kind === "function") {
        const results = this.program.returned(callee.node);
        if (results.length === 1) return this.beginnings(results[0], depth + 1);
      }
      return {list: list.map(text => ({text, ends: true})), isOpen: !whole};
    }
    if (ts.isPropertyAccessExpression(node) && ["href", "origin"].includes(node.name.text)) {
      const url = this.beginnings(node.expression, depth + 1);
      if (url.list.length) return url;
    }
    const sources = this.sources(node, depth);
    if (sources.length === 1 && sources[0] === node) {
      const {list} = this.#fallback(node, depth);
      return {list: list.map(text => ({text, ends: true})), isOpen: true};
    }
    const found = this.#any(sources.filter(source => source !== node), depth);
    return {list: found.list, isOpen: found.isOpen || sources.includes(node)};
  }

  #any(nodes, depth) {
    const parts = nodes.map(node => this.beginnings(node, depth + 1));
    return {list: parts.flatMap(part => part.list).slice(0, most), isOpen: !parts.length || parts.some(part => part.isOpen)};
  }

  #joined(parts, depth) {
    let out = [{text: "", ends: true}];
    let isOpen = false;
    for (const part of parts) {
      if (!out.some(head => head.ends)) break;
      const isLiteral = "text" in part && !ts.isIdentifier(part) && !ts.isNumericLiteral(part);
      if (isLiteral) this.used.add(part);
      const next = isLiteral ? {list: [{text: part.text, ends: true}], isOpen: false} : this.beginnings(part, depth + 1);
      // A first part that may be anything leaves nothing known; a later one leaves what stands before it.
      if (!out[0].text && next.isOpen) isOpen = true;
      const tails = next.list.length ? next.list : [{text: "", ends: false}];
      out = out.flatMap(head => head.ends ? tails.map(tail => ({text: head.text + tail.text, ends: tail.ends && !next.isOpen})) : [head]).slice(0, most);
    }
    return {list: out.filter(({text}) => text), isOpen: isOpen || !out.some(({text}) => text)};
  }

  /** The text of a template or sum whose unknown parts are U+0001; undefined for another expression. */
  outline(node, depth = 0) {
    const [source, ...more] = this.sources(node, depth);
    const inner = bare(source);
    if (!inner || more.length || depth > deepest) return undefined;
    if (ts.isStringLiteralLike(inner)) return inner.text;
    const isSum = ts.isBinaryExpression(inner) && inner.operatorToken.kind === k.PlusToken;
    if (!isSum && !ts.isTemplateExpression(inner)) return undefined;
    const parts = isSum ? [inner.left, inner.right] : [inner.head, ...inner.templateSpans.flatMap(span => [span.expression, span.literal])];
    return parts.map(part => {
      if (ts.isTemplateHead(part) || ts.isTemplateMiddle(part) || ts.isTemplateTail(part)) return part.text;
      return this.only(part, depth + 1) ?? (isSum ? this.outline(part, depth + 1) : undefined) ?? "\u0001";
    }).join("");
  }

  /** Properties of an object by name, as far as it is a literal: undefined when it is none; `isOpen` when there may be more. */
  properties(node, depth = 0) {
    if (depth > deepest) return undefined;
    const [object, ...more] = this.sources(node);
    if (!object || more.length || !ts.isObjectLiteralExpression(object)) return undefined;
    const out = new Map();
    let isOpen = false;
    for (const property of object.properties) {
      if (ts.isSpreadAssignment(property)) {
        const inner = this.properties(property.expression, depth + 1);
        if (inner?.isOpen ?? true) isOpen = true;
        if (inner) for (const [name, value] of inner.map) out.set(name, value);
        continue;
      }
      const name = propertyName(property.name);
      if (name === null) isOpen = true;
      else out.set(name, ts.isPropertyAssignment(property) ? property.initializer : ts.isShorthandPropertyAssignment(property) ? property.name : property);
    }
    return {map: out, isOpen, node: object};
  }

  /**
   * Paths of files, from the project's directory: each {text, whole}. Of a compiled file nobody knows where its directory is.
   */
  paths(node, depth = 0) {
    node = bare(node);
    if (!node || depth > deepest) return undefined;
    const call = ts.isCallExpression(node) ? this.program.meaning(node.expression).name : undefined;
    if (["path.join", "path.resolve", "path.posix.join"].includes(call)) {
      let out = "";
      for (const argument of node.arguments) {
        const part = this.paths(argument, depth + 1);
        if (part === undefined) return undefined;
        out = call === "path.resolve" && part.startsWith("/") ? part : out ? posix.join(out, part) : part;
      }
      return out || ".";
    }
    if (call === "path.dirname" || call === "path.normalize") {
      const inner = this.paths(node.arguments[0], depth + 1);
      return inner === undefined ? undefined : call === "path.dirname" ? posix.dirname(inner) : posix.normalize(inner);
    }
    if (call === "process.cwd") return ".";
    if (call === "os.tmpdir") return "/tmp";
    if (call === "url.fileURLToPath") return this.paths(node.arguments[0], depth + 1);
    const file = node.getSourceFile().fileName;
    const isCompiled = /\.[cm]?tsx?$/.test(file);
    const meaning = this.program.meaning(node);
    if (meaning.kind === "external") {
      if (["__dirname", "import.meta.dirname"].includes(meaning.name)) return isCompiled ? undefined : posix.dirname(file);
      if (["__filename", "import.meta.filename", "import.meta.url"].includes(meaning.name)) return isCompiled ? undefined : file;
    }
    if (ts.isNewExpression(node) && meaning.name === "URL()" && node.arguments?.length === 2) {
      const [path, base] = [this.only(node.arguments[0]), this.paths(node.arguments[1], depth + 1)];
      return path === undefined || base === undefined ? undefined : posix.join(posix.dirname(base), path);
    }
    if (ts.isTemplateExpression(node) || ts.isBinaryExpression(node) && node.operatorToken.kind === k.PlusToken) {
      const parts = ts.isTemplateExpression(node) ? [node.head, ...node.templateSpans.flatMap(span => [span.expression, span.literal])] : [node.left, node.right];
      let out = "";
      for (const part of parts) {
        const text = "text" in part && !ts.isIdentifier(part) ? part.text : this.paths(part, depth + 1);
        if (text === undefined) return undefined;
        out += text;
      }
      return out;
    }
    const sources = this.sources(node, depth);
    if (sources.length === 1 && sources[0] !== node) return this.paths(sources[0], depth + 1);
    return this.only(node, depth);
  }
}
