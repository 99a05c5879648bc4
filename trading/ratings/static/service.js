// Draws the charts of service statistics. The tables on the page hold the same numbers, so nothing is lost without them.

import * as echarts from "/static/frontend/echarts/echarts.esm.min.js";
import { categoryAxis, colours, common, valueAxis } from "/static/reports/chart_parts.js";

const data = JSON.parse(document.getElementById("service-data").textContent);
const names = data.quarters.map((quarter) => quarter.name);

function bars(name, key, colour, more = {}) {
  const values = data.quarters.map((quarter) => (quarter[key] === null ? null : Number(quarter[key])));
  return { name, type: "bar", barMaxWidth: 32, itemStyle: { color: colour }, data: values, ...more };
}

function cases(c) {
  return {
    ...common(c),
    xAxis: categoryAxis(c, names),
    yAxis: { ...valueAxis(c), minInterval: 1 },
    series: [
      bars(data.words.in_time, "in_time", c.after, { stack: "all" }),
      bars(data.words.late, "late", c.before, { stack: "all" }),
    ],
  };
}

function satisfaction(c) {
  const label = { show: true, position: "top", color: c.ink, fontFamily: c.font, formatter: ({ value }) => `${value} %` };
  return {
    ...common(c),
    xAxis: categoryAxis(c, names),
    yAxis: { ...valueAxis(c), min: 0, max: 100 },
    series: [bars(data.words.satisfaction, "satisfaction", c.saved, { label })],
  };
}

const charts = [["chart-cases", cases], ["chart-satisfaction", satisfaction]].map(([id, options]) => ({
  chart: echarts.init(document.getElementById(id), null, { renderer: "svg" }),
  options,
}));

function draw() {
  const c = colours();
  for (const { chart, options } of charts) {
    const drawn = options(c);
    // Whole numbers and percents, not amounts of money.
    delete drawn.tooltip.valueFormatter;
    chart.setOption(drawn, true);
  }
}

draw();
// The letters arrive after the page: measure again with them.
document.fonts.ready.then(draw);
new ResizeObserver(() => charts.forEach(({ chart }) => chart.resize())).observe(document.querySelector(".charts"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
