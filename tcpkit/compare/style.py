"""What the comparison's page adds to the style sheet of all pages (tcpkit/page), whose colours
it uses.
"""

from typing import Final

CSS: Final = """\
main { max-width: 80rem; }
.what { font-size: 17px; line-height: 1.4; font-weight: 600; margin: 8px 0 12px; }
.dim { color: var(--soft); } .worse { color: var(--mark); } .better { color: var(--good); }
.warn { margin: 6px 0; padding-left: 10px; border-left: 3px solid var(--some); }
.wide { overflow-x: auto; }
main h2 { margin-top: 26px; }
.wide table { border-collapse: collapse; width: 100%; }
.wide th, .wide td { padding: 2px 10px; text-align: right; white-space: nowrap; border: 0; }
.wide th { color: var(--soft); font-weight: 500; border-bottom: 1px solid var(--line); }
.wide th:first-child, .wide td:first-child { text-align: left; }
.wide tr.command td { border-top: 1px solid var(--line); padding-top: 8px; }
.wide td.name { font-family: ui-monospace, monospace; white-space: normal; }
svg.change { display: block; width: 240px; height: 18px; margin-left: auto; }
.change .axis { stroke: var(--line); } .change .zero { stroke: var(--soft); }
.change .bar { stroke: var(--soft); stroke-width: 3; } .change .dot { fill: var(--soft); }
.change.worse .bar { stroke: var(--mark); } .change.worse .dot { fill: var(--mark); }
.change.better .bar { stroke: var(--good); } .change.better .dot { fill: var(--good); }
"""
