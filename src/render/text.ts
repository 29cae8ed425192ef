import type { APIEmbed } from 'discord-api-types/v10';
import { formatDuration, formatUtc, stripMarkdown } from './format.ts';
import type { Reply } from './reply.ts';

const LINE_WIDTH = 96;
const MAX_LABEL_WIDTH = 22;
const MIN_VALUE_WIDTH = 30;

/** Writes Discord's time markup out: moments in UTC, relative ones as a distance from `nowMs`. */
function writeTimes(text: string, nowMs: number): string {
  return text.replace(/<t:(-?\d+)(?::([a-zA-Z]))?>/g, (_whole, seconds: string, style: string | undefined) => {
    const timeMs = Number(seconds) * 1000;
    if (style === 'R') {
      const distance = formatDuration(timeMs - nowMs);
      return timeMs > nowMs ? `in ${distance}` : `${distance} ago`;
    }
    const moment = formatUtc(timeMs);
    return style === 'd' || style === 'D' ? moment.slice(0, 10) : moment;
  });
}

/** Breaks a line at spaces so that none is wider than `width`; a longer word stays whole. */
function wrap(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, current];
}

function embedLines(embed: APIEmbed, plain: (text: string) => string): string[] {
  const lines: string[] = [];
  if (embed.title) lines.push(plain(embed.title), '─'.repeat(Math.min(plain(embed.title).length, LINE_WIDTH)));
  if (embed.description) {
    lines.push(
      ...plain(embed.description)
        .split('\n')
        .flatMap((line) => wrap(line, LINE_WIDTH)),
    );
  }
  const fields = (embed.fields ?? []).map((field) => ({ label: plain(field.name), value: plain(field.value) }));
  if (fields.length > 0) lines.push('');
  const labelWidth = Math.min(Math.max(...fields.map((field) => field.label.length), 0), MAX_LABEL_WIDTH) + 2;
  for (const { label, value } of fields) {
    const width = Math.max(LINE_WIDTH - labelWidth, MIN_VALUE_WIDTH);
    const [first = '', ...rest] = value.split('\n').flatMap((line) => wrap(line, width));
    const indented = [first, ...rest].map((line) => ' '.repeat(labelWidth) + line);
    // A label that is too long for its column has a line of its own.
    if (label.length > labelWidth - 2) lines.push(label, ...indented);
    else lines.push(label.padEnd(labelWidth) + first, ...indented.slice(1));
  }
  if (embed.footer) lines.push('', plain(embed.footer.text));
  return lines;
}

/**
 * Writes a reply as plain text for a terminal: aligned, without Discord's markup, times in UTC. Selects and buttons are left
 * out; files are named with their alternative text.
 */
export function replyText(reply: Reply, nowMs: number): string {
  const plain = (text: string): string =>
    stripMarkdown(writeTimes(text, nowMs).replace(/<#([a-z][\w-]{0,31})>/g, '#$1'));
  const blocks: string[][] = [];
  if (reply.content) blocks.push(plain(reply.content).split('\n'));
  for (const embed of reply.embeds) blocks.push(embedLines(embed, plain));
  if (reply.files.length > 0)
    blocks.push(reply.files.flatMap((file) => wrap(`${file.name}: ${file.description}`, LINE_WIDTH)));
  // No-break spaces are only needed while lines are wrapped.
  return blocks.map((lines) => lines.map((line) => line.replaceAll('\u00a0', ' ').trimEnd()).join('\n')).join('\n\n');
}
