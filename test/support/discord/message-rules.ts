import { type APIEmbed, type APIMessageTopLevelComponent, ButtonStyle, ComponentType } from 'discord-api-types/v10';
import type { z } from 'zod/mini';

/** The parts of a message that Discord's rules are about, after the schema has accepted them. */
export interface MessageParts {
  readonly content?: string | null;
  readonly embeds?: readonly APIEmbed[] | null;
  readonly components?: readonly APIMessageTopLevelComponent[] | null;
}

const MAX_EMBED_TOTAL = 6_000;
const MAX_ROWS = 5;

/** What a schema finds wrong, one line a problem with its path. */
export function schemaProblems(schema: z.core.$ZodType, value: unknown): string[] {
  const parsed = (schema as z.ZodMiniType).safeParse(value);
  return parsed.success ? [] : parsed.error.issues.flatMap((issue) => describeIssue(issue, []));
}

/** Of a union, only the branch whose `type` fits is of interest: the others say no more than that it does not. */
function describeIssue(issue: z.core.$ZodIssue, parents: readonly PropertyKey[]): string[] {
  const path = [...parents, ...issue.path];
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.find((branch) => !branch.some((inner) => inner.path[0] === 'type'));
    if (meant) return meant.flatMap((inner) => describeIssue(inner, path));
  }
  return [`${path.join('.')}: ${issue.message}`];
}

/** What Discord refuses in a message besides what its schema says; `fileNames` are those the message will have. */
export function messageProblems(message: MessageParts, fileNames: ReadonlySet<string>): string[] {
  return [...embedProblems(message.embeds ?? [], fileNames), ...componentProblems(message.components ?? [])];
}

function embedProblems(embeds: readonly APIEmbed[], fileNames: ReadonlySet<string>): string[] {
  const problems: string[] = [];
  let total = 0;
  for (const [i, embed] of embeds.entries()) {
    const fields = embed.fields ?? [];
    const texts = [embed.title, embed.description, embed.footer?.text, embed.author?.name];
    for (const field of fields) texts.push(field.name, field.value);
    total += texts.reduce((sum, text) => sum + (text?.trim().length ?? 0), 0);
    if (texts.every((text) => !text?.trim()) && !embed.image && !embed.thumbnail) {
      problems.push(`embeds.${i}: is empty`);
    }
    for (const [j, field] of fields.entries()) {
      if (!field.name.trim()) problems.push(`embeds.${i}.fields.${j}.name: This field is required`);
      if (!field.value.trim()) problems.push(`embeds.${i}.fields.${j}.value: This field is required`);
    }
    if (embed.color !== undefined && !Number.isInteger(embed.color)) problems.push(`embeds.${i}.color: not an integer`);
    const urls = [embed.image?.url, embed.thumbnail?.url, embed.footer?.icon_url, embed.author?.icon_url, embed.url];
    for (const url of urls) problems.push(...urlProblems(`embeds.${i}`, url, fileNames));
  }
  if (total > MAX_EMBED_TOTAL) problems.push(`embeds: ${total} characters in total, at most ${MAX_EMBED_TOTAL}`);
  return problems;
}

function urlProblems(path: string, url: string | undefined, fileNames: ReadonlySet<string>): string[] {
  if (url === undefined || /^https?:\/\//.test(url)) return [];
  const file = /^attachment:\/\/(.+)$/.exec(url)?.[1];
  if (file === undefined) return [`${path}: Scheme of ${url} must be one of attachment, http, https`];
  return fileNames.has(file) ? [] : [`${path}: Referenced attachment ${file} not found`];
}

function componentProblems(rows: readonly APIMessageTopLevelComponent[]): string[] {
  const problems: string[] = [];
  const ids = new Set<string>();
  if (rows.length > MAX_ROWS) problems.push(`components: ${rows.length} rows, at most ${MAX_ROWS}`);
  for (const [i, row] of rows.entries()) {
    const path = `components.${i}`;
    if (row.type !== ComponentType.ActionRow) {
      problems.push(`${path}: type ${row.type} needs the flag IS_COMPONENTS_V2`);
      continue;
    }
    const kinds = new Set(row.components.map(({ type }) => type === ComponentType.Button));
    if (kinds.size > 1) problems.push(`${path}: buttons and selects do not share a row`);
    if (kinds.has(false) && row.components.length > 1) problems.push(`${path}: one select a row`);
    for (const component of row.components) {
      if ('custom_id' in component && component.custom_id !== undefined) {
        if (ids.has(component.custom_id)) problems.push(`${path}: Component custom id cannot be duplicated`);
        ids.add(component.custom_id);
      }
      if (component.type === ComponentType.Button) {
        const hasUrl = 'url' in component && component.url !== undefined;
        const hasId = 'custom_id' in component && component.custom_id !== undefined;
        const isLink = component.style === ButtonStyle.Link;
        if (isLink !== hasUrl || isLink === hasId) problems.push(`${path}: a button has either a URL or a custom id`);
        const label = 'label' in component ? component.label : undefined;
        const emoji = 'emoji' in component ? component.emoji : undefined;
        if (!label?.trim() && !emoji) problems.push(`${path}: a button needs a label or an emoji`);
      } else if (component.type === ComponentType.StringSelect) {
        const values = new Set(component.options.map(({ value }) => value));
        const chosen = component.options.filter((option) => option.default).length;
        const most = component.max_values ?? 1;
        if (values.size < component.options.length)
          problems.push(`${path}: The specified option value is already used`);
        if (component.options.some(({ label, value }) => !label.trim() || !value))
          problems.push(`${path}: empty option`);
        if (most > component.options.length || (component.min_values ?? 1) > most) problems.push(`${path}: bad counts`);
        if (chosen > most) problems.push(`${path}: ${chosen} options chosen, at most ${most}`);
      }
    }
  }
  return problems;
}
