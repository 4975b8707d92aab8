/**
 * Functions that the library has, by how many arguments they take. What it doesn't have is told from an expression's text
 * before anything is evaluated: the library itself would fail at each resource, or write to the console and go on.
 */

export interface ArgumentCounts {
  readonly least: number;
  readonly most: number;
}

const NAMES: readonly (readonly [least: number, most: number, names: string])[] = [
  [0, 0, 'empty not allTrue anyTrue allFalse anyFalse isDistinct distinct count sum min max avg weight ordinal'],
  [0, 0, 'single first last type tail toInteger toLong toDecimal toString toDate toDateTime toTime toBoolean'],
  [0, 0, 'hasValue getValue htmlChecks htmlchecks convertsToBoolean convertsToInteger convertsToLong'],
  [0, 0, 'convertsToDecimal convertsToString convertsToDate convertsToDateTime convertsToTime convertsToQuantity'],
  [0, 0, 'upper lower length toChars trim abs ceiling exp floor ln sqrt truncate now today timeOfDay yearOf monthOf'],
  [0, 0, 'dayOf hourOf minuteOf secondOf millisecondOf timezoneOffsetOf dateOf timeOf children descendants resolve'],
  [0, 1, 'exists toQuantity pathname join round lowBoundary highBoundary'],
  [0, Infinity, 'sort'],
  [1, 1, 'all subsetOf supersetOf where extension select ofType is as take skip combine union intersect exclude'],
  [1, 1, 'indexOf lastIndexOf startsWith endsWith contains split encode decode escape unescape log power repeat'],
  [1, 1, 'comparable'],
  [1, 2, 'aggregate trace defineVariable substring matches matchesFull'],
  [1, Infinity, 'coalesce'],
  [2, 2, 'replace replaceMatches'],
  [2, 3, 'iif'],
];

export const ARGUMENTS: ReadonlyMap<string, ArgumentCounts> = new Map(
  NAMES.flatMap(([least, most, names]) => names.split(' ').map((name) => [name, { least, most }] as const)),
);
