// Draws the two charts of the report. The tables on the page hold the same amounts, so nothing is lost without them.

import * as echarts from "/static/frontend/echarts/echarts.esm.min.js";
import { categoryAxis, colours, common, valueAxis } from "/static/reports/chart_parts.js";

const data = JSON.parse(document.getElementById("chart-data")?.textContent ?? "null");
const charts = [];

function land(c) {
  return {
    ...common(c),
    xAxis: categoryAxis(c, data.land.map((month) => month.month)),
    yAxis: valueAxis(c),
    series: [
      { name: data.words.start, type: "bar", barGap: "10%", barMaxWidth: 22, itemStyle: { color: c.before }, data: data.land.map((month) => Number(month.start)) },
      { name: data.words.final, type: "bar", barMaxWidth: 22, itemStyle: { color: c.after }, data: data.land.map((month) => Number(month.final)) },
    ],
  };
}

function bought(c) {
  const names = data.bought.map((each) => data.words.categories[each.category]);
  const rate = ({ dataIndex }) => `${data.bought[dataIndex].rate} %`;
  return {
    ...common(c),
    grid: { left: 124, right: 64, top: 44, bottom: 28, containLabel: false },
    xAxis: valueAxis(c),
    yAxis: { ...categoryAxis(c, names), inverse: true, axisLabel: { color: c.ink, fontSize: 13, width: 108, overflow: "break" } },
    series: [
      { name: data.words.award, type: "bar", stack: "all", barMaxWidth: 32, itemStyle: { color: c.after }, data: data.bought.map((each) => Number(each.award)) },
      { name: data.words.saved, type: "bar", stack: "all", barMaxWidth: 32, itemStyle: { color: c.saved }, data: data.bought.map((each) => Number(each.saved)), label: { show: true, position: "right", color: c.ink, fontFamily: c.font, formatter: rate } },
    ],
  };
}

function draw() {
  const c = colours();
  for (const { chart, options } of charts) chart.setOption(options(c), true);
}

if (data) {
  for (const [id, options] of [["chart-land", land], ["chart-bought", bought]]) {
    const place = document.getElementById(id);
    if (place) charts.push({ chart: echarts.init(place, null, { renderer: "svg" }), options });
  }
  draw();
  // The letters arrive after the page: measure again with them.
  document.fonts.ready.then(draw);
  new ResizeObserver(() => charts.forEach(({ chart }) => chart.resize())).observe(document.querySelector(".charts"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
