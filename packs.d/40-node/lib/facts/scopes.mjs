// Which declaration a name means: the scopes of one file.
import {ts} from "./parser.mjs";

const k = ts?.SyntaxKind;

const isFunction = node => ts.isFunctionLike(node);
const isScope = node =>
  isFunction(node) || ts.isSourceFile(node) || ts.isBlock(node) || ts.isForStatement(node) || ts.isForInStatement(node) ||
  ts.isForOfStatement(node) || ts.isCatchClause(node) || ts.isCaseBlock(node) || ts.isModuleBlock(node) || ts.isClassLike(node);

function scopeOf(node, hoists) {
  let scope = node.parent;
  while (scope && !(hoists ? isFunction(scope) || ts.isSourceFile(scope) || ts.isModuleBlock(scope) : isScope(scope))) scope = scope.parent;
  return scope;
}

/**
 * A declaration: `node` is its name; `value` the expression that it is given, `path` the properties of that which it takes;
 * `fallback` the default in a pattern; `isRest`; `assigned` what is assigned to it later; `parameter` and `index` for those
 * of functions; `loop` the list that it runs through.
 */
function declare(scopes, scope, node, more) {
  if (!scopes.has(scope)) scopes.set(scope, new Map());
  const names = scopes.get(scope);
  if (names.has(node.text) && more.kind === "variable") return names.get(node.text);
  const declaration = {node, name: node.text, path: [], assigned: [], ...more};
  names.set(node.text, declaration);
  return declaration;
}

function pattern(scopes, scope, name, more) {
  if (ts.isIdentifier(name)) {
    declare(scopes, scope, name, more);
    return;
  }
  name.elements.forEach((element, index) => {
    if (ts.isOmittedExpression(element)) return;
    const key = ts.isArrayBindingPattern(name) ? String(index) : propertyName(element.propertyName ?? element.name);
    const path = [...(more.path ?? []), key];
    pattern(scopes, scope, element.name, {...more, path, fallback: element.initializer, isRest: !!element.dotDotDotToken, element});
  });
}

/** The name of a property as written; null where it is computed. */
export function propertyName(name) {
  if (!name) return null;
  if (ts.isIdentifier(name) || ts.isPrivateIdentifier(name) || ts.isStringLiteralLike(name) || ts.isNumericLiteral(name)) return name.text;
  if (ts.isComputedPropertyName(name) && ts.isStringLiteralLike(name.expression)) return name.expression.text;
  return null;
}

/** Scope by node, each a map of declarations by name. */
export function scopesOf(tree) {
  const scopes = new Map();
  const visit = node => {
    if (ts.isVariableDeclaration(node)) {
      const hoists = ts.isVariableDeclarationList(node.parent) && !(node.parent.flags & ts.NodeFlags.BlockScoped);
      const around = node.parent.parent;
      const loop = around && (ts.isForOfStatement(around) || ts.isForInStatement(around)) ? around : null;
      const scope = ts.isCatchClause(node.parent) ? node.parent : scopeOf(node, hoists);
      pattern(scopes, scope, node.name, {kind: "variable", value: node.initializer, type: node.type, loop});
    } else if (ts.isParameter(node) && isFunction(node.parent)) {
      const index = node.parent.parameters.indexOf(node);
      pattern(scopes, node.parent, node.name, {kind: "parameter", parameter: node, index, value: node.initializer, type: node.type});
    } else if ((ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) || ts.isEnumDeclaration(node)) && node.name) {
      declare(scopes, scopeOf(node, false), node.name, {kind: ts.isEnumDeclaration(node) ? "enum" : "value", value: node});
    } else if ((ts.isFunctionExpression(node) || ts.isClassExpression(node)) && node.name) {
      declare(scopes, node, node.name, {kind: "value", value: node});
    } else if (ts.isImportDeclaration(node) && node.importClause) {
      imports(scopes, tree, node);
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      declare(scopes, tree, node.name, {kind: "import", from: node.moduleReference.expression, imported: "="});
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  const assign = node => {
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === k.EqualsToken && ts.isIdentifier(node.left)) {
      lookup(scopes, node.left)?.assigned.push(node.right);
    }
    ts.forEachChild(node, assign);
  };
  assign(tree);
  return scopes;
}

function imports(scopes, tree, node) {
  const clause = node.importClause;
  const add = (name, imported) => declare(scopes, tree, name, {kind: "import", from: node.moduleSpecifier, imported});
  if (clause.name) add(clause.name, "default");
  const named = clause.namedBindings;
  if (!named) return;
  if (ts.isNamespaceImport(named)) add(named.name, "*");
  else for (const element of named.elements) add(element.name, (element.propertyName ?? element.name).text);
}

/** The declaration that an identifier means; undefined for globals. */
export function lookup(scopes, identifier) {
  for (let node = identifier.parent; node; node = node.parent) {
    const found = scopes.get(node)?.get(identifier.text);
    if (found) return found;
  }
  return undefined;
}
