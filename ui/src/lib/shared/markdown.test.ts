import { expect, test } from 'vitest';
import { parseMarkdown, parseSpans } from './markdown.ts';

test('headings, paragraphs, lists and code', () => {
  const text =
    '# Ranker\n\nFirst line\nsecond line\n- one\n- two\n  goes on\n\n1. a\n2. b\n```py\n# no heading\n```\nend';
  expect(parseMarkdown(text)).toEqual([
    { kind: 'heading', spans: [{ kind: 'text', text: 'Ranker' }] },
    { kind: 'paragraph', spans: [{ kind: 'text', text: 'First line second line' }] },
    {
      kind: 'list',
      isOrdered: false,
      items: [[{ kind: 'text', text: 'one' }], [{ kind: 'text', text: 'two goes on' }]],
    },
    { kind: 'list', isOrdered: true, items: [[{ kind: 'text', text: 'a' }], [{ kind: 'text', text: 'b' }]] },
    { kind: 'code', text: '# no heading' },
    { kind: 'paragraph', spans: [{ kind: 'text', text: 'end' }] },
  ]);
});

test.for([
  ['a `b` **c** *d*', ['text:a ', 'code:b', 'text: ', 'strong:c', 'text: ', 'emphasis:d']],
  [
    '[paper](https://x.org/a), https://y.org/b.',
    ['link:https://x.org/a', 'text:, ', 'link:https://y.org/b', 'text:.'],
  ],
  ['2 * 3 * 4 and snake_case_name', ['text:2 * 3 * 4 and snake_case_name']],
] as const)('inline: %s', ([text, want]) => {
  expect(parseSpans(text).map((s) => (s.kind === 'link' ? `link:${s.href}` : `${s.kind}:${s.text}`))).toEqual(
    want,
  );
});

test.for([
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert`1`)',
  '[x](data:text/html;base64,PHNjcmlwdD4=)',
  '[x](//evil.example)',
])('%s stays text', (text) => {
  const spans = parseSpans(text);
  expect(spans.some((s) => s.kind === 'link')).toBe(false);
});

test('an unclosed fence, and what is hostile, end', () => {
  expect(parseMarkdown('```\ncode')).toEqual([{ kind: 'code', text: 'code' }]);
  for (const mark of ['*', '[', '`', '_', '![', '<http://'])
    expect(parseMarkdown(mark.repeat(50_000))).toHaveLength(1);
});
