/**
 * The common part of Markdown as a tree: headings, paragraphs, flat lists, fenced code, `code`, **strong**, *emphasis*, links.
 * Everything else, HTML above all, stays the text that it is: what people write beside a model never becomes markup.
 */
export type Block =
  | { readonly kind: 'heading'; readonly spans: readonly Span[] }
  | { readonly kind: 'paragraph'; readonly spans: readonly Span[] }
  | { readonly kind: 'list'; readonly isOrdered: boolean; readonly items: readonly (readonly Span[])[] }
  | { readonly kind: 'code'; readonly text: string };

export type Span =
  | { readonly kind: 'text' | 'code' | 'strong' | 'emphasis'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };

const FENCE = /^ {0,3}(```+|~~~+)/;
const HEADING = /^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$/;
const BULLET = /^\s{0,3}[-*+]\s+(.*)$/;
const NUMBER = /^\s{0,3}\d{1,9}[.)]\s+(.*)$/;

export function parseMarkdown(text: string): readonly Block[] {
  const lines = text.replaceAll(/\r\n?/g, '\n').split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const [block, next] = blockAt(lines, at);
    if (block !== undefined) blocks.push(block);
    at = next;
  }
  return blocks;
}

function blockAt(lines: readonly string[], at: number): [Block | undefined, number] {
  const line = lines[at] ?? '';
  if (line.trim() === '') return [undefined, at + 1];
  const fence = FENCE.exec(line)?.[1];
  if (fence !== undefined) return codeAt(lines, at, fence);
  const heading = HEADING.exec(line)?.[1];
  if (heading !== undefined) return [{ kind: 'heading', spans: parseSpans(heading) }, at + 1];
  for (const [pattern, isOrdered] of [[BULLET, false] as const, [NUMBER, true] as const])
    if (pattern.test(line)) return listAt(lines, at, pattern, isOrdered);
  let end = at + 1;
  while (end < lines.length && !startsBlock(lines[end] ?? '')) end += 1;
  return [{ kind: 'paragraph', spans: parseSpans(lines.slice(at, end).join(' ')) }, end];
}

const startsBlock = (line: string): boolean =>
  line.trim() === '' || [FENCE, HEADING, BULLET, NUMBER].some((p) => p.test(line));

function codeAt(lines: readonly string[], at: number, fence: string): [Block, number] {
  let end = at + 1;
  while (end < lines.length && !(lines[end] ?? '').trim().startsWith(fence)) end += 1;
  return [{ kind: 'code', text: lines.slice(at + 1, end).join('\n') }, end + 1];
}

function listAt(lines: readonly string[], at: number, pattern: RegExp, isOrdered: boolean): [Block, number] {
  const items: string[] = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const line = lines[end] ?? '';
    const item = pattern.exec(line)?.[1];
    if (item !== undefined) items.push(item);
    else if (/^\s+\S/.test(line)) items[items.length - 1] += ` ${line.trim()}`;
    else break;
  }
  return [{ kind: 'list', isOrdered, items: items.map(parseSpans) }, end];
}

/** Bounded, so that a line of open brackets takes no time. */
const SPAN =
  /`([^`]{1,500})`|\*\*([^*]{1,500})\*\*|__([^_]{1,500})__|\*([^*\s](?:[^*]{0,500}[^*\s])?)\*|\[([^\]]{1,300})\]\(([^\s()]{1,2000})\)|<?(https?:\/\/[^\s<>)\]]{1,2000}[^\s<>)\].,;:!?])>?/g;

export function parseSpans(text: string): readonly Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const found of text.matchAll(SPAN)) {
    const span = spanOf(found);
    if (span === undefined) continue;
    if (found.index > from) spans.push({ kind: 'text', text: text.slice(from, found.index) });
    spans.push(span);
    from = found.index + found[0].length;
  }
  if (from < text.length) spans.push({ kind: 'text', text: text.slice(from) });
  return spans;
}

function spanOf([, code, strong, under, emphasis, label, href, bare]: RegExpMatchArray): Span | undefined {
  if (code !== undefined) return { kind: 'code', text: code };
  const bold = strong ?? under;
  if (bold !== undefined) return { kind: 'strong', text: bold };
  if (emphasis !== undefined) return { kind: 'emphasis', text: emphasis };
  const address = href ?? bare;
  return address !== undefined && isHarmless(address)
    ? { kind: 'link', text: label ?? address, href: address }
    : undefined;
}

/** No "javascript:", no "data:": addresses of the web and of mail alone, by the browser's own reading. */
function isHarmless(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url !== undefined && ['https:', 'http:', 'mailto:'].includes(url.protocol);
}
