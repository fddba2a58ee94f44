/// The page's script: it draws the treemap (squarified: Bruls, Huizing, van Wijk, "Squarified Treemaps", 2000) and its
/// table out of the tree that stands in the page as JSON. Names reach the page as text nodes only.
enum ReportScript {
  static let text = "\n(() => {\n'use strict';\n" + tree + layout + drawing + views + input + "})();\n"

  private static let tree = #"""
    const $ = (id) => document.getElementById(id);
    const root = JSON.parse($('tree').textContent);
    const map = $('map'), table = $('table'), crumbs = $('crumbs'), detail = $('detail');
    const kinds = { i: 'image', l: 'layer', p: 'package', d: 'directory', r: 'small files' };

    // Parents, colours and paths are told by the place in the tree.
    (function adopt(node, parent) {
      node.up = parent;
      node.k = node.k || 'f';
      if (node.h === undefined && parent && parent.k !== 'l' && parent.k !== 'i') node.h = parent.h;
      for (const child of node.c || []) adopt(child, node);
    })(root, null);

    const bytes = (count) => {
      if (count < 1000) return count + ' B';
      const units = ['kB', 'MB', 'GB', 'TB', 'PB'];
      let unit = 0;
      for (count /= 1000; Math.round(count * 10) / 10 >= 1000 && unit < 4; unit++) count /= 1000;
      return (Math.round(count * 10) / 10).toFixed(1) + ' ' + units[unit];
    };
    const percent = (part, whole) => (whole ? Math.round(part / whole * 1000) / 10 : 0) + '\u00a0%';
    const files = (node) => node.k === 'f' ? 'file' : node.f + (node.f === 1 ? ' file' : ' files');
    const above = (node, kind) => { while (node && node.k !== kind) node = node.up; return node; };
    const label = (node) => node.k === 'r' ? (node.n ? node.n + '/' : '') + ' (' + files(node) + ')' : node.n;
    const path = (node) => {
      const parts = [];
      for (let n = node; n && 'fdr'.includes(n.k); n = n.up) if (n.n) parts.unshift(n.n);
      return parts.length ? '/' + parts.join('/') + (node.k === 'f' ? '' : '/') : '';
    };
    const facts = (node) => {
      const owner = above(node, 'p'), layer = above(node, 'l');
      const out = [bytes(node.b), percent(node.b, root.b) + ' of the image'];
      if (node.k !== 'f') out.push(files(node));
      if (owner && owner !== node) out.push('package: ' + owner.n);
      if (layer && layer !== node) out.push('layer: ' + layer.n);
      return out.join(' · ');
    };
    const title = (node) => path(node) || (node.k === 'i' ? node.n : kinds[node.k] + ' ' + label(node));

    """#

  private static let layout = #"""
    // Rows of cells along the shorter side, each row as long as its cells come nearer to squares.
    function squarify(nodes, x, y, w, h) {
      const out = [];
      nodes = nodes.filter((node) => node.b > 0);
      let total = nodes.reduce((sum, node) => sum + node.b, 0);
      let at = 0;
      while (at < nodes.length && w > 0 && h > 0) {
        const side = Math.min(w, h), scale = w * h / total;
        let sum = 0, worst = Infinity, end = at;
        while (end < nodes.length) {
          const next = sum + nodes[end].b;
          const area = next * scale, most = nodes[at].b * scale, least = nodes[end].b * scale;
          const ratio = Math.max(side * side * most / (area * area), area * area / (side * side * least));
          if (ratio > worst) break;
          worst = ratio;
          sum = next;
          end++;
        }
        const thick = sum * scale / side;
        let along = 0;
        for (; at < end; at++) {
          const long = nodes[at].b / sum * side;
          out.push(w >= h
            ? { node: nodes[at], x: x, y: y + along, w: thick, h: long }
            : { node: nodes[at], x: x + along, y: y, w: long, h: thick });
          along += long;
        }
        if (w >= h) { x += thick; w -= thick; } else { y += thick; h -= thick; }
        total -= sum;
      }
      return out;
    }

    """#

  private static let drawing = #"""
    let here = root, asTable = false, drawn = [];

    function cell(box, depth, index) {
      const node = box.node, gap = depth ? 0.5 : 1.5;
      const x = Math.round(box.x + gap), y = Math.round(box.y + gap);
      const w = Math.round(box.x + box.w - gap) - x, h = Math.round(box.y + box.h - gap) - y;
      if (w < 2 || h < 2) return null;
      const made = document.createElement('div');
      const framed = node.k === 'l' && node.c;
      made.className = 'cell' + (framed ? ' frame' : node.h === undefined ? ' none' : ' c' + node.h)
        + (node.c ? '' : ' file') + (depth === 0 ? ' head' : '');
      if (!framed && depth > 0) made.style.setProperty('--d', (index % 3 - 1) * 3 + '%');
      made.style.left = x + 'px';
      made.style.top = y + 'px';
      made.style.width = w + 'px';
      made.style.height = h + 'px';
      made.node = node;
      if (w > 34 && h > 17) {
        const text = document.createElement('span');
        // A level with a single way on takes no row of its own.
        let inner = node, name = label(node);
        while (inner.k !== 'l' && inner.c && inner.c.length === 1 && inner.c[0].c) {
          inner = inner.c[0];
          name += (inner.up.k === 'p' ? '  /' : '/') + inner.n;
        }
        text.textContent = name;
        if (w > 110) {
          const size = document.createElement('i');
          size.textContent = bytes(node.b);
          text.append(size);
        }
        made.append(text);
        if (node.c && depth < 4 && w > 44 && h > 44) {
          const pad = depth < 2 ? 3 : 2;
          squarify(inner.c, pad, 18, w - 2 * pad, h - 18 - pad).forEach((inner, i) => {
            const child = cell(inner, depth + 1, i);
            if (child) made.append(child);
          });
        }
      } else if (node.c && depth < 2 && w > 12 && h > 12) {
        squarify(node.c, 1, 1, w - 2, h - 2).forEach((inner, i) => {
          const child = cell(inner, depth + 1, i);
          if (child) made.append(child);
        });
      }
      return made;
    }

    function drawMap() {
      map.replaceChildren();
      drawn = [];
      const nodes = here.c || [here];
      squarify(nodes, 0, 0, map.clientWidth, map.clientHeight).forEach((box, i) => {
        const made = cell(box, 0, i);
        if (!made) return;
        made.tabIndex = drawn.length ? -1 : 0;
        made.setAttribute('role', 'button');
        made.setAttribute('aria-label', title(box.node) + ', ' + facts(box.node));
        drawn.push(made);
        map.append(made);
      });
    }

    """#

  private static let views = #"""
    function element(name, text, className) {
      const made = document.createElement(name);
      if (text !== undefined) made.textContent = text;
      if (className) made.className = className;
      return made;
    }

    function link(node, text) {
      const made = element('button', text);
      made.type = 'button';
      made.addEventListener('click', () => go(node));
      return made;
    }

    function drawTable() {
      const made = element('table'), head = element('tr'), body = element('tbody');
      for (const [name, style] of [['Name'], ['Kind'], ['Files', 'num'], ['Size', 'num'], ['Share', 'num']]) {
        const th = element('th', name, style);
        th.scope = 'col';
        head.append(th);
      }
      for (const node of (here.c || [here]).slice(0, 500)) {
        const row = element('tr'), name = element('th');
        name.scope = 'row';
        if (node.c) name.append(link(node, label(node))); else name.textContent = label(node);
        row.append(name, element('td', kinds[node.k] || 'file', 'dim'), element('td', String(node.f || 1), 'num'),
          element('td', bytes(node.b), 'num'), element('td', percent(node.b, here.b), 'num'));
        body.append(row);
      }
      const top = element('thead');
      top.append(head);
      made.append(top, body);
      table.replaceChildren(made);
      if ((here.c || []).length > 500) table.append(element('p', 'and ' + (here.c.length - 500) + ' smaller ones', 'note'));
    }

    function show(node) {
      const hint = node === here ? 'Click a part to go in. ' + facts(node) : facts(node);
      detail.replaceChildren(element('b', title(node)), document.createElement('br'), hint);
    }

    function draw() {
      const chain = [];
      for (let node = here; node; node = node.up) chain.unshift(node);
      crumbs.replaceChildren();
      chain.forEach((node, i) => {
        if (i) crumbs.append(element('span', '›', 'dim'));
        crumbs.append(node === here ? element('b', label(node)) : link(node, label(node)));
      });
      map.hidden = asTable;
      table.hidden = !asTable;
      tip.hidden = true;
      $('as-map').setAttribute('aria-pressed', String(!asTable));
      $('as-table').setAttribute('aria-pressed', String(asTable));
      if (asTable) drawTable(); else drawMap();
      show(here);
    }

    // Each place has an address, so that the browser's own way back works: #map=0.2 is the third child of the first.
    function address() {
      const way = [];
      for (let node = here; node.up; node = node.up) way.unshift(node.up.c.indexOf(node));
      return '#' + (asTable ? 'table' : 'map') + '=' + way.join('.');
    }

    function follow() {
      const [, view, way] = /^#(map|table)=([0-9.]*)$/.exec(location.hash) || ['', 'map', ''];
      let node = root;
      for (const step of way.split('.')) if (step && node.c && node.c[step] && node.c[step].c) node = node.c[step];
      if (node === here && (view === 'table') === asTable) return;
      asTable = view === 'table';
      here = node;
      draw();
    }

    function go(node, focused) {
      const from = here;
      // A level with a single way on is passed.
      const down = node !== from.up;
      while (down && node.c && node.c.length === 1 && node.c[0].c) node = node.c[0];
      here = node.c ? node : node.up;
      location.hash = address();
      draw();
      if (!focused || asTable) return;
      const index = drawn.findIndex((made) => made.node === from);
      focus(index < 0 ? 0 : index);
    }

    """#
}
