// Names of environment variables. One that the program refuses to be without is required: it throws or ends where the
// variable is missing, or a schema or a library does so for it. Every other one is optional.
import {ts} from "./parser.mjs";
import {propertyName} from "./scopes.mjs";
import {around, bare, isFunction} from "./program.mjs";
import {defaultOf} from "./schemas.mjs";
import {declared, isConversion} from "./validated.mjs";

const k = ts?.SyntaxKind;
const wrappers = /^(Number|parseInt|parseFloat|String|Boolean|Number\.parseInt|Number\.parseFloat|JSON\.parse)$/;
const comparisons = new Set([
  "EqualsEqualsToken", "EqualsEqualsEqualsToken", "ExclamationEqualsToken", "ExclamationEqualsEqualsToken",
].map(name => k?.[name]));
const isEnvironment = meaning => meaning.kind === "external" && ["process.env", "Bun.env", "import.meta.env"].includes(meaning.name);
/** Values of a schema that need not be given. */
const isOptionalSchema = text => /\.(default|optional|nullish|catch|prefault)\(|\b(devDefault|default)\s*:|\boptional\(|\bOptional\(/.test(text);

export class Environment {
  /** By function, the parameter with the name, and whether the function refuses what is missing. */
  #readers = new Map();

  constructor(program, values, findings) {
    Object.assign(this, {program, values, findings});
  }

  run() {
    this.program.each(node => this.#look(node));
    this.#callReaders();
  }

  #look(node) {
    if (ts.isIdentifier(node) && node.text === "process" && this.#isProcess(node)) this.#process(node);
    if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) || ts.isIdentifier(node) && this.#isReference(node)) {
      if (isEnvironment(this.program.meaning(node))) this.#environment(node);
    }
    if (ts.isBindingElement(node) && ts.isIdentifier(node.name)) this.#taken(node);
    if (ts.isCallExpression(node)) this.#call(node);
  }

  #isReference(node) {
    const parent = node.parent;
    if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
    if ((ts.isPropertyAssignment(parent) || ts.isBindingElement(parent) && parent.propertyName === node) && parent.name === node) return false;
    if (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isBindingElement(parent)) {
      return parent.initializer === node;
    }
    return !ts.isMethodDeclaration(parent) && !ts.isPropertyDeclaration(parent);
  }

  #isProcess(node) {
    return this.#isReference(node) && this.program.meaning(node).name === "process";
  }

  /** `process` itself, handed to where nobody sees what is read. */
  #process(node) {
    const {parent} = around(node);
    if (ts.isPropertyAccessExpression(parent) || ts.isTypeOfExpression(parent)) return;
    if (ts.isElementAccessExpression(parent) && ts.isStringLiteralLike(parent.argumentExpression)) return;
    if (ts.isVariableDeclaration(parent) && !ts.isIdentifier(parent.name)) return;
    if (ts.isBinaryExpression(parent) || ts.isExpressionStatement(parent)) return;
    this.findings.gap("env", "process is handed on as a whole", node);
  }

  #environment(node) {
    const {child, parent} = around(node);
    if (ts.isPropertyAccessExpression(parent) && parent.expression === child) return this.#read(parent.name.text, parent);
    if (ts.isElementAccessExpression(parent) && parent.expression === child) return this.#element(parent);
    if (ts.isBinaryExpression(parent)) {
      if (parent.operatorToken.kind === k.InKeyword && parent.right === child) {
        const {list, whole} = this.values.texts(parent.left);
        for (const name of list) this.findings.add("env-optional", name, parent);
        if (!whole) this.findings.gap("env", "the name of a variable is no literal", parent);
        return;
      }
      if (parent.operatorToken.kind === k.EqualsToken && (parent.left === child || ts.isIdentifier(parent.left) || ts.isPropertyAccessExpression(parent.left))) return;
    }
    if (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent)) return;
    if (ts.isPropertyDeclaration(parent) && parent.initializer === child) return;
    if (ts.isCallExpression(parent)) {
      if (this.#schema(parent, child)) return;
      if (this.program.meaning(parent.expression).kind === "function" && this.#isPlainArgument(parent, child)) return;
    }
    if (ts.isPropertyAssignment(parent) && this.#settings(parent)) return;
    if (ts.isTypeOfExpression(parent)) return;
    this.findings.gap("env", "the environment is used as a whole", node);
  }

  #isPlainArgument(call, child) {
    const fn = this.program.meaning(call.expression).node;
    const parameter = fn.parameters[call.arguments.indexOf(child)];
    return !!parameter && !parameter.dotDotDotToken;
  }

  #read(name, access) {
    if (name === "hasOwnProperty") {
      const call = access.parent;
      const asked = ts.isCallExpression(call) ? this.values.only(call.arguments[0]) : undefined;
      if (asked === undefined) this.findings.gap("env", "the name of a variable is no literal", access);
      else this.findings.add("env-optional", asked, access);
      return;
    }
    if (isWritten(access)) return;
    this.findings.add(this.#isOptional(access) ? "env-optional" : "env-required", name, access);
  }

  #element(access) {
    const key = bare(access.argumentExpression);
    const declaration = ts.isIdentifier(key) ? this.program.declaration(key) : undefined;
    if (declaration?.kind === "parameter" && !declaration.path.length && isFunction(declaration.parameter.parent)) {
      const fn = declaration.parameter.parent;
      const isCallback = ts.isCallExpression(fn.parent) && fn.parent.arguments.includes(fn);
      if (!isCallback) {
        const known = this.#readers.get(fn) ?? {index: declaration.index, isOptional: !throws(fn), places: []};
        known.places.push(access);
        this.#readers.set(fn, known);
        return;
      }
    }
    const {list, whole} = this.values.texts(key);
    if (!isWritten(access)) for (const name of list) this.findings.add(this.#isOptional(access) ? "env-optional" : "env-required", name, access);
    if (!whole) this.findings.gap("env", "the name of a variable is no literal", access);
  }

  /** `const {A, B = "x", ...rest} = process.env` */
  #taken(element) {
    const declaration = this.program.declaration(element.name);
    if (!declaration || declaration.node !== element.name || !declaration.path.length) return;
    let whole = declaration.kind === "parameter"
      ? this.program.meaning(declaration.value ?? declaration.parameter) : this.program.meaning(declaration.value);
    if (declaration.kind === "parameter" && !isEnvironment(whole)) {
      const given = this.program.argumentsOf(declaration.parameter).map(argument => this.program.meaning(argument));
      whole = given.find(isEnvironment) ?? whole;
    }
    const path = declaration.path.slice();
    const name = path.pop();
    for (const step of path) whole = step === null ? {kind: "none"} : this.program.member(whole, step, element);
    if (!isEnvironment(whole)) return;
    if (name === null || declaration.isRest) return this.findings.gap("env", "the environment is used as a whole", element);
    const isOptional = !!element.initializer || !this.#isRefusedLater(element.name);
    this.findings.add(isOptional ? "env-optional" : "env-required", name, element);
  }

  // Required or optional

  #isOptional(access) {
    let {child, parent} = around(access);
    while (ts.isCallExpression(parent) && parent.arguments[0] === child && wrappers.test(parent.expression.getText())) ({child, parent} = around(parent));
    while (ts.isPropertyAccessExpression(parent) && parent.expression === child && ts.isCallExpression(parent.parent) && parent.parent.expression === parent) {
      ({child, parent} = around(parent.parent));
    }
    if (ts.isBinaryExpression(parent)) {
      const operator = parent.operatorToken.kind;
      if ([k.BarBarToken, k.QuestionQuestionToken].includes(operator)) {
        // `a || b` asks b last: without it there is nothing left, but for a default of the whole.
        if (parent.left === child) return !this.#refuses(parent.right) && !this.#guards(parent);
        return this.#isOptional(parent);
      }
      if (comparisons.has(operator)) return !isAbsence(parent, child) || !this.#guards(parent);
    }
    if (ts.isPrefixUnaryExpression(parent) && parent.operator === k.ExclamationToken) return !this.#guards(parent);
    if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) return !this.#isRefusedLater(parent.name);
    if (ts.isCallExpression(parent) && parent.arguments[0] === child) return !/^(assert(\.ok)?|invariant|required|ensure\w*)$/.test(parent.expression.getText());
    return true;
  }

  /** `process.env.X ?? fail("X")` */
  #refuses(node) {
    node = bare(node);
    if (!ts.isCallExpression(node)) return false;
    return /fail|throw|missing|required|exit|raise/i.test(node.expression.getText()) || this.#throws(node);
  }

  #throws(call) {
    const callee = this.program.meaning(call.expression);
    const block = callee.kind === "function" && callee.node.body && ts.isBlock(callee.node.body) ? callee.node.body : undefined;
    return !!block && block.statements.length > 0 && ts.isThrowStatement(block.statements[block.statements.length - 1]);
  }

  /** Whether a condition stands before `throw` or the program's end. */
  #guards(node) {
    while (ts.isBinaryExpression(node.parent) || ts.isParenthesizedExpression(node.parent) || ts.isPrefixUnaryExpression(node.parent)) node = node.parent;
    const statement = node.parent;
    if (!ts.isIfStatement(statement) || statement.expression !== node) return false;
    const text = statement.thenStatement.getText();
    return /\bthrow\b|process\.exit|\bexit\(|assert|\breject\(/.test(text);
  }

  /** `const url = process.env.URL; if (!url) throw …` */
  #isRefusedLater(name) {
    const declaration = this.program.declaration(name);
    let found = false;
    const visit = node => {
      if (found) return;
      if (ts.isIdentifier(node) && node.text === name.text && node !== name && this.program.declaration(node) === declaration) {
        const {child, parent} = around(node);
        if (ts.isPrefixUnaryExpression(parent) && parent.operator === k.ExclamationToken) found = this.#guards(parent);
        if (ts.isBinaryExpression(parent) && comparisons.has(parent.operatorToken.kind)) found = isAbsence(parent, child) && this.#guards(parent);
      }
      ts.forEachChild(node, visit);
    };
    visit(name.getSourceFile());
    return found;
  }

  // Functions that read a variable by the name that they are given

  #callReaders() {
    if (!this.#readers.size) return;
    const understood = new Set();
    const seen = new Set();
    this.program.each(node => {
      if (!ts.isCallExpression(node)) return;
      const callee = this.program.meaning(node.expression);
      const reader = callee.kind === "function" ? this.#readers.get(callee.node) : undefined;
      if (!reader) return;
      understood.add(bare(node.expression));
      seen.add(callee.node);
      const name = node.arguments[reader.index];
      const {list, whole} = name ? this.values.texts(name) : {list: [], whole: false};
      const isOptional = node.arguments.length > 1 || reader.isOptional && this.#isOptional(node);
      for (const text of list) this.findings.add(isOptional ? "env-optional" : "env-required", text, node);
      if (!whole) this.findings.gap("env", "the name of a variable is no literal", node);
    });
    this.program.each(node => {
      if (!ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node)) return;
      if (ts.isIdentifier(node) && !this.#isReference(node)) return;
      const {parent} = around(node);
      if (understood.has(node) || ts.isFunctionDeclaration(parent) || ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || isExport(parent)) return;
      const meaning = this.program.meaning(node);
      if (meaning.kind !== "function" || !this.#readers.has(meaning.node)) return;
      if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) || ts.isShorthandPropertyAssignment(parent)) return;
      this.findings.gap("env", "a function that reads variables is handed on", node);
    });
    for (const [fn, reader] of this.#readers) if (!seen.has(fn)) for (const place of reader.places) this.findings.gap("env", "the name of a variable is no literal", place);
  }

  // Libraries that read the environment for the program

  #call(node) {
    const callee = this.program.meaning(node.expression);
    if (callee.kind !== "external" || callee.name.startsWith("@nestjs/core.")) return this.#settingsObject(node, callee);
    const name = callee.name;
    if (/^@nestjs\/config\.ConfigService\(\)\.(get|getOrThrow)$/.test(name)) this.#named(node, name.endsWith("getOrThrow"), /^[A-Z][A-Z0-9_]*$/);
    if (/^(env-var\.get|Deno\.env\.get)$/.test(name)) this.#envVar(node);
    if (/\.register$/.test(name) && /^(@fastify\/env|fastify-env)$/.test(this.program.meaning(node.arguments[0]).name) && node.arguments[1]) {
      const [options] = this.values.sources(node.arguments[1]);
      const isSchema = options && ts.isObjectLiteralExpression(options) && this.#described(options);
      if (!isSchema) this.findings.gap("env", "the schema of the environment is no literal", node);
    }
    if (name === "env-schema.envSchema" || name === "env-schema") {
      const [options] = node.arguments[0] ? this.values.sources(node.arguments[0]) : [];
      const isSchema = options && ts.isObjectLiteralExpression(options) && this.#described(options);
      if (!isSchema) this.findings.gap("env", "the schema of the environment is no literal", node);
    }
    if (name === "convict") this.#convict(node.arguments[0]);
    if (name === "@t3-oss/env-core.createEnv" || name === "@t3-oss/env-nextjs.createEnv") {
      const server = this.values.properties(node.arguments[0])?.map.get("server");
      if (!server || !this.#keys(server)) this.findings.gap("env", "the schema of the environment is no literal", node);
    }
    if (/^nconf(\.\w+\(\))*\.env$|^(config|rc)(\.get|\.has)?$/.test(name)) this.findings.gap("env", "a library reads variables that its settings name", node);
  }

  /** `config.get("NAME")` of something that is not known: perhaps the environment. */
  #settingsObject(node, callee) {
    if (callee.kind === "function" || !ts.isPropertyAccessExpression(node.expression) || !node.arguments.length) return;
    if (!/^(get|getOrThrow|getString|getNumber|require)$/.test(node.expression.name.text) || !/config|env|settings/i.test(node.expression.expression.getText())) return;
    const {list} = this.values.texts(node.arguments[0]);
    for (const name of list) if (/^[A-Z][A-Z0-9_]+$/.test(name)) this.findings.add("env-optional", name, node);
    // `app.port`: a part of the settings that the program makes itself.
    if (list.length && list.every(name => this.values.namespaces.has(name.split(".")[0]))) return;
    this.findings.gap("env", "settings are read from something that is not known", node);
  }

  #named(node, isRequired, form) {
    const {list, whole} = node.arguments[0] ? this.values.texts(node.arguments[0]) : {list: [], whole: false};
    for (const name of list) if (form.test(name)) this.findings.add(isRequired || !this.#isOptional(node) ? "env-required" : "env-optional", name, node);
    if (!whole) this.findings.gap("env", "the name of a variable is no literal", node);
  }

  #envVar(node) {
    const {list, whole} = node.arguments[0] ? this.values.texts(node.arguments[0]) : {list: [], whole: false};
    let chain = "";
    for (let up = node; ts.isPropertyAccessExpression(up.parent) && ts.isCallExpression(up.parent.parent); up = up.parent.parent) chain += `.${up.parent.name.text}(`;
    const isRequired = chain.includes(".required(") && !chain.includes(".default(");
    for (const name of list) this.findings.add(isRequired ? "env-required" : "env-optional", name, node);
    if (!whole) this.findings.gap("env", "the name of a variable is no literal", node);
  }

  #convict(node, depth = 0) {
    const schema = node && depth < 20 && this.values.properties(node);
    if (!schema) return node && this.findings.gap("env", "the schema of the settings is no literal", node);
    for (const value of schema.map.values()) {
      const inner = this.values.properties(value);
      const name = inner?.map.get("env");
      const text = name && this.values.only(name);
      if (text) this.findings.add("env-optional", text, name);
      else if (inner && !inner.map.has("default")) this.#convict(value, depth + 1);
    }
  }

  /** `cleanEnv(process.env, {…})`, `z.object({…}).parse(process.env)`, `Joi.object({…}).validate(process.env)` */
  #schema(call, child) {
    const callee = this.program.meaning(call.expression);
    if (isConversion(callee.name)) return call.arguments[1] === child && declared(this.program, this.findings, call);
    if (callee.name === "envalid.cleanEnv" && call.arguments[0] === child) return this.#keys(call.arguments[1]);
    if (!ts.isPropertyAccessExpression(call.expression)) return false;
    if (!["parse", "safeParse", "parseAsync", "safeParseAsync", "validate", "validateSync", "validateAsync", "cast"].includes(call.expression.name.text)) return false;
    return this.#schemaKeys(call.expression.expression);
  }

  #schemaKeys(node, depth = 0) {
    const [schema, ...more] = this.values.sources(node);
    if (!schema || more.length || depth > 8 || !ts.isCallExpression(schema)) return false;
    const access = schema.expression;
    if (ts.isPropertyAccessExpression(access)) {
      if (["object", "keys", "strictObject", "looseObject", "extend", "append"].includes(access.name.text) && schema.arguments.length) {
        if (!this.#keys(schema.arguments[0])) return false;
        return !["keys", "extend", "append"].includes(access.name.text) || ts.isCallExpression(bare(access.expression)) && bare(access.expression).arguments.length === 0 || this.#schemaKeys(access.expression, depth + 1);
      }
      return this.#schemaKeys(access.expression, depth + 1);
    }
    return false;
  }

  /** `{schema: {required: […], properties: {…}}, data: process.env}` of @fastify/env; `runtimeEnv: process.env` */
  #settings(property) {
    const name = propertyName(property.name);
    if (name === "runtimeEnv" || name === "runtimeEnvStrict") return true;
    return name === "data" && ts.isObjectLiteralExpression(property.parent) && this.#described(property.parent);
  }

  /** `S.object().prop("A", S.string().required()).prop("B", S.string())` */
  #chained(schema) {
    let found = false;
    for (let call = schema; ts.isCallExpression(call) && ts.isPropertyAccessExpression(call.expression); call = bare(call.expression.expression)) {
      if (call.expression.name.text !== "prop") continue;
      const name = call.arguments[0] && this.values.only(call.arguments[0]);
      if (name === undefined) return false;
      const text = call.arguments[1]?.getText() ?? "";
      this.findings.add(/\.required\(\)/.test(text) && !/\.default\(/.test(text) ? "env-required" : "env-optional", name, call);
      found = true;
    }
    return found;
  }

  /** A JSON schema of variables, or TypeBox's `Type.Object({…})`. */
  #described(options) {
    const [schema] = this.values.sources(this.values.properties(options)?.map.get("schema"));
    if (!schema) return false;
    if (ts.isCallExpression(schema)) return this.#chained(schema) || this.#keys(schema.arguments[0]);
    const parts = this.values.properties(schema);
    const properties = parts?.map.get("properties") && this.values.properties(parts.map.get("properties"));
    if (!properties) return false;
    const required = new Set((parts.map.get("required") ? this.values.elements(parts.map.get("required")) ?? [] : []).map(node => this.values.only(node)));
    for (const [name, value] of properties.map) {
      const given = this.values.properties(value)?.map.get("default");
      this.#default(name, given);
      this.findings.add(required.has(name) && !given ? "env-required" : "env-optional", name, value);
    }
    return !properties.isOpen && !parts.isOpen;
  }

  #default(name, value) {
    if (value) this.values.defaults.set(name, value);
  }

  #keys(node) {
    const object = node && this.values.properties(node);
    if (!object) return false;
    for (const [name, value] of object.map) {
      const text = value.getText();
      const isJoi = /\bjoi\b/i.test(text);
      const isOptional = isJoi ? !/\.required\(\)/.test(text) : isOptionalSchema(text);
      this.#default(name, defaultOf(this.values, value));
      this.findings.add(isOptional ? "env-optional" : "env-required", name, value);
    }
    return !object.isOpen;
  }
}

/** `x === undefined`, `x == null`, `x === ""` */
function isAbsence(comparison, child) {
  const other = bare(comparison.left === child ? comparison.right : comparison.left);
  return other.kind === k.NullKeyword || ts.isIdentifier(other) && other.text === "undefined" || ts.isStringLiteralLike(other) && (other.text === "" || other.text === "undefined");
}

function throws(fn) {
  let found = false;
  const visit = node => {
    found ||= ts.isThrowStatement(node) || ts.isCallExpression(node) && /^process\.exit$|^assert/.test(node.expression.getText());
    if (!found) ts.forEachChild(node, visit);
  };
  if (fn.body) visit(fn.body);
  return found;
}

const isExport = node => ts.isExportAssignment(node) || ts.isBinaryExpression(node) && node.operatorToken.kind === k.EqualsToken;

/** Whether a variable is set or removed there, and not read. */
function isWritten(access) {
  const parent = access.parent;
  return ts.isDeleteExpression(parent) || ts.isBinaryExpression(parent) && parent.left === access && parent.operatorToken.kind === k.EqualsToken;
}
