import type { APIEmbed } from 'discord-api-types/v10';
import { cutText } from '../core/cut-text.ts';
import type { Reply } from './reply.ts';

/** Discord's limits on one message, in UTF-16 code units. */
export const LIMITS = {
  content: 2000,
  embeds: 10,
  embedTotal: 6000,
  title: 256,
  description: 4096,
  fields: 25,
  fieldName: 256,
  fieldValue: 1024,
  footer: 2048,
  author: 256,
  files: 10,
  fileDescription: 1024,
  rows: 5,
  customId: 100,
  selectOptions: 25,
  buttonLabel: 80,
} as const;

const ELLIPSIS = '…';

/** Shortens a text to `limit` with an ellipsis, without leaving part of a character or a lone backslash at the end. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text.toWellFormed();
  const cut = cutText(text, Math.max(limit - ELLIPSIS.length, 0));
  const openMark = cut.indexOf('<t:', cut.lastIndexOf('>') + 1);
  const kept = openMark < 0 ? cut : cut.slice(0, openMark);
  let backslashes = 0;
  while (kept.at(-1 - backslashes) === '\\') backslashes++;
  return `${backslashes % 2 === 1 ? kept.slice(0, -1) : kept}${ELLIPSIS}`;
}

/** Characters of an embed that count towards the total over all embeds of a message. */
export function embedLength(embed: APIEmbed): number {
  const fields = (embed.fields ?? []).reduce((sum, field) => sum + field.name.length + field.value.length, 0);
  return (
    (embed.title?.length ?? 0) +
    (embed.description?.length ?? 0) +
    (embed.footer?.text.length ?? 0) +
    (embed.author?.name.length ?? 0) +
    fields
  );
}

/** Joins lines into as few field values as hold them all, each within the limit; a line too long alone is cut. */
export function packLines(lines: readonly string[]): string[] {
  const values: string[] = [];
  for (const line of lines.map((text) => clip(text, LIMITS.fieldValue))) {
    const last = values.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= LIMITS.fieldValue) {
      values[values.length - 1] = `${last}\n${line}`;
    } else values.push(line);
  }
  return values;
}

/**
 * Cuts an embed to Discord's limits: every part to its own, empty fields away, and the last fields shorter or away until the
 * whole is within `total` characters.
 */
export function fitEmbed(embed: APIEmbed, total: number = LIMITS.embedTotal): APIEmbed {
  const fields = (embed.fields ?? [])
    .filter((field) => field.name.trim() !== '' && field.value.trim() !== '')
    .slice(0, LIMITS.fields)
    .map((field) => ({
      ...field,
      name: clip(field.name, LIMITS.fieldName),
      value: clip(field.value, LIMITS.fieldValue),
    }));
  const fitted: APIEmbed = { ...embed };
  if (embed.title !== undefined) fitted.title = clip(embed.title, LIMITS.title);
  if (embed.description !== undefined) fitted.description = clip(embed.description, LIMITS.description);
  if (embed.footer !== undefined) fitted.footer = { ...embed.footer, text: clip(embed.footer.text, LIMITS.footer) };
  if (embed.fields !== undefined) fitted.fields = fields;
  let excess = embedLength(fitted) - total;
  for (let i = fields.length - 1; i >= 0 && excess > 0; i--) {
    const field = fields[i]!;
    const keep = Math.max(field.value.length - excess, 1);
    excess -= field.value.length - keep;
    field.value = clip(field.value, keep);
  }
  if (excess > 0 && fitted.description !== undefined) {
    fitted.description = clip(fitted.description, Math.max(fitted.description.length - excess, 1));
  }
  return fitted;
}

/** Lists every way in which a reply breaks Discord's limits; empty when it may be sent. */
export function limitProblems(reply: Reply): string[] {
  const problems: string[] = [];
  const check = (what: string, size: number, limit: number): void => {
    if (size > limit) problems.push(`${what}: ${size} > ${limit}`);
  };
  const filled = (what: string, text: string | undefined, limit: number): void => {
    if (text === undefined) return;
    if (text.trim() === '') problems.push(`${what}: empty`);
    check(what, text.length, limit);
  };
  filled('content', reply.content, LIMITS.content);
  check('embeds', reply.embeds.length, LIMITS.embeds);
  check(
    'all embeds',
    reply.embeds.reduce((sum, embed) => sum + embedLength(embed), 0),
    LIMITS.embedTotal,
  );
  for (const embed of reply.embeds) {
    filled('title', embed.title, LIMITS.title);
    filled('description', embed.description, LIMITS.description);
    filled('footer', embed.footer?.text, LIMITS.footer);
    filled('author', embed.author?.name, LIMITS.author);
    check('fields', embed.fields?.length ?? 0, LIMITS.fields);
    for (const field of embed.fields ?? []) {
      filled(`name of field "${field.name.slice(0, 30)}"`, field.name, LIMITS.fieldName);
      filled(`value of field "${field.name.slice(0, 30)}"`, field.value, LIMITS.fieldValue);
    }
  }
  check('files', reply.files.length, LIMITS.files);
  for (const file of reply.files) check(`description of ${file.name}`, file.description.length, LIMITS.fileDescription);
  check('component rows', reply.components.length, LIMITS.rows);
  const ids: string[] = [];
  for (const component of reply.components.flatMap((row) => row.components)) {
    if ('custom_id' in component) {
      filled('custom id', component.custom_id, LIMITS.customId);
      ids.push(component.custom_id);
    }
    if ('options' in component) check('select options', component.options?.length ?? 0, LIMITS.selectOptions);
    if ('label' in component) filled('button label', component.label, LIMITS.buttonLabel);
  }
  if (new Set(ids).size !== ids.length) problems.push('custom ids: not unique');
  return problems;
}
