// How one language says the values of `spoken.ts`.

/** Whole number and the digits after the point. */
export interface SpokenNumber {
  negative: boolean;
  whole: number;
  fraction: string;
}

export interface SpokenDate {
  /** 0 when none was given. */
  year: number;
  month: number;
  day: number;
  /** 1 Monday … 7 Sunday; 0 without a year. */
  weekday: number;
}

/** How one language says things. Each returns prompt ids. */
export interface SpokenLanguage {
  number(value: SpokenNumber): string[];
  count(value: number): string[];
  digits(digits: string): string[];
  date(date: SpokenDate): string[];
  time(hour: number, minute: number): string[];
  weekday(day: number): string[];
  duration(seconds: number): string[];
  /** @param cents whole hundredths of the unit of money, not negative */
  amount(cents: number, negative: boolean): string[];
  /** The pieces as one text. */
  text(pieces: readonly string[]): string;
}
