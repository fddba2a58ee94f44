/// The page's style sheet. Colours of packages are `--c0` to `--c9`, by rank; the script uses the same ones.
enum ReportStyle {
  static let text = layout + parts + map

  private static let layout = """

    :root {
      --bg: #f7f7f5; --card: #fff; --ink: #1c1e21; --dim: #62676f; --line: #e2e3e0; --soft: #f0f0ed; --accent: #2456c4;
      --up: #a8431c; --down: #1d7044; --good: #1d7044; --warn: #8a5a00; --tell: #2456c4;
      --l: 79%; --s: 62%; --s-bar: 58%; --l-bar: 52%; --none: #d9dad6; --none-bar: #9a9d9f; --cell-ink: #17191c;
      --h0: 214; --h1: 32; --h2: 158; --h3: 338; --h4: 265; --h5: 190; --h6: 50; --h7: 100; --h8: 300; --h9: 8;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --bg: #131517; --card: #1b1e21; --ink: #e8e9ea; --dim: #9aa1a9; --line: #30353a; --soft: #24282c; --accent: #8db4ff;
        --up: #f0997a; --down: #6fcb99; --good: #6fcb99; --warn: #e3b25c; --tell: #8db4ff;
        --l: 29%; --s: 38%; --s-bar: 48%; --l-bar: 58%; --none: #33383d; --none-bar: #7b828a; --cell-ink: #f2f3f4;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; }
    body { margin: 0; background: var(--bg); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
    .top, main, footer { max-width: 1320px; margin: 0 auto; padding: 0 32px; }
    .top { padding-top: 36px; }
    section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 24px; margin: 24px 0; }
    h1 { font-size: 30px; line-height: 1.2; margin: 2px 0 6px; letter-spacing: -.02em; overflow-wrap: anywhere; }
    h2 { font-size: 19px; margin: 0 0 14px; letter-spacing: -.01em; }
    h3 { font-size: 15px; margin: 26px 0 8px; }
    p { margin: 0 0 10px; }
    code { font: .86em/1.45 ui-monospace, "SF Mono", Menlo, "Liberation Mono", monospace; overflow-wrap: anywhere; }
    .kicker { color: var(--dim); font-size: 13px; margin: 0; }
    .digest { color: var(--dim); margin-bottom: 10px; }
    .dim, small, .note, footer, .legend { color: var(--dim); }
    .note, .legend { font-size: 14px; }
    .lead b { font-size: 1.15em; }
    .num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    .tags { display: flex; flex-wrap: wrap; gap: 6px; margin: 0 0 20px; }
    .tag { border: 1px solid var(--line); background: var(--card); border-radius: 99px; padding: 1px 10px; font-size: 13px; }
    .tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 16px; margin: 0; }
    .tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 18px; min-width: 0; }
    .tiles dt { color: var(--dim); font-size: 13px; }
    .tiles dd { margin: 0; }
    .tiles b { display: block; font-size: 26px; line-height: 1.25; font-weight: 650; letter-spacing: -.02em; }
    .skip { position: absolute; left: -9999px; }
    .skip:focus { left: 8px; top: 8px; background: var(--card); padding: 6px 12px; z-index: 9; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    footer { font-size: 13px; padding-bottom: 40px; }
    @media (max-width: 700px) {
      .top, main, footer { padding-left: 14px; padding-right: 14px; }
      .top { padding-top: 20px; }
      section { padding: 16px 14px; margin: 14px 0; }
      h1 { font-size: 23px; }
      .tiles { grid-template-columns: 1fr 1fr; gap: 10px; }
      .tiles div { padding: 10px 12px; }
      .tiles b { font-size: 20px; }
    }

    """

  private static let parts = """
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-size: 14px; }
    th, td { text-align: left; vertical-align: top; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); font-weight: 400; }
    thead th { color: var(--dim); font-size: 13px; white-space: nowrap; }
    tbody th { overflow-wrap: anywhere; }
    tr:last-child > * { border-bottom: 0; }
    tbody.more tr:last-child > *, tbody:not(:last-child) tr:last-child > * { border-bottom: 1px solid var(--line); }
    th.num, td.num { text-align: right; }
    td:last-child, th:last-child { padding-right: 0; }
    .version { color: var(--dim); }
    .share { width: 34%; white-space: nowrap; }
    td.share { display: flex; align-items: center; gap: 10px; width: auto; }
    td.share span { min-width: 6.5em; text-align: right; color: var(--dim); font-variant-numeric: tabular-nums; }
    .line { display: block; flex: 1; width: 100%; min-width: 60px; height: 9px; background: var(--soft); border-radius: 5px; }
    .swatch { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 9px; vertical-align: -1px; }
    .values th { width: 24%; min-width: 9em; padding-right: 20px; }
    .values td { overflow-wrap: anywhere; min-width: 8em; }
    button { font: inherit; color: inherit; cursor: pointer; }
    .quiet { background: none; border: 1px solid var(--line); border-radius: 8px; padding: 5px 14px; margin-top: 10px; }
    .quiet:hover, .switch button:hover { border-color: var(--dim); }
    details summary { cursor: pointer; }
    .block { margin-top: 16px; }
    .block > summary { font-weight: 600; margin-bottom: 6px; }
    .changes, .files, .steps { list-style: none; margin: 0; padding: 0; }
    .changes > li { border-bottom: 1px solid var(--line); }
    .changes > li:last-child { border-bottom: 0; }
    .changes summary, .files li { display: flex; gap: 10px; align-items: baseline; padding: 6px 0; }
    .changes summary::-webkit-details-marker { display: none; }
    .changes .what { font-weight: 600; overflow-wrap: anywhere; }
    .changes summary .dim { flex: 1; }
    .changes .num, .files .num { margin-left: auto; padding-left: 12px; }
    .changes .num.up { color: var(--up); }
    .changes .num.down { color: var(--down); }
    .files { padding: 0 0 10px 24px; font-size: 14px; }
    .files li { padding: 2px 0; }
    .mark { flex: none; width: 14px; text-align: center; font-weight: 700; color: var(--dim); }
    .mark.up { color: var(--down); }
    .mark.down { color: var(--up); }
    .level { display: inline-block; font-size: 12px; font-weight: 600; border-radius: 99px; padding: 0 9px; border: 1px solid; }
    .level.proven { color: var(--good); }
    .level.observed { color: var(--warn); }
    .level.declared { color: var(--tell); }
    .level.unknown { color: var(--dim); }
    .legend .level { margin: 0 2px 0 10px; }
    .legend .level:first-child { margin-left: 0; }
    .facts th:first-child { width: 30%; min-width: 12em; }
    .facts tbody th { font-weight: 600; }
    .facts :is(td, th):nth-child(2) { width: 8em; }
    .facts .inline:not([open]) { display: inline-block; margin: 0 0 0 10px; }
    .facts td code { background: var(--soft); border-radius: 5px; padding: 1px 6px; display: inline-block; margin: 1px 0; }
    .inline { font-size: 13px; color: var(--dim); margin-top: 3px; }
    .inline p { margin: 4px 0; }
    .open { color: var(--warn); font-size: 13px; margin-left: 10px; }
    p.open { margin-left: 0; }
    .steps li { display: grid; grid-template-columns: minmax(0, 30%) 1fr 5.5em; gap: 2px 16px; align-items: center; padding: 5px 0; }
    .steps .what { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
    .steps .line { height: 12px; }
    .steps .reason { grid-column: 2 / 4; font-size: 13px; margin-top: -2px; }
    .steps .ran { fill: hsl(214 var(--s-bar) var(--l-bar)); }
    .steps .reused { fill: hsl(158 var(--s-bar) var(--l-bar)); }
    .steps .failed { fill: hsl(8 var(--s-bar) var(--l-bar)); }
    .made { min-width: 9em; max-width: 26em; }
    .digests { min-width: 18em; }
    .digests code, .digests small { display: block; }
    @media (max-width: 700px) {
      th, td { padding-right: 10px; }
      .packages th:nth-child(2), .packages td:nth-child(2), .packages th:nth-child(3), .packages td:nth-child(3) { display: none; }
      td.share { display: table-cell; }
      td.share .line { display: none; }
      td.share span { min-width: 0; display: block; }
      .share { width: auto; text-align: right; }
      .steps li { grid-template-columns: 1fr auto; }
      .steps .line { grid-column: 1 / 3; grid-row: 2; }
      .steps .reason { grid-column: 1 / 3; margin: 0; }
      .changes summary { display: grid; grid-template-columns: 14px 1fr auto; gap: 0 10px; }
      .changes summary .dim { grid-column: 2 / 4; grid-row: 2; font-size: 14px; }
      .facts, .facts tbody, .facts tr, .facts td, .facts th { display: block; width: auto; border: 0; padding: 0; }
      .facts td:nth-child(2) { width: auto; }
      .facts thead { display: none; }
      .facts tr { padding: 9px 0; border-bottom: 1px solid var(--line); }
      .facts td { padding-top: 3px; }
    }
    @media print { section, .tiles div { break-inside: avoid; border-color: #bbb; } .switch, .quiet { display: none; } }

    """

  /// The bars and the treemap.
  private static let map =
    (0..<10).map { rank in
      """
      .c\(rank) { --h: var(--h\(rank)); }
      .swatch.c\(rank) { background: hsl(var(--h) var(--s-bar) var(--l-bar)); }
      .line .c\(rank) { fill: hsl(var(--h) var(--s-bar) var(--l-bar)); }

      """
    }.joined() + """
      .swatch.cn { background: var(--none-bar); }
      .line .cn { fill: var(--none-bar); }
      .bar { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; }
      .switch { display: inline-flex; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
      .switch button { border: 0; background: none; padding: 4px 14px; }
      .switch button[aria-pressed=true] { background: var(--soft); font-weight: 600; }
      #crumbs { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 4px; font-size: 14px; margin: 0 0 8px; min-height: 27px; }
      #crumbs button { border: 0; background: none; color: var(--accent); padding: 2px 4px; border-radius: 5px; overflow-wrap: anywhere; text-align: left; }
      #crumbs button:hover { text-decoration: underline; }
      #crumbs b { padding: 2px 4px; overflow-wrap: anywhere; }
      #map { position: relative; width: 100%; height: 500px; overflow: hidden; border-radius: 8px; background: var(--soft);
        font-size: 12px; line-height: 16px; user-select: none; }
      [hidden] { display: none !important; }
      .cell { position: absolute; overflow: hidden; color: var(--cell-ink); border-radius: 3px; cursor: zoom-in;
        background: hsl(var(--h) var(--s) calc(var(--l) + var(--d, 0%))); }
      .cell .cell { box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--cell-ink) 13%, transparent); }
      .cell.none { background: var(--none); }
      .cell.frame { background: color-mix(in srgb, var(--card) 88%, var(--ink)); box-shadow: inset 0 0 0 1px var(--line); color: var(--ink); }
      .cell.file { cursor: default; }
      .cell > span { display: block; padding: 1px 5px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; pointer-events: none; }
      .cell > span i { font-style: normal; opacity: .72; margin-left: 5px; }
      .cell.head > span { font-weight: 600; }
      .cell.hot.hot { box-shadow: inset 0 0 0 2px var(--ink); }
      .cell:focus-visible { outline: 3px solid var(--accent); outline-offset: -3px; z-index: 2; }
      #detail { color: var(--dim); font-size: 14px; margin: 8px 0 0; min-height: 3em; overflow-wrap: anywhere; }
      #detail b { color: var(--ink); font-weight: 600; }
      #tip { position: fixed; z-index: 5; max-width: min(460px, 90vw); pointer-events: none; background: var(--ink); color: var(--bg);
        border-radius: 8px; padding: 7px 11px; font-size: 13px; overflow-wrap: anywhere; box-shadow: 0 4px 18px rgb(0 0 0 / .25); }
      #tip b { display: block; }
      #table button { border: 0; background: none; color: var(--accent); padding: 0; text-align: left; overflow-wrap: anywhere; }
      #table { overflow-x: auto; }
      #table tbody th { min-width: 9em; }
      @media (max-width: 700px) {
        #map { height: 430px; }
        #table :is(td, th):nth-child(2), #table :is(td, th):nth-child(3) { display: none; }
      }

      """
}
