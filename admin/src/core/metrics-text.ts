/** Name → value as the stages give them, labels in the name: `sip_requests_total{method="INVITE"}`. */
export type Samples = Readonly<Record<string, number>>;

const NAME = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^{}\n]*\})?$/;

/**
 * Samples in the Prometheus text format (version 0.0.4), grouped by family; `…_total` is a counter, the rest are gauges.
 * @param taken families that stand in the text already
 * @returns the text, and the names that are not Prometheus names or were taken: a scrape would fail on them
 */
export function metricsText(sources: readonly Samples[], taken: ReadonlySet<string>): { text: string; refused: string[] } {
  const families = new Map<string, Map<string, number>>();
  const refused: string[] = [];
  for (const samples of sources) {
    for (const [name, value] of Object.entries(samples)) {
      const family = NAME.exec(name)?.[1];
      if (family === undefined || taken.has(family)) {
        refused.push(name);
        continue;
      }
      const series = families.get(family) ?? new Map<string, number>();
      series.set(name, value);
      families.set(family, series);
    }
  }
  const lines: string[] = [];
  for (const [family, series] of families) {
    lines.push(`# TYPE ${family} ${family.endsWith('_total') ? 'counter' : 'gauge'}`);
    for (const [name, value] of series) lines.push(`${name} ${number(value)}`);
  }
  return { text: lines.length === 0 ? '' : `${lines.join('\n')}\n`, refused };
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
