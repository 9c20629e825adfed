import { expect, it } from 'vitest';
import { checkText, readText } from './check-text.ts';

const check = (text: string) => () => checkText(text, JSON.parse(text));

it.each(['{"a":"\\u0000"}', '{"a\\ud800":1}', '[["\\udc00x"]]', '"\\uD83D"'])('refuses %s', (text) => {
  expect(check(text)).toThrow(expect.objectContaining({ code: 'request.invalid' }) as Error);
});

it.each(['{"a":"\\\\u0000"}', '"\\ud83d\\ude00"', '"\u00fc"', '"\\u0001"'])('takes %s', (text) => {
  expect(check(text)).not.toThrow();
});

it('takes UTF-8 and nothing else', () => {
  expect(readText(Buffer.from('\u00fc'))).toBe('\u00fc');
  expect(() => readText(Buffer.from([0xff]))).toThrow(expect.objectContaining({ code: 'request.malformed' }) as Error);
});
