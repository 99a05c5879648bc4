// What the charts of public figures have in common: colours, letters, axes.

export function colours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  return {
    ink: colour("--ink"),
    quiet: colour("--ink-2"),
    line: colour("--line"),
    paper: colour("--paper"),
    before: colour("--line-strong"),
    after: colour("--blue"),
    saved: colour("--success"),
    font: getComputedStyle(document.body).fontFamily,
  };
}

const amount = (value) => Number(value).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export function common(c) {
  return {
    animation: false,
    textStyle: { fontFamily: c.font, color: c.ink, fontSize: 13 },
    grid: { left: 8, right: 8, top: 44, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: { color: c.ink, fontFamily: c.font, fontSize: 13 } },
    tooltip: {
      trigger: "axis",
      confine: true,
      axisPointer: { type: "shadow" },
      backgroundColor: c.paper,
      borderColor: c.line,
      textStyle: { color: c.ink, fontFamily: c.font },
      valueFormatter: amount,
    },
  };
}

export const valueAxis = (c) => ({
  type: "value",
  axisLabel: { color: c.quiet, formatter: (value) => value.toLocaleString("en") },
  splitLine: { lineStyle: { color: c.line } },
});

export const categoryAxis = (c, names) => ({
  type: "category",
  data: names,
  axisLabel: { color: c.quiet, hideOverlap: true },
  axisLine: { lineStyle: { color: c.before } },
  axisTick: { show: false },
});
