// A module whose import waits until worker-pool.test.ts opens the gate.
const gate = new BroadcastChannel('gate');
gate.postMessage('importing');
await new Promise((resolve) => {
  gate.onmessage = resolve;
});
gate.postMessage('imported');
gate.close();

export const task = () => ({ echo: (request) => request });
