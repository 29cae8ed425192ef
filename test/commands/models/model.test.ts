import { describe, expect, it } from 'vitest';
import { dispatch } from '../../../src/commands/dispatch.ts';
import { COMMANDS } from '../../../src/commands/registry.ts';
import { fakeContext, somebody } from '../fakes.ts';

const answer = async (line: string) =>
  JSON.stringify((await dispatch(line, somebody, fakeContext().context, COMMANDS)).embeds);

describe('/model', () => {
  it('shows the models that serve', async () => {
    const text = await answer('/model details:true');
    expect(text).toContain('1d-20260101-abcdef');
    expect(text).not.toContain('Kinds of network');
  });

  it('compares the families when asked to', async () => {
    const text = await answer('/model compare:true details:true');
    expect(text).toContain('Kinds of network, daily candles');
    expect(text).toContain('**gru**');
  });

  it('does not compare when told not to', async () => {
    expect(await answer('/model compare:false details:true')).toContain('1d-20260101-abcdef');
  });
});
