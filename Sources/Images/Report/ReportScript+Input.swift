extension ReportScript {
  /// Pointer, keys and addresses.
  static let input = #"""
    const tip = element('div');
    tip.id = 'tip';
    tip.hidden = true;
    tip.setAttribute('aria-hidden', 'true');
    document.body.append(tip);
    let hot = null;
    function heat(made) {
      if (hot) hot.classList.remove('hot');
      hot = made;
      if (hot) hot.classList.add('hot');
    }

    function focus(index) {
      drawn.forEach((made, i) => { made.tabIndex = i === index ? 0 : -1; });
      if (drawn[index]) { drawn[index].focus({ preventScroll: true }); show(drawn[index].node); }
    }

    map.addEventListener('click', (event) => {
      const made = event.target.closest('.cell');
      if (!made) return;
      let node = made.node;
      if (!node.c && node.up !== here) node = node.up;
      if (node.c && node !== here) go(node); else show(made.node);
    });
    map.addEventListener('pointermove', (event) => {
      const made = event.target.closest('.cell');
      heat(made);
      if (!made || event.pointerType === 'touch') { tip.hidden = true; return; }
      if (tip.node !== made.node || tip.hidden) {
        tip.node = made.node;
        tip.replaceChildren(element('b', title(made.node)), facts(made.node));
        show(made.node);
      }
      tip.hidden = false;
      const w = tip.offsetWidth, h = tip.offsetHeight;
      tip.style.left = Math.max(6, Math.min(event.clientX + 14, innerWidth - w - 6)) + 'px';
      tip.style.top = (event.clientY + 18 + h > innerHeight ? event.clientY - h - 10 : event.clientY + 18) + 'px';
    });
    map.addEventListener('pointerleave', () => { heat(null); tip.hidden = true; show(here); });
    map.addEventListener('focusin', (event) => { if (event.target.node) show(event.target.node); });
    map.addEventListener('keydown', (event) => {
      const index = drawn.indexOf(document.activeElement);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step) focus((index + step + drawn.length) % drawn.length);
      else if (event.key === 'Home') focus(0);
      else if (event.key === 'End') focus(drawn.length - 1);
      else if ((event.key === 'Enter' || event.key === ' ') && index >= 0) {
        if (drawn[index].node.c) go(drawn[index].node, true);
      } else if ((event.key === 'Escape' || event.key === 'Backspace') && here.up) {
        let node = here.up;
        while (node.up && node.c.length === 1) node = node.up;
        go(node, true);
      } else return;
      event.preventDefault();
    });

    function choose(value) {
      asTable = value;
      location.hash = address();
      draw();
    }
    $('as-map').addEventListener('click', () => choose(false));
    $('as-table').addEventListener('click', () => choose(true));
    for (const button of document.querySelectorAll('[data-more]')) {
      const more = $(button.dataset.more);
      more.hidden = true;
      button.hidden = false;
      button.addEventListener('click', () => { more.hidden = false; button.remove(); });
    }
    $('views').hidden = false;
    let width = 0;
    new ResizeObserver(() => {
      if (map.clientWidth !== width && !asTable) { width = map.clientWidth; drawMap(); }
    }).observe(map);
    addEventListener('hashchange', follow);
    draw();
    follow();

    """#
}
