/**
 * How two lists differ, by their longest common row: ` ` in both, `-` expected and missing, `+` there and not expected.
 * @returns undefined when they are the same
 */
export function linesDiffer(expected: readonly string[], actual: readonly string[]): string | undefined {
  if (expected.length === actual.length && expected.every((line, i) => line === actual[i])) return undefined;
  const common = lengths(expected, actual);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < expected.length || j < actual.length) {
    const [left, right] = [expected[i], actual[j]];
    if (left !== undefined && left === right) {
      lines.push(`    ${left}`);
      i++;
      j++;
    } else if (right === undefined || (left !== undefined && at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push(`  - ${left}`);
      i++;
    } else {
      lines.push(`  + ${right}`);
      j++;
    }
  }
  return lines.join('\n');
}

const at = (table: readonly number[][], i: number, j: number): number => table[i]?.[j] ?? 0;

/** Length of the longest common row of what is left, by where each list stands. */
function lengths(a: readonly string[], b: readonly string[]): number[][] {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = table[i];
      if (row) row[j] = a[i] === b[j] ? at(table, i + 1, j + 1) + 1 : Math.max(at(table, i + 1, j), at(table, i, j + 1));
    }
  }
  return table;
}
