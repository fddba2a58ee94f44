// What was found, in the form that packc-packs reads: sites with a value, gaps where one cannot be read off, doubts about
// what was not looked at.
import {ts} from "./parser.mjs";

export class Findings {
  sites = [];
  gaps = [];
  doubts = [];
  #gaps = new Set();

  add(kind, value, node) {
    this.sites.push({kind, value: String(value), ...where(node)});
  }

  gap(kinds, what, node) {
    const gap = {kinds: [kinds].flat(), what, ...where(node)};
    const key = JSON.stringify(gap);
    if (this.#gaps.has(key)) return;
    this.#gaps.add(key);
    this.gaps.push(gap);
  }

  /** `node`: where that is, if anywhere. */
  doubt(kinds, what, node) {
    const place = node && where(node);
    const text = place ? `${place.path}:${place.line}: ${what}` : what;
    if (!this.doubts.some(doubt => doubt.what === text)) this.doubts.push({kinds: [kinds].flat(), what: text});
  }
}

function where(node) {
  if (node.path) return {path: node.path, line: node.line ?? 1};
  const file = node.getSourceFile();
  return {path: file.fileName, line: ts.getLineAndCharacterOfPosition(file, node.getStart(file)).line + 1};
}
