# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The style of the report's page: light and dark, wide and narrow, on a screen and on paper."""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f4f6f9; --card: #ffffff; --sunk: #eef1f5; --ink: #17202b; --soft: #55606e;
  --rule: #d8dee6; --link: #aebfe6;
  --ok: #17703a; --ok-back: #e2f4e8; --failed: #b3261e; --failed-back: #fdeae8;
  --not_probed: #5d6773; --not_probed-back: #e9ecf0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1217; --card: #171d25; --sunk: #1f2731; --ink: #e8ecf1; --soft: #a3aebb;
    --rule: #313b47; --link: #46598a;
    --ok: #56d083; --ok-back: #12321f; --failed: #ff8a80; --failed-back: #431d1b;
    --not_probed: #a9b3bf; --not_probed-back: #29323d;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif;
}
main { max-width: 1200px; margin: 0 auto; padding: 28px 20px 56px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 18px; margin: 36px 0 10px; }
h3 { font-size: 15px; margin: 0; overflow-wrap: anywhere; }
p { margin: 4px 0; }
code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, "Liberation Mono", monospace; font-size: 13px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 8px 0 0; color: var(--soft); }
.soft { color: var(--soft); }
.ok { color: var(--ok); } .failed { color: var(--failed); } .not_probed { color: var(--not_probed); }
header { padding: 20px 24px 16px; border-radius: 14px; background: var(--card); border: 1px solid var(--rule); border-left: 8px solid currentColor; }
header h1 { color: inherit; } header p { color: var(--ink); } header p.failed { color: var(--failed); } header p.soft { color: var(--soft); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 14px 0 0; padding: 0; }
.figures div { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 12px 16px; }
.figures dt { color: var(--soft); font-size: 13px; }
.figures dd { margin: 0; font-size: 22px; font-weight: 650; font-variant-numeric: tabular-nums; }
.figures dd small { display: inline-block; line-height: 1.4; font-size: 13px; font-weight: 400; color: var(--soft); }
.failure { background: var(--card); border: 1px solid var(--rule); border-left: 5px solid var(--failed); border-radius: 10px; padding: 12px 16px; margin: 10px 0; }
.failure.warning, .failure.info { border-left-color: var(--not_probed); } h3.ways { margin: 22px 0 8px; }
.failure p { overflow-wrap: anywhere; }
.failure ol { margin: 8px 0 0; padding-left: 22px; } .failure li { overflow-wrap: anywhere; margin: 2px 0; } .failure li { color: var(--ink); } .failure li.failed { color: var(--failed); } .failure li.not_probed { color: var(--soft); }
figure { margin: 0; padding: 18px; background: var(--card); border: 1px solid var(--rule); border-radius: 14px; }
#topology { width: fit-content; min-width: 100%; max-width: 96vw; margin-left: 50%; transform: translateX(-50%); } #topology > h2 { max-width: 1160px; margin-left: auto; margin-right: auto; }
.scroll {
  overflow-x: auto; background: linear-gradient(to left, var(--card) 24px, transparent 48px) right local, linear-gradient(to left, var(--rule), transparent 24px) right scroll var(--card);
}
svg.topology { display: block; margin: 0 auto; max-width: 100%; height: auto; }
svg.narrow { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 22px; margin: 16px 0 0; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: 8px; } .legend svg { flex: none; }
.topology text, .legend text { font-size: 12px; fill: var(--ink); }
.box { fill: var(--sunk); stroke: var(--rule); } .outside .box { stroke-dasharray: 5 4; fill: none; }
.card { fill: var(--card); stroke: var(--rule); }
.topology .name { font-size: 14px; font-weight: 650; } .topology .host { font-size: 13.5px; font-weight: 600; }
.topology .detail, .topology .address { fill: var(--soft); font-family: ui-monospace, "SF Mono", Menlo, "Liberation Mono", monospace; }
.topology .said { font-size: 11px; } .topology .zone { fill: var(--soft); font-size: 11.5px; }
.topology .group { fill: var(--soft); font-size: 11.5px; font-weight: 600; letter-spacing: 0.04em; }
.topology .sign { font-size: 14px; font-weight: 700; }
.topology .sign.ok { fill: var(--ok); } .topology .sign.failed { fill: var(--failed); } .topology .sign.not_probed { fill: var(--not_probed); }
.peering { fill: none; stroke: var(--link); stroke-width: 9; stroke-linecap: round; opacity: 0.55; }
.flow { --tone: var(--ok); --back: var(--ok-back); } .label { --tone: var(--ok); --back: var(--ok-back); }
.flow.failed, .label.failed { --tone: var(--failed); --back: var(--failed-back); }
.flow.not_probed, .label.not_probed { --tone: var(--not_probed); --back: var(--not_probed-back); }
.flow path { fill: none; } .flow .halo { stroke: var(--card); stroke-width: 6; }
.flow .line { stroke: var(--tone); stroke-width: 2; } .flow .tip { fill: var(--tone); }
.flow.failed .line { stroke-width: 2.5; stroke-dasharray: 8 4; } .flow.not_probed .line { stroke-dasharray: 2 4; }
.pill { fill: var(--back); stroke: var(--tone); } .topology .said { fill: var(--tone); font-weight: 600; font-variant-numeric: tabular-nums; }
.table { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; overflow: auto; max-height: 620px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 8px 12px; text-align: left; border-top: 1px solid var(--rule); vertical-align: top; }
tr:first-child > th, tr:first-child > td { border-top: 0; } tbody tr:first-child > * { border-top: 1px solid var(--rule); }
thead th { font-size: 13px; font-weight: 600; color: var(--soft); position: sticky; top: 0; background: var(--card); z-index: 1; }
tbody th { font-weight: 600; overflow-wrap: anywhere; } .number { text-align: right; }
thead th, td { white-space: nowrap; }
.badge { display: inline-block; padding: 1px 10px; border-radius: 99px; font-size: 13px; font-weight: 600; white-space: nowrap; }
.badge.ok { background: var(--ok-back); } .badge.failed { background: var(--failed-back); } .badge.not_probed { background: var(--not_probed-back); }
.matrix th, .matrix td { border-left: 1px solid var(--rule); padding: 6px 10px; white-space: nowrap; font-size: 13px; }
.matrix tr > :first-child { border-left: 0; position: sticky; left: 0; background: var(--card); z-index: 1; }
.matrix thead tr > :first-child { z-index: 2; } .matrix thead th { vertical-align: bottom; } .matrix thead small { display: block; font-weight: 400; }
.matrix td.open.ok { background: var(--ok-back); } .matrix td.closed.ok { color: var(--soft); }
.matrix td.failed { background: var(--failed-back); font-weight: 650; } .matrix td.not_probed { background: var(--not_probed-back); }
.bar { display: block; height: 6px; min-width: 2px; border-radius: 3px; background: var(--ok); margin-top: 4px; }
section > .figures { margin: 0 0 12px; } div.said { margin-top: 14px; }
.track { display: block; width: 100%; min-width: 80px; }
details { margin-top: 12px; } summary { cursor: pointer; padding: 6px 0; }
footer { margin-top: 36px; color: var(--soft); font-size: 13px; }
@media (max-width: 720px) {
  main { padding: 14px 12px 40px; } h1 { font-size: 22px; } header { padding: 16px 18px; }
  figure { padding: 12px 6px; } .legend { padding: 0 8px; }
  .figures { grid-template-columns: 1fr 1fr; gap: 8px; } .figures div { padding: 10px 12px; }
  svg.narrow { display: block; } svg.wide { display: none; }
  .list thead { display: none; } .list tr { display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 10px 14px; border-top: 1px solid var(--rule); }
  .list tbody tr > * { border: 0; padding: 0; text-align: left; } .list tbody tr:first-child { border: 0; } .list th { flex: 1 0 100%; }
  .table { max-height: 1100px; } .list .track { display: none; }
  .list td::before { content: attr(data-head) " "; color: var(--soft); font-size: 13px; }
}
@media print { body { background: none; } figure, .failure, .table { break-inside: avoid; max-height: none; } }
"""  # noqa: E501 - a rule to a line is easier to read than one wrapped
