import { fieldKinds, type FieldKind } from '@nightshift/contracts';
import { expect, it } from 'vitest';
import { jsonFromText, valueFromText } from './from-text.ts';

const texts: Record<FieldKind, string[]> = {
  text: ['', 'a "b" \\ \n', 'ü\u2028'],
  number: ['1', '-0', '1e+20', '1.50', '5e-324', 'NaN', 'Infinity'],
  integer: ['0', '-7', '9007199254740991', '9007199254740993', '-9223372036854775808'],
  boolean: ['t', 'f', 'true', 'false'],
  date: ['2026-11-22', 'infinity'],
  dateTime: ['2026-11-22 15:03:11.120345+00', '2026-11-22 15:03:11+00', 'infinity'],
  json: ['{"a": [1.0, null, "x"]}', '"x"', '1'],
  reference: ['0190a5f0-0000-7000-8000-000000000000'],
  option: ['low', 'a "b"'],
  file: ['0190a5f0-0000-7000-8000-000000000000'],
};

it.each(Object.keys(fieldKinds) as FieldKind[])('%s is the same value as JSON text and as a value', (kind) => {
  for (const text of texts[kind]) {
    const value = JSON.parse(JSON.stringify(valueFromText[kind](text))) as unknown;
    expect(JSON.parse(jsonFromText[kind](text))).toEqual(value);
  }
});

it('gives what a double cannot hold exactly as text', () => {
  expect(valueFromText.integer('9007199254740993')).toBe('9007199254740993');
  expect(valueFromText.number('NaN')).toBe('NaN');
});
