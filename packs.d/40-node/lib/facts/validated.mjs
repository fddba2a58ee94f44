// Variables that a class with the decorators of class-validator declares: Nest's own way to refuse a wrong environment.
import {ts} from "./parser.mjs";
import {propertyName} from "./scopes.mjs";
import {bare} from "./program.mjs";

/** `plainToInstance(Variables, process.env)` */
export const isConversion = name => /^class-transformer\.(plainToClass|plainToInstance)$/.test(name ?? "");

/** Notes what the class of such a call declares; false where it cannot be told. */
export function declared(program, findings, call) {
  const classes = classesOf(program, call.arguments[0]);
  if (!classes.length || classes.includes(undefined)) return false;
  const skipsMissing = /skipMissingProperties:\s*true/.test(call.getSourceFile().text);
  for (const each of classes) {
    for (const member of each.members) {
      const name = ts.isPropertyDeclaration(member) && propertyName(member.name);
      if (!name) continue;
      const rules = rulesOf(program, member);
      const isOptional = skipsMissing || !rules.length || !!member.initializer || rules.some(rule => rule === "IsOptional" || rule === "ValidateIf");
      findings.add(isOptional ? "env-optional" : "env-required", name, member);
    }
  }
  return classes.every(each => !each.heritageClauses?.length);
}

/** The class itself, or those that a function with a parameter for it is given; undefined for what is none. */
function classesOf(program, node) {
  const inner = node && bare(node);
  if (!inner) return [];
  const declaration = ts.isIdentifier(inner) ? program.declaration(inner) : undefined;
  const nodes = declaration?.kind === "parameter" ? program.argumentsOf(declaration.parameter) : [inner];
  return nodes.map(each => program.meaning(each)).map(({kind, node}) => kind === "class" ? node : undefined);
}

function rulesOf(program, member) {
  return (ts.canHaveDecorators(member) && ts.getDecorators(member) || [])
    .map(({expression}) => program.meaning(ts.isCallExpression(expression) ? expression.expression : expression).name ?? "")
    .filter(name => name.startsWith("class-validator."))
    .map(name => name.slice("class-validator.".length));
}
