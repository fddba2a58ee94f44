// Reading and parsing one source file, within bounds: whatever lies in a project, this ends soon and throws nothing.
import {lstatSync, readFileSync, realpathSync} from "node:fs";
import {createRequire} from "node:module";
import {sep} from "node:path";

/** Debian's node-typescript: its parser knows JavaScript, JSX and TypeScript. A project's own is not run here. */
const place = "/usr/share/nodejs/typescript";
const longest = 4 << 20;
/** So many bytes of sources are read of one program. */
let budget = 96 << 20;
const deepest = 1200;

export let ts = null;
try {
  ts = createRequire(import.meta.url)(place);
} catch {
  // index.mjs says what to install.
}

const kinds = {
  ".js": "JSX", ".jsx": "JSX", ".mjs": "JSX", ".cjs": "JSX", ".ts": "TS", ".mts": "TS", ".cts": "TS", ".tsx": "TSX", ".json": "JSON",
};

export const extension = path => path.slice(path.lastIndexOf("."));
export const isSource = path => extension(path) in kinds && !path.endsWith(".json") && !/\.d\.[cm]?ts$/.test(path);

/** The text of a file inside of the project, or why there is none: {text} or {problem}. */
export function read(path) {
  try {
    const root = realpathSync(".");
    const real = realpathSync(path);
    if (real !== root && !real.startsWith(root + sep)) return {problem: "is a link out of the project"};
    const status = lstatSync(real);
    if (!status.isFile()) return {problem: "is no regular file"};
    if (status.size > longest) return {problem: `has more than ${longest >> 20} MiB`};
    if ((budget -= status.size) < 0) return {problem: "comes after more source than is read of one program"};
    return decode(readFileSync(real));
  } catch (error) {
    return {problem: error.code === "ELOOP" ? "is a link to itself" : "cannot be read"};
  }
}

function decode(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return {text: bytes.subarray(2).toString("utf16le")};
  try {
    const text = new TextDecoder("utf-8", {fatal: true}).decode(bytes);
    return text.includes("\0") ? {problem: "holds zero bytes"} : {text};
  } catch {
    return {problem: "is not UTF-8"};
  }
}

/** A file that a tool made of many: few lines, and these without end. */
const isBundle = text => text.length > 64 << 10 && text.length / (text.split("\n", 5000).length || 1) > 1000;

/** {tree} with parents, {tree, problem} where parts of it are no syntax, or {problem}. */
export function parse(path, text) {
  if (isBundle(text)) return {problem: "was written by a bundler"};
  const kind = ts.ScriptKind[kinds[extension(path)]];
  try {
    let tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
    const again = tree.parseDiagnostics.length && kinds[extension(path)] === "JSX";
    if (again) {
      const plain = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
      if (!plain.parseDiagnostics.length) tree = plain;
    }
    if (isDeep(tree)) return {problem: "is nested too deeply"};
    return tree.parseDiagnostics.length ? {tree, problem: "has syntax that the parser does not know"} : {tree};
  } catch {
    return {problem: "is nested too deeply"};
  }
}

function isDeep(tree) {
  let level = [tree];
  for (let depth = 0; level.length; depth++) {
    if (depth > deepest) return true;
    const next = [];
    for (const node of level) ts.forEachChild(node, child => void next.push(child));
    level = next;
  }
  return false;
}

/** JSON as an expression: {node}, or {problem}. */
export function parseJSON(path, text) {
  try {
    const tree = ts.parseJsonText(path, text);
    // Its own parser sets no parents.
    const pending = [tree];
    while (pending.length) {
      const node = pending.pop();
      ts.forEachChild(node, child => {
        child.parent = node;
        pending.push(child);
      });
    }
    const node = tree.statements[0]?.expression;
    return node && !tree.parseDiagnostics.length ? {tree, node} : {problem: "is no JSON"};
  } catch {
    return {problem: "is nested too deeply"};
  }
}
