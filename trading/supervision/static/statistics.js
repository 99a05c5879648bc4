// Draws the charts of supervision. The tables on the page hold the same numbers, so nothing is lost without them.

import * as echarts from "/static/frontend/echarts/echarts.esm.min.js";

const data = JSON.parse(document.getElementById("chart-data")?.textContent ?? "null");
const drawn = [];

function option(rows) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const font = getComputedStyle(document.body).fontFamily;
  const ink = { color: colour("--ink"), fontFamily: font, fontSize: 13 };
  const bars = (name, key, fill) => ({ name, type: "bar", stack: "all", barMaxWidth: 28, itemStyle: { color: fill }, data: rows.map((row) => row[key]) });
  return {
    animation: false,
    textStyle: ink,
    grid: { left: 8, right: 8, top: 44, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: ink },
    tooltip: { trigger: "axis", confine: true, axisPointer: { type: "shadow" }, backgroundColor: colour("--paper"), borderColor: colour("--line"), textStyle: ink },
    xAxis: { type: "category", data: rows.map((row) => row.name), axisLabel: { color: colour("--ink-2"), hideOverlap: true }, axisLine: { lineStyle: { color: colour("--line-strong") } }, axisTick: { show: false } },
    yAxis: { type: "value", minInterval: 1, axisLabel: { color: colour("--ink-2") }, splitLine: { lineStyle: { color: colour("--line") } } },
    series: [bars(data.words.met, "met", colour("--success")), bars(data.words.missed, "missed", colour("--warning"))],
  };
}

function draw(id, rows) {
  const element = document.getElementById(id);
  if (!element) return;
  const chart = echarts.init(element, null, { renderer: "svg" });
  chart.setOption(option(rows));
  new ResizeObserver(() => chart.resize()).observe(element);
  drawn.push([chart, rows]);
}

await document.fonts.ready;
draw("chart-limits", data.months);
draw("chart-who", data.whos);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const [chart, rows] of drawn) chart.setOption(option(rows), true);
});
