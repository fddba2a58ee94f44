// Routes of a server without a framework, which compares paths by itself: what is compared is found, the list stays open.
import {ts} from "./parser.mjs";

const k = ts?.SyntaxKind;
const isInside = (node, outer) => node.pos >= outer.pos && node.end <= outer.end;

export class Servers {
  /** `isRouter`: whether what is given to a server is a framework's, which routes itself. */
  constructor(program, values, findings, isRouter) {
    Object.assign(this, {program, values, findings, isRouter});
  }

  run() {
    this.program.each(node => {
      if (ts.isCallExpression(node)) this.#server(node);
    });
  }

  #server(call) {
    const name = this.program.meaning(call.expression).name;
    if (!/^(http|https|http2)\.create(Secure)?Server$/.test(name ?? "")) return;
    const handlers = call.arguments.map(argument => this.program.meaning(argument));
    if (handlers.some(meaning => this.isRouter(meaning) || meaning.kind === "external" && /\.callback\(\)$/.test(meaning.name))) return;
    this.findings.gap("routes", "a server compares paths by itself", call);
    for (const {kind, node} of handlers) if (kind === "function") this.#compared(node);
  }

  #compared(fn) {
    const isPath = node => /(^|\.)(url|pathname|path)$/.test(node.getText()) || /\burl\b.*\.pathname$/.test(node.getText());
    const isMethod = node => /(^|\.)method$/.test(node.getText());
    const equal = node => ts.isBinaryExpression(node) && [k.EqualsEqualsEqualsToken, k.EqualsEqualsToken].includes(node.operatorToken.kind);
    const side = (node, fits) => fits(node.left) ? this.values.only(node.right) : fits(node.right) ? this.values.only(node.left) : undefined;
    /** The method that must hold where a node is reached. */
    const methodAround = node => {
      for (let up = node; up && up !== fn; up = up.parent) {
        const test = ts.isIfStatement(up) && up.thenStatement !== node ? up.expression
          : ts.isBinaryExpression(up) && up.operatorToken.kind === k.AmpersandAmpersandToken ? up
            : ts.isCaseClause(up) && isMethod(up.parent.parent.expression) ? up : undefined;
        if (!test) continue;
        if (ts.isCaseClause(test)) return this.values.only(test.expression);
        if (ts.isIfStatement(up) && !isInside(node, up.thenStatement) && !isInside(node, up.expression)) continue;
        const found = methodsIn(test);
        if (found) return found;
      }
      return undefined;
    };
    const methodsIn = node => {
      if (equal(node)) return side(node, isMethod);
      return ts.isBinaryExpression(node) && node.operatorToken.kind === k.AmpersandAmpersandToken ? methodsIn(node.left) ?? methodsIn(node.right)
        : ts.isParenthesizedExpression(node) ? methodsIn(node.expression) : undefined;
    };
    const visit = node => {
      const path = equal(node) ? side(node, isPath) : ts.isCaseClause(node) && isPath(node.parent.parent.expression) ? this.values.only(node.expression) : undefined;
      if (path?.startsWith("/")) this.findings.add("routes", `${methodAround(node)?.toUpperCase() ?? "*"} ${path.split("?")[0]}`, node);
      ts.forEachChild(node, visit);
    };
    visit(fn);
  }
}
