// Paths of routes: what literals say of them, and the one form that facts have.
import {ts} from "./parser.mjs";
import {bare} from "./program.mjs";

/** The paths that an expression can be; one that is none of the program's literals leaves a gap. */
export function paths(values, findings, node, place) {
  const list = values.elements(node);
  if (list) return list.flatMap(element => paths(values, findings, element, place));
  if (bare(node).kind === ts.SyntaxKind.RegularExpressionLiteral) {
    findings.gap("routes", "a route is a regular expression", place);
    return [];
  }
  const {list: texts, whole} = values.texts(node);
  if (!whole) findings.gap("routes", "a path is no literal", place);
  return texts;
}

/** A router's own `/` is its prefix. */
export function join(prefix, path) {
  const tail = path.startsWith("/") || !path ? path : `/${path}`;
  const head = prefix.replace(/\/+$/, "");
  return tail === "/" && head ? head : head + tail;
}

/** `/users/:id(\\d+)?` is `/users/{id}`, `*` is `{*}`. */
export function template(path) {
  let out = "";
  for (let i = 0; i < path.length;) {
    const named = /^:([A-Za-z0-9_]+)/.exec(path.slice(i));
    const splat = /^\*([A-Za-z_]\w*)?/.exec(path.slice(i));
    if (named) {
      out += `{${named[1]}}`;
      i = pattern(path, i + named[0].length);
    } else if (splat) {
      out += `{${splat[1] ?? "*"}}`;
      i += splat[0].length;
    } else if (path[i] === "(" && /^\(\.\*\)/.test(path.slice(i))) {
      out += "{*}";
      i += 4;
    } else out += path[i++];
  }
  return out.startsWith("/") ? out : `/${out}`;
}

/** Where a parameter's pattern and modifier end. */
function pattern(path, start) {
  let i = start;
  if (path[i] === "(") {
    let depth = 0;
    do {
      if (path[i] === "\\") i++;
      else if (path[i] === "(") depth++;
      else if (path[i] === ")") depth--;
      i++;
    } while (i < path.length && depth > 0);
  }
  if (path[i] === "{") while (i < path.length && path[i++] !== "}");
  return "?+*".includes(path[i] ?? "x") ? i + 1 : i;
}
