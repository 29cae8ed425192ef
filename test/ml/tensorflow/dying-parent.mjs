// Run by process.test.ts: starts the forecasting process, says its number, and stays until it is killed.
const { startTensorflowProcess } = await import(process.argv[2]);
const child = startTensorflowProcess('./forecast-process.js', 1, { onAnswer() {}, onEnd() {} });
process.stdout.write(`${child.pid}\n`);
