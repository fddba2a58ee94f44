// Which file of the project a module's name means, as Node, TypeScript and bundlers look it up.
import {posix} from "node:path";
import {parseJSON, read, ts} from "./parser.mjs";

const endings = ["", ".js", ".ts", ".mjs", ".cjs", ".jsx", ".tsx", ".mts", ".cts", ".json"];
const swaps = {".js": [".ts", ".tsx", ".jsx"], ".mjs": [".mts"], ".cjs": [".cts"], ".jsx": [".tsx"]};

export class Modules {
  #files;
  #aliases = [];
  #packages = new Map();

  constructor(files) {
    this.#files = new Set(files);
    for (const path of files) {
      const name = posix.basename(path);
      if (/^tsconfig.*\.json$|^jsconfig\.json$/.test(name)) this.#readAliases(path);
      if (name === "package.json") this.#readPackage(path);
    }
  }

  has(path) {
    return this.#files.has(path);
  }

  /** The manifest's data by directory, for those of the project. */
  manifests = new Map();

  #json(path) {
    const {text} = read(path);
    const {node} = text === undefined ? {} : parseJSON(path, text);
    return node ? plain(node) : undefined;
  }

  #readAliases(path) {
    const options = this.#json(path)?.compilerOptions;
    if (!options || typeof options !== "object") return;
    const base = posix.join(posix.dirname(path), typeof options.baseUrl === "string" ? options.baseUrl : ".");
    for (const [pattern, targets] of Object.entries(options.paths ?? {})) {
      if (Array.isArray(targets)) this.#aliases.push({pattern, targets: targets.filter(x => typeof x === "string"), base});
    }
    if (typeof options.baseUrl === "string") this.#aliases.push({pattern: "*", targets: ["*"], base});
  }

  #readPackage(path) {
    const manifest = this.#json(path);
    if (!manifest || typeof manifest !== "object") return;
    const directory = posix.dirname(path);
    this.manifests.set(directory, manifest);
    if (typeof manifest.name === "string") this.#packages.set(manifest.name, directory);
    for (const [pattern, target] of Object.entries(manifest.imports ?? {})) {
      if (typeof target === "string") this.#aliases.push({pattern, targets: [target], base: directory});
    }
    for (const [name, target] of Object.entries(manifest._moduleAliases ?? {})) {
      if (typeof target !== "string") continue;
      this.#aliases.push({pattern: name, targets: [target], base: directory});
      this.#aliases.push({pattern: `${name}/*`, targets: [`${target}/*`], base: directory});
    }
  }

  /** A path of the project, `{external}` with the package's name, or undefined for a file that is not there. */
  resolve(name, from) {
    if (name.startsWith("node:")) return {external: name.slice(5)};
    if (/^\.{0,2}\//.test(name) || name === "." || name === "..") {
      return this.file(name.startsWith("/") ? name.slice(1) : posix.join(posix.dirname(from), name));
    }
    for (const {pattern, targets, base} of this.#aliases) {
      const part = match(pattern, name);
      if (part === null) continue;
      for (const target of targets) {
        const found = this.file(posix.join(base, target.replace("*", () => part)));
        if (found) return found;
      }
    }
    if (name.startsWith("#")) return undefined;
    const words = name.split("/");
    const owner = name.startsWith("@") ? words.slice(0, 2).join("/") : words[0];
    const directory = this.#packages.get(owner);
    if (directory !== undefined) {
      const rest = name.slice(owner.length + 1);
      const found = rest
        ? this.file(posix.join(directory, rest)) ?? this.file(posix.join(directory, "src", rest))
        : this.main(directory);
      if (found) return found;
    }
    return {external: name};
  }

  /** Every file of the project below a directory. */
  filesBelow(directory) {
    const head = posix.normalize(directory).replace(/\/?$/, "/");
    return [...this.#files].filter(path => path.startsWith(head)).sort();
  }

  /** What a package of the project starts with. */
  main(directory) {
    const manifest = this.manifests.get(directory) ?? {};
    const names = [manifest.source, manifest.module, manifest.main].filter(x => typeof x === "string");
    for (const name of [...names, "src/index", "index"]) {
      const found = this.file(posix.join(directory, name)) ?? this.origin(posix.join(directory, name));
      if (found) return found;
    }
    return undefined;
  }

  file(path) {
    const plainPath = posix.normalize(path).replace(/\/$/, "");
    if (plainPath.startsWith("..")) return undefined;
    const stem = posix.extname(plainPath);
    const swapped = (swaps[stem] ?? []).map(ending => plainPath.slice(0, -stem.length) + ending);
    const candidates = [...endings.map(ending => plainPath + ending), ...swapped, ...endings.slice(1).map(e => posix.join(plainPath, `index${e}`))];
    return candidates.find(candidate => this.#files.has(candidate));
  }

  /** For `dist/a.js` that no source is, the source that it was made of: `src/a.ts`, `a.ts`. */
  origin(path) {
    const words = posix.normalize(path).split("/");
    const at = words.findIndex(word => ["dist", "build", "lib", "out", "output", ".output"].includes(word));
    if (at < 0) return undefined;
    const rest = words.slice(at + 1);
    for (const middle of [["src"], [], ["source"], ["server"], ["app"]]) {
      // A compiler that kept `src` below its output.
      for (const tail of [rest, rest.slice(1)]) {
        if (!tail.length) continue;
        const found = this.file([...words.slice(0, at), ...middle, ...tail].join("/"));
        if (found) return found;
      }
    }
    return undefined;
  }
}

function match(pattern, name) {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === name ? "" : null;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  const fits = name.length >= head.length + tail.length && name.startsWith(head) && name.endsWith(tail);
  return fits ? name.slice(head.length, name.length - tail.length) : null;
}

/** A literal's data. */
export function plain(node) {
  if (ts.isObjectLiteralExpression(node)) {
    const out = Object.create(null);
    for (const property of node.properties) {
      if (ts.isPropertyAssignment(property) && ts.isStringLiteral(property.name)) out[property.name.text] = plain(property.initializer);
    }
    return out;
  }
  if (ts.isArrayLiteralExpression(node)) return node.elements.map(plain);
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text);
  return node.kind === ts.SyntaxKind.TrueKeyword ? true : node.kind === ts.SyntaxKind.FalseKeyword ? false : null;
}
