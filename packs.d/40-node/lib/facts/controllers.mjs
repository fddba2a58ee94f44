// Routes that decorators declare: Nest and routing-controllers.
import {ts} from "./parser.mjs";
import {join, paths, template} from "./paths.mjs";

const k = ts?.SyntaxKind;

export class Controllers {
  #controlled = [];

  constructor(program, values, findings) {
    Object.assign(this, {program, values, findings});
  }

  run() {
    this.program.each(node => {
      if (ts.isClassDeclaration(node) || ts.isClassExpression(node)) this.#controller(node);
    });
    this.#add();
  }

  #texts(node, place) {
    return paths(this.values, this.findings, node, place);
  }

  #controller(node) {
    const decorators = this.#decorators(node);
    const found = decorators.find(({name}) => /^(@nestjs\/common\.Controller|routing-controllers\.(Json)?Controller)$/.test(name));
    if (!found) return;
    const prefixes = this.#decoratorPaths(found.call, node);
    const settings = found.call.arguments[0] && this.values.properties(found.call.arguments[0])?.map;
    if (settings?.has("host")) this.findings.gap("routes", "a controller is for some hosts", node);
    const version = settings?.get("version");
    for (const member of node.members) {
      if (!ts.isMethodDeclaration(member) && !ts.isPropertyDeclaration(member)) continue;
      const own = this.#decorators(member);
      const chosen = own.find(({name}) => /common\.Version$/.test(name))?.call.arguments[0] ?? version;
      for (const {name, call} of own) {
        const verb = /^(?:@nestjs\/common|routing-controllers)\.(Get|Post|Put|Delete|Patch|Options|Head|All|Search|Sse)$/.exec(name)?.[1];
        if (!verb) continue;
        const method = verb === "All" ? "*" : verb === "Sse" ? "GET" : verb.toUpperCase();
        for (const prefix of prefixes) for (const path of this.#decoratorPaths(call, member)) this.#controlled.push({method, path: join(prefix, path), node: call, version: chosen});
      }
    }
    if (node.heritageClauses?.some(clause => clause.token === k.ExtendsKeyword)) this.findings.gap("routes", "a controller inherits what may be routes", node);
  }
  #decorators(node) {
    return (ts.canHaveDecorators(node) && ts.getDecorators(node) || []).map(({expression}) => {
      const call = ts.isCallExpression(expression) ? expression : undefined;
      return {name: this.program.meaning(call?.expression ?? expression).name ?? "", call: call ?? {arguments: []}};
    });
  }

  #decoratorPaths(call, node) {
    const first = call.arguments[0];
    if (!first) return [""];
    const settings = this.values.properties(first);
    if (settings) return settings.map.has("path") ? this.#texts(settings.map.get("path"), node) : [""];
    return this.#texts(first, node);
  }

  #add() {
    let prefixes = [""];
    let versions = null;
    const excluded = [];
    this.program.each(node => {
      if (ts.isCallExpression(node)) {
        const callee = this.program.meaning(node.expression);
        const method = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : "";
        if (method === "setGlobalPrefix") {
          prefixes = this.#texts(node.arguments[0], node);
          const exclude = node.arguments[1] && this.values.properties(node.arguments[1])?.map.get("exclude");
          for (const item of exclude ? this.values.elements(exclude) ?? [] : []) {
            const path = this.values.only(this.values.properties(item)?.map.get("path") ?? item);
            if (path !== undefined) excluded.push(join("", path));
            else this.findings.gap("routes", "a path is no literal", item);
          }
        }
        if (method === "enableVersioning") versions = this.#versions(node);
        if (/^@nestjs\/core\.RouterModule\.(register|forRoutes)$/.test(callee.name ?? "")) this.findings.gap("routes", "a module's routes have a prefix of their own", node);
        if (callee.name === "routing-controllers.createExpressServer" || callee.name === "routing-controllers.useExpressServer") {
          const prefix = this.values.properties(node.arguments[node.arguments.length - 1] ?? node)?.map.get("routePrefix");
          if (prefix) prefixes = this.#texts(prefix, node);
        }
      }
      if (ts.isDecorator(node) && /^@nestjs\/graphql\.|^@nestjs\/websockets\./.test(this.program.meaning(ts.isCallExpression(node.expression) ? node.expression.expression : node.expression).name ?? "")) {
        this.findings.doubt("routes", "what GraphQL and web sockets answer is no route here", node);
      }
    });
    for (const {method, path, node, version} of this.#controlled) {
      for (const prefix of excluded.includes(path || "/") ? [""] : prefixes) {
        for (const middle of this.#versioned(version, versions, node)) this.findings.add("routes", `${method} ${template(join(join(prefix, middle), path))}`, node);
      }
    }
  }

  /** How a version stands in a path; null where it does not. */
  #versions(call) {
    const settings = call.arguments[0] && this.values.properties(call.arguments[0])?.map;
    const type = settings?.get("type")?.getText();
    if (type && !/URI$/.test(type)) return null;
    const prefix = settings?.get("prefix");
    const initial = settings?.get("defaultVersion");
    const text = prefix && prefix.kind !== k.FalseKeyword ? this.values.only(prefix) : prefix ? "" : "v";
    if (text === undefined) this.findings.gap("routes", "a path is no literal", call);
    return {prefix: text ?? "v", initial};
  }

  #versioned(version, versions, node) {
    const chosen = version ?? versions?.initial;
    if (!versions || !chosen || /VERSION_NEUTRAL/.test(chosen.getText())) return [""];
    return this.#texts(chosen, node).map(text => `/${versions.prefix}${text}`);
  }
}
