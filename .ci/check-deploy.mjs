// Checks the Kubernetes manifests against the schemas of their kinds, and that what they start is what the image has.
// Usage: node .ci/check-deploy.mjs FOLDER_WITH_node_modules (kubernetes-models, yaml)
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(join(process.argv[2], 'package.json'));
const { parseAllDocuments } = require('yaml');
const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'deploy', 'kubernetes');

const documents = readdirSync(folder).flatMap((file) =>
  parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((one) => {
    assert.deepEqual(one.errors, [], file);
    return { file, object: one.toJS({ merge: true }) };
  }),
);
const kinds = {};
for (const { file, object } of documents) {
  if (object.kind === 'Kustomization') {
    const there = readdirSync(folder).filter((name) => name !== file);
    assert.deepEqual([...object.resources].sort(), there.sort(), `${file} does not name every file`);
    continue;
  }
  const { [object.kind]: Model } = require(`kubernetes-models/${object.apiVersion}/${object.kind}`);
  new Model(object).validate();
  assert.throws(() => new Model({ ...object, metadata: { name: 1 } }).validate(), 'the schemas refuse nothing');
  kinds[object.kind] = (kinds[object.kind] ?? 0) + 1;
  const pod = object.spec?.template?.spec;
  if (!pod) continue;
  assert.equal(pod.securityContext.runAsNonRoot, true, file);
  for (const container of pod.containers) {
    assert.equal(container.securityContext.readOnlyRootFilesystem, true, file);
    assert(container.resources.limits.memory, file);
  }
  const labels = object.spec.selector?.matchLabels ?? {};
  for (const [name, value] of Object.entries(labels))
    assert.equal(object.spec.template.metadata.labels[name], value, file);
}

// The shell's own arithmetic: every shard is held once.
const shards = documents.find(({ object }) => object.kind === 'StatefulSet').object;
const [container] = shards.spec.template.spec.containers;
const environment = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
const script = container.args[0].replace('exec node dist/main.js', 'printf "%s" "$SHARDS"');
const held = Array.from({ length: shards.spec.replicas }, (_, i) =>
  execFileSync('sh', ['-ec', script], { env: { ...environment, HOSTNAME: `shard-${i}` }, encoding: 'utf8' }),
);
const numbers = held.flatMap((range) => {
  const [, first, last, count] = /^(\d+)-(\d+)\/(\d+)$/.exec(range).map(Number);
  assert.equal(count, Number(environment.SHARDS_TOTAL));
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
});
assert.deepEqual(
  numbers,
  Array.from({ length: Number(environment.SHARDS_TOTAL) }, (_, i) => i),
);
const counted = Object.entries(kinds).map(([kind, n]) => `${n} ${kind}`);
process.stdout.write(`Kubernetes: ${counted.join(', ')}; shards ${held.join(' and ')}.\n`);
