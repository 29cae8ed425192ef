import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { getJson, START_MS, startedSimulation } from '../running.ts';

const simulation = await startedSimulation();

const listing = z.object({
  kind: z.literal('Listing'),
  data: z.object({
    after: z.string().startsWith('t3_').nullable(),
    children: z.array(
      z.object({
        kind: z.literal('t3'),
        data: z.object({
          id: z.string(),
          name: z.string().startsWith('t3_'),
          title: z.string().min(1),
          score: z.int(),
          num_comments: z.int().nonnegative(),
          created_utc: z.number(),
        }),
      }),
    ),
  }),
});

async function token(authorization: string | null, body = 'grant_type=client_credentials') {
  return fetch(`${simulation.url}/api/v1/access_token`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      ...(authorization ? { Authorization: authorization } : {}),
    },
    body,
  });
}

async function bearer(): Promise<Record<string, string>> {
  const answer = await token(`Basic ${Buffer.from('id:secret').toString('base64')}`);
  const { access_token } = z
    .object({ access_token: z.string(), token_type: z.literal('bearer'), expires_in: z.int().positive() })
    .parse(await answer.json());
  return { Authorization: `Bearer ${access_token}` };
}

describe('the simulated Reddit', () => {
  it('gives a token only to an application that names itself', async () => {
    expect((await token(null)).status).toBe(401);
    expect((await token('Basic aWQ6c2VjcmV0', 'grant_type=password')).status).toBe(400);
    expect(await bearer()).toMatchObject({ Authorization: expect.stringMatching(/^Bearer \S+$/) });
  });

  it('pages through new posts without a gap or a repeat', async () => {
    const headers = await bearer();
    const page = async (query: string) =>
      listing.parse(await getJson(`${simulation.url}/r/CryptoCurrency/new?${query}`, 200, headers)).data;
    const first = await page('limit=40');
    const second = await page(`limit=40&after=${first.after}`);
    const both = await page('limit=80');
    expect(first.children).toHaveLength(40);
    expect([...first.children, ...second.children]).toEqual(both.children);
    const times = both.children.map((child) => child.data.created_utc * 1_000);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(times[0]).toBeLessThanOrEqual(START_MS);
    let after: string | null = first.after;
    let seen = 40;
    while (after !== null) {
      const next = await page(`limit=100&after=${after}`);
      seen += next.children.length;
      after = next.after;
    }
    expect(seen).toBe(1_000);
  });

  it('refuses listings without a token, while the Atom feed needs none', async () => {
    await getJson(`${simulation.url}/r/Bitcoin/new`, 403);
    const response = await fetch(`${simulation.url}/r/Bitcoin/new/.rss?limit=10`);
    const body = await response.text();
    expect(response.headers.get('Content-Type')).toMatch(/^application\/atom\+xml/);
    const headers = await bearer();
    const posts = listing.parse(await getJson(`${simulation.url}/r/Bitcoin/new?limit=10`, 200, headers)).data.children;
    const ids = [...body.matchAll(/<entry>.*?<id>(t3_\w+)<\/id>/g)].map((match) => match[1]);
    expect(ids).toEqual(posts.map((post) => post.data.name));
    for (const post of posts) expect(post.data.title).toMatch(/Bitcoin|BTC/);
  });
});
