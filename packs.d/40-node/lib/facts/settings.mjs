// What files beside the source say: Prisma's schema names variables of the environment.
import {read, ts} from "./parser.mjs";
import {propertyName} from "./scopes.mjs";
import {isFunction} from "./program.mjs";
import {declared, isConversion} from "./validated.mjs";

export class Settings {
  constructor(program, values, findings) {
    Object.assign(this, {program, values, findings});
  }

  run(files) {
    for (const path of files) if (path.endsWith(".prisma")) this.#prisma(path);
    this.program.each(node => {
      if (ts.isPropertyAssignment(node) && propertyName(node.name) === "validationSchema") this.#validation(node);
      if (ts.isCallExpression(node) && isConversion(this.program.meaning(node.expression).name)) this.#converted(node);
    });
  }

  /** `validate(config) { plainToInstance(Variables, config) … }`, which `ConfigModule.forRoot({validate})` is given. */
  #converted(call) {
    let fn = call.parent;
    while (fn && !isFunction(fn)) fn = fn.parent;
    const name = fn?.name ?? (fn && ts.isVariableDeclaration(fn.parent) ? fn.parent.name : undefined);
    if (name?.getText() === "validate" && !declared(this.program, this.findings, call)) this.findings.gap("env", "the class of the environment is not known", call);
  }

  #prisma(path) {
    const {text, problem} = read(path);
    if (problem) return this.findings.doubt("env", `${path} ${problem}`);
    text.split("\n").forEach((line, index) => {
      const plain = line.replace(/\/\/.*/, "");
      for (const [, name] of plain.matchAll(/\benv\(\s*"([A-Za-z_]\w*)"\s*\)/g)) this.findings.add("env-required", name, {path, line: index + 1});
    });
  }

  /** `ConfigModule.forRoot({validationSchema: Joi.object({…})})` */
  #validation(property) {
    const [schema] = this.values.sources(property.initializer);
    const object = schema && ts.isCallExpression(schema) && schema.arguments[0] && this.values.properties(schema.arguments[0]);
    if (!object) return this.findings.gap("env", "the schema of the environment is no literal", property);
    for (const [name, value] of object.map) {
      this.findings.add(/\.required\(\)/.test(value.getText()) ? "env-required" : "env-optional", name, value);
    }
  }
}
