/** One piece of parsed markdown, as far as the tests look at it. */
export interface ParsedNode {
  readonly type: string;
  readonly text?: string;
  readonly href?: string;
  readonly children?: readonly ParsedNode[];
  readonly items?: readonly (readonly ParsedNode[])[];
}

interface PageEntry {
  readonly name: string;
  readonly description: string;
  readonly options: readonly { readonly name: string }[];
}

interface MarkdownModule {
  parseMarkdown(text: string): ParsedNode[];
  parseInline(text: string): ParsedNode[];
}

interface CommandLineModule {
  readLine(line: string, commands: readonly PageEntry[]): { entry: PageEntry; values: object } | null;
  writeLine(name: string, values: Readonly<Record<string, string | number | boolean>>): string;
  matchCommands(typed: string, commands: readonly PageEntry[]): readonly PageEntry[];
}

interface HistoryModule {
  History: new () => { add(line: string): void; go(step: number): string | undefined; readonly browsing: boolean };
}

const page = (name: string): Promise<unknown> =>
  import(new URL(`../../src/console/page/${name}`, import.meta.url).href);

// The page is plain JavaScript, checked by its own tsconfig; here its modules get the types that the tests use.
export const { parseMarkdown, parseInline } = (await page('markdown.js')) as MarkdownModule;
export const { readLine, writeLine, matchCommands } = (await page('command-line.js')) as CommandLineModule;
export const { History } = (await page('history.js')) as HistoryModule;
