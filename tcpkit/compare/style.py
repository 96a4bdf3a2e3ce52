"""The look of the comparison's page, in light and dark."""

from typing import Final

CSS: Final = """\
:root { color-scheme: light dark; --text: #1c1e21; --dim: #63686f; --ground: #fff;
  --line: #d9dce0; --worse: #b3261e; --better: #1a6b3c; --bar: #8a93a0; --note: #fff4d6; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e6ea; --dim: #9aa1ab; --ground: #16181c; --line: #343942;
    --worse: #ff8a80; --better: #7ddc9f; --bar: #78828f; --note: #3a3115; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--text); background: var(--ground);
  max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.answer { font-size: 1.2rem; } .dim { color: var(--dim); }
.doubt { background: var(--note); padding: .4rem .7rem; margin: .3rem 0; border-radius: 4px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; text-align: right; white-space: nowrap; vertical-align: middle; }
th { color: var(--dim); font-weight: 500; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child, td.name { text-align: left; }
tr.command td { border-top: 1px solid var(--line); padding-top: .5rem; text-align: left; }
td.name { font-family: ui-monospace, monospace; white-space: normal; overflow-wrap: anywhere; }
.worse { color: var(--worse); } .better { color: var(--better); }
svg { display: block; width: 15rem; height: 1.1rem; }
svg .axis { stroke: var(--line); } svg .zero { stroke: var(--dim); }
svg .bar { stroke: var(--bar); stroke-width: 3; } svg .dot { fill: var(--bar); }
svg.worse .bar { stroke: var(--worse); } svg.worse .dot { fill: var(--worse); }
svg.better .bar { stroke: var(--better); } svg.better .dot { fill: var(--better); }
"""
