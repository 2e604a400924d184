import { type BinaryOperator, type Expression, ExpressionError, parseExpression } from './expression.js';
import { matchesPattern } from './pattern.js';
import { MAX_VALUE, type Variables, valueOfVariable } from './variables.js';

// What an expression comes to. One visit per part of it, and every text stays within MAX_VALUE: it cannot run away.

export type Value = number | string | boolean;

const NUMERIC = /^-?\d{1,15}(\.\d{1,12})?$/;
const LARGEST = 1e15;

/** Variables and texts that look like a number count as one where a number is needed. */
function numberOf(value: Value, at: number): number {
  if (typeof value === 'number') return value;
  const text = String(value).trim();
  if (typeof value === 'string' && NUMERIC.test(text)) return Number(text);
  throw new ExpressionError(`${JSON.stringify(value)} is no number`, at);
}

function truthOf(value: Value, at: number): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  if (value === 'false' || value === '') return false;
  throw new ExpressionError(`${JSON.stringify(value)} is neither true nor false`, at);
}

/** As a variable keeps it: a number without exponent or the dust of binary fractions. */
export function textOf(value: Value): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(15))) : String(value);
}

function bounded(value: Value, at: number): Value {
  if (typeof value === 'number' && (!Number.isFinite(value) || Math.abs(value) > LARGEST))
    throw new ExpressionError('the number is too large', at);
  if (typeof value === 'string' && value.length > MAX_VALUE) throw new ExpressionError(`the text is longer than ${MAX_VALUE}`, at);
  return value;
}

/** Two numbers, or two texts that both look like one against a number, compare as numbers; all else as texts. */
function compare(left: Value, right: Value): number {
  const numbers = [left, right].map((v) => (typeof v === 'number' ? v : NUMERIC.test(String(v).trim()) ? Number(v) : Number.NaN));
  const [a = Number.NaN, b = Number.NaN] = numbers;
  const numeric = (typeof left === 'number' || typeof right === 'number') && !Number.isNaN(a) && !Number.isNaN(b);
  if (numeric) return a - b;
  const [x, y] = [textOf(left), textOf(right)];
  return x === y ? 0 : x < y ? -1 : 1;
}

/** Like `compare`, but two texts that look like numbers are numbers: `digits < limit` means what it says. */
function order(left: Value, right: Value): number {
  const both = [left, right].every((v) => typeof v === 'number' || (typeof v === 'string' && NUMERIC.test(v.trim())));
  return both ? Number(left) - Number(right) : compare(left, right);
}

function divided(operator: '/' | '%', a: number, b: number, at: number): number {
  if (b === 0) throw new ExpressionError('division by zero', at);
  return operator === '/' ? a / b : a % b;
}

function binary(operator: Exclude<BinaryOperator, 'or' | 'and'>, left: Value, right: Value, at: number): Value {
  switch (operator) {
    case '==':
      return compare(left, right) === 0;
    case '!=':
      return compare(left, right) !== 0;
    case '<':
      return order(left, right) < 0;
    case '<=':
      return order(left, right) <= 0;
    case '>':
      return order(left, right) > 0;
    case '>=':
      return order(left, right) >= 0;
    case '+':
      return numberOf(left, at) + numberOf(right, at);
    case '-':
      return numberOf(left, at) - numberOf(right, at);
    case '*':
      return numberOf(left, at) * numberOf(right, at);
    default:
      return divided(operator, numberOf(left, at), numberOf(right, at), at);
  }
}

interface Arguments {
  text(i: number): string;
  number(i: number, otherwise?: number): number;
  values: readonly Value[];
}

interface Func {
  least: number;
  most: number;
  run(args: Arguments): Value;
}

const texts = (count: number, run: (...texts: string[]) => Value): Func => ({
  least: count,
  most: count,
  run: (args) => run(...Array.from({ length: count }, (_, i) => args.text(i))),
});
const numbers = (run: (value: number) => number): Func => ({ least: 1, most: 1, run: (args) => run(args.number(0)) });

function rounded(value: number, digits: number): number {
  const factor = 10 ** Math.min(Math.max(Math.trunc(digits), 0), 10);
  return Math.round(value * factor) / factor;
}

/** Functions by name. Positions in texts count from 1. */
const FUNCTIONS: Readonly<Record<string, Func>> = {
  length: texts(1, (text) => text.length),
  lower: texts(1, (text) => text.toLowerCase()),
  upper: texts(1, (text) => text.toUpperCase()),
  trim: texts(1, (text) => text.trim()),
  contains: texts(2, (text, part) => text.includes(part)),
  startsWith: texts(2, (text, part) => text.startsWith(part)),
  endsWith: texts(2, (text, part) => text.endsWith(part)),
  indexOf: texts(2, (text, part) => text.indexOf(part) + 1),
  replace: texts(3, (text, part, by) => (part === '' ? text : text.split(part).join(by))),
  matches: texts(2, (text, pattern) => matchesPattern(pattern, text)),
  concat: { least: 1, most: 10, run: (args) => args.values.map((_, i) => args.text(i)).join('') },
  left: { least: 2, most: 2, run: (args) => args.text(0).slice(0, Math.max(args.number(1), 0)) },
  right: { least: 2, most: 2, run: (args) => (args.number(1) > 0 ? args.text(0).slice(-args.number(1)) : '') },
  substring: {
    least: 2,
    most: 3,
    run: (args) => {
      const from = Math.max(args.number(1), 1) - 1;
      return args.text(0).slice(from, from + Math.max(args.number(2, MAX_VALUE), 0));
    },
  },
  number: { least: 1, most: 1, run: (args) => args.number(0) },
  text: texts(1, (text) => text),
  isNumber: texts(1, (text) => NUMERIC.test(text.trim())),
  round: { least: 1, most: 2, run: (args) => rounded(args.number(0), args.number(1, 0)) },
  floor: numbers(Math.floor),
  ceil: numbers(Math.ceil),
  abs: numbers(Math.abs),
  min: { least: 1, most: 10, run: (args) => Math.min(...args.values.map((_, i) => args.number(i))) },
  max: { least: 1, most: 10, run: (args) => Math.max(...args.values.map((_, i) => args.number(i))) },
};

function called(name: string, given: readonly Expression[], variables: Variables, at: number): Value {
  if (name === 'if') {
    const [condition, then, otherwise] = given;
    if (given.length !== 3 || !condition || !then || !otherwise) throw new ExpressionError('if takes 3 values', at);
    return truthOf(evaluate(condition, variables), condition.at) ? evaluate(then, variables) : evaluate(otherwise, variables);
  }
  const values = given.map((arg) => evaluate(arg, variables));
  if (name === 'var') return valueOfVariable(variables, textOf(values[0] ?? ''));
  const func = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!func) throw new ExpressionError(`there is no function ${name}`, at);
  return func.run({
    values,
    text: (i) => textOf(values[i] ?? ''),
    number: (i, otherwise = 0) => {
      const value = values[i];
      return value === undefined ? otherwise : numberOf(value, given[i]?.at ?? at);
    },
  });
}

/** @throws ExpressionError when it cannot be worked out */
export function evaluate(expression: Expression, variables: Variables): Value {
  const { at } = expression;
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'variable':
      return valueOfVariable(variables, expression.name);
    case 'call':
      return bounded(called(expression.name, expression.args, variables, at), at);
    case 'unary': {
      const value = evaluate(expression.of, variables);
      return expression.operator === 'not' ? !truthOf(value, expression.of.at) : -numberOf(value, expression.of.at);
    }
    case 'binary': {
      const { operator, left, right } = expression;
      if (operator === 'or' || operator === 'and') {
        const first = truthOf(evaluate(left, variables), left.at);
        return first === (operator === 'or') ? first : truthOf(evaluate(right, variables), right.at);
      }
      return bounded(binary(operator, evaluate(left, variables), evaluate(right, variables), at), at);
    }
  }
}

/** The expression worked out over the variables, as truth. @throws ExpressionError */
export const isTrue = (text: string, variables: Variables): boolean => truthOf(evaluate(parseExpression(text), variables), 1);

/** What is wrong with the form of an expression, functions and their values counted; undefined when nothing is. */
export function expressionFault(text: string): string | undefined {
  try {
    check(parseExpression(text));
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}

function check(expression: Expression): void {
  if (expression.kind === 'unary') check(expression.of);
  if (expression.kind === 'binary') {
    check(expression.left);
    check(expression.right);
  }
  if (expression.kind !== 'call') return;
  const { name, args, at } = expression;
  const own = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  const limits = name === 'if' ? { least: 3, most: 3 } : name === 'var' ? { least: 1, most: 1 } : own;
  if (!limits) throw new ExpressionError(`there is no function ${name}`, at);
  if (args.length < limits.least || args.length > limits.most) {
    const count = limits.least === limits.most ? String(limits.least) : `${limits.least} to ${limits.most}`;
    throw new ExpressionError(`${name} takes ${count} values, not ${args.length}`, at);
  }
  args.forEach(check);
}
