import { CHOICES } from '../../core/horizon.ts';
import type { Links } from '../../core/links.ts';
import { FOOTER_MARK } from '../../core/record.ts';
import type { MessageKey } from '../../language/message.ts';
import type { Translator } from '../../language/translator.ts';
import { sectionName } from '../details.ts';
import { escapeMarkdown } from '../format.ts';
import { fitEmbed, packLines } from '../limits.ts';
import type { Reply } from '../reply.ts';
import { linkField } from '../setup/setup-reply.ts';

/** One command as `/help` lists it. */
export interface ListedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly { readonly name: string; readonly required: boolean }[];
}

const READING = ['help.ranges', 'help.median', 'help.upOrDown', 'help.record'] as const satisfies readonly MessageKey[];

/** Builds the reply of `/help`. */
export function helpReply(
  commands: readonly ListedCommand[],
  version: string,
  links: Links,
  translator: Translator,
): Reply {
  const { t } = translator;
  const lines = commands.map((command) => {
    const options = command.options.map((option) => (option.required ? option.name : `[${option.name}]`));
    return `**/${[command.name, ...options.map(escapeMarkdown)].join(' ')}**\n${command.description}`;
  });
  return {
    embeds: [
      fitEmbed({
        title: 'Candlecast',
        description: t('help.about'),
        color: 0x5563c8,
        fields: [
          { name: t('help.readingField'), value: READING.map((key) => t(key)).join('\n') },
          { name: t('help.limitsField'), value: t('help.limits') },
          { name: t('help.horizonsField'), value: t('help.horizons', { names: CHOICES.join(', ') }) },
          ...linkField(links, translator),
          ...packLines(lines).map((value, i) => ({
            name: sectionName(t('help.commandsField'), i, translator),
            value,
          })),
        ],
        footer: { text: [t('help.version', { version }), t('common.notAdvice')].join(FOOTER_MARK) },
      }),
    ],
    files: [],
    components: [],
  };
}
