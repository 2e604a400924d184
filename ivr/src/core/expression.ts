// The expression language of flows: parsed to data, evaluated over variables, never executed as text.
//
//   or    := and ('or' and)*            and := not ('and' not)*          not := 'not' not | compare
//   compare := sum (('=='|'!='|'<'|'<='|'>'|'>=') sum)?
//   sum   := term (('+'|'-') term)*     term := unary (('*'|'/'|'%') unary)*     unary := '-' unary | primary
//   primary := number | 'text' | "text" | true | false | variable | function '(' … ')' | '(' or ')'

/** Longest expression, in characters. */
export const MAX_EXPRESSION = 500;
const MAX_DEPTH = 30;

/** Wrong in form, or not to be worked out; `at` counts characters from 1. */
export class ExpressionError extends Error {
  readonly at: number;

  constructor(reason: string, at: number) {
    super(`${reason} (at character ${at})`);
    this.name = 'ExpressionError';
    this.at = at;
  }
}

export type BinaryOperator = 'or' | 'and' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%';

export type Expression =
  | { kind: 'literal'; value: number | string | boolean; at: number }
  | { kind: 'variable'; name: string; at: number }
  | { kind: 'call'; name: string; args: Expression[]; at: number }
  | { kind: 'unary'; operator: 'not' | '-'; of: Expression; at: number }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression; at: number };

interface Token {
  kind: 'number' | 'text' | 'name' | 'sign' | 'end';
  text: string;
  at: number;
}

const TOKEN = /\s*(?:(\d+(?:\.\d+)?)|'([^']*)'|"([^"]*)"|([A-Za-z_]\w*)|(==|!=|<=|>=|[-+*/%<>(),]))/y;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  let end = 0;
  while (text.slice(end).trim() !== '') {
    pattern.lastIndex = end;
    const match = pattern.exec(text);
    const at = end + (text.slice(end).length - text.slice(end).trimStart().length) + 1;
    if (!match) throw new ExpressionError(`${JSON.stringify(text.charAt(at - 1))} is not expected here`, at);
    const [, number, single, double, name, sign] = match;
    if (number !== undefined) tokens.push({ kind: 'number', text: number, at });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, at });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, at });
    else tokens.push({ kind: 'text', text: single ?? double ?? '', at });
    end = pattern.lastIndex;
  }
  return [...tokens, { kind: 'end', text: 'the end', at: text.length + 1 }];
}

/** Binary operators from loosest to tightest; `not` stands between the second and the third. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [['or'], ['and'], ['==', '!=', '<', '<=', '>', '>='], ['+', '-'], ['*', '/', '%']];
const COMPARISON = 2;
const WORDS = new Set(['or', 'and', 'not', 'true', 'false']);

class Parser {
  #tokens: Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  whole(): Expression {
    const expression = this.#level(0);
    const rest = this.#token;
    if (rest.kind !== 'end') throw new ExpressionError(`${rest.text} is not expected here`, rest.at);
    return expression;
  }

  get #token(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: 'the end', at: 0 };
  }

  #is(text: string): boolean {
    return (this.#token.kind === 'sign' || this.#token.kind === 'name') && this.#token.text === text;
  }

  #expect(text: string): void {
    if (!this.#is(text)) throw new ExpressionError(`${text} is expected, not ${this.#token.text}`, this.#token.at);
    this.#next++;
  }

  #deeper<T>(inner: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw new ExpressionError('nested too deeply', this.#token.at);
    const result = inner();
    this.#depth--;
    return result;
  }

  #level(level: number): Expression {
    const operators = LEVELS[level];
    if (!operators) return this.#unary();
    if (level === COMPARISON && this.#is('not')) {
      const { at } = this.#token;
      this.#next++;
      return { kind: 'unary', operator: 'not', of: this.#deeper(() => this.#level(level)), at };
    }
    let left = this.#level(level + 1);
    for (let operator = operators.find((o) => this.#is(o)); operator; operator = operators.find((o) => this.#is(o))) {
      const { at } = this.#token;
      this.#next++;
      left = { kind: 'binary', operator, left, right: this.#level(level + 1), at };
      if (level === COMPARISON) break;
    }
    return left;
  }

  #unary(): Expression {
    if (!this.#is('-')) return this.#primary();
    const { at } = this.#token;
    this.#next++;
    return { kind: 'unary', operator: '-', of: this.#deeper(() => this.#unary()), at };
  }

  #primary(): Expression {
    const token = this.#token;
    const { at, text } = token;
    this.#next++;
    if (token.kind === 'number') return { kind: 'literal', value: Number(text), at };
    if (token.kind === 'text') return { kind: 'literal', value: text, at };
    if (token.kind === 'sign' && text === '(') {
      const inner = this.#deeper(() => this.#level(0));
      this.#expect(')');
      return inner;
    }
    if (token.kind !== 'name') throw new ExpressionError(`a value is expected, not ${text}`, at);
    if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true', at };
    if (WORDS.has(text)) throw new ExpressionError(`a value is expected, not ${text}`, at);
    return this.#is('(') ? { kind: 'call', name: text, args: this.#arguments(), at } : { kind: 'variable', name: text, at };
  }

  #arguments(): Expression[] {
    this.#expect('(');
    const args: Expression[] = [];
    while (!this.#is(')')) {
      if (args.length > 0) this.#expect(',');
      args.push(this.#deeper(() => this.#level(0)));
    }
    this.#expect(')');
    return args;
  }
}

/** @throws ExpressionError naming what is wrong and where */
export function parseExpression(text: string): Expression {
  if (text.length > MAX_EXPRESSION) throw new ExpressionError(`longer than ${MAX_EXPRESSION} characters`, MAX_EXPRESSION + 1);
  return new Parser(text).whole();
}

/** The variables an expression looks at; `var('name')` reaches names that hold a hyphen. */
export function expressionVariables(expression: Expression): string[] {
  switch (expression.kind) {
    case 'literal':
      return [];
    case 'variable':
      return [expression.name];
    case 'unary':
      return expressionVariables(expression.of);
    case 'binary':
      return [...expressionVariables(expression.left), ...expressionVariables(expression.right)];
    case 'call': {
      const [first] = expression.args;
      if (expression.name === 'var' && first?.kind === 'literal') return [String(first.value)];
      return expression.args.flatMap(expressionVariables);
    }
  }
}
