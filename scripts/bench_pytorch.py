"""Trains the engine's reference network in PyTorch on one thread and prints samples per second.

The same network, batches and counting as `measureTraining` in src/ml/engine/benchmark.ts: window 60 x 16, conv1d 32 x 3 with
ReLU, max-pool 2, LSTM 64, dropout 0.2, nine quantile levels, pinball loss, Adam, batch 64, 2,048 samples an epoch; the median of
the epochs after the warm-up. Needs `pip install torch`.

    python3 scripts/bench_pytorch.py [--threads 1] [--epochs 9] [--warmup 3] [--cpu-time]
"""

import argparse
import statistics
import time

import torch
from torch import nn

SAMPLES, BATCH, WINDOW, FEATURES = 2048, 64, 60, 16
LEVELS = torch.arange(1, 10) / 10


class Reference(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(FEATURES, 32, 3, padding="same")
        self.pool = nn.MaxPool1d(2)
        self.lstm = nn.LSTM(32, 64, batch_first=True)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(64, len(LEVELS))

    def forward(self, x):
        x = self.pool(torch.relu(self.conv(x.transpose(1, 2)))).transpose(1, 2)
        _, (hidden, _) = self.lstm(x)
        return self.head(self.dropout(hidden[-1]))


def pinball(quantiles, target):
    difference = target[:, None] - quantiles
    return torch.maximum(difference * LEVELS, difference * (LEVELS - 1)).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--cpu-time", action="store_true", help="count processor time, for a machine that is busy otherwise")
    options = parser.parse_args()
    clock = time.process_time if options.cpu_time else time.perf_counter
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    model = Reference()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    windows = torch.rand(SAMPLES, WINDOW, FEATURES) * 2 - 1
    targets = torch.tanh(windows[:, -5:, 0].sum(1)) + (torch.rand(SAMPLES) - 0.5) * 0.2

    def epoch():
        started = clock()
        for first in range(0, SAMPLES, BATCH):
            optimizer.zero_grad(set_to_none=True)
            loss = pinball(model(windows[first : first + BATCH]), targets[first : first + BATCH])
            loss.backward()
            optimizer.step()
        return SAMPLES / (clock() - started)

    for _ in range(options.warmup):
        epoch()
    speeds = [epoch() for _ in range(options.epochs)]
    model.eval()
    single = []
    with torch.inference_mode():
        for _ in range(200):
            started = clock()
            model(windows[:1])
            single.append((clock() - started) * 1000)
    print(
        f"PyTorch {torch.__version__}, {options.threads} thread(s): {statistics.median(speeds):.0f} samples/s "
        f"(best {max(speeds):.0f}), one forecast {statistics.median(single):.3f} ms"
    )


if __name__ == "__main__":
    main()
