"""Fits one net in PyTorch by the recipe and data that scripts/bench-validation-loss.mjs writes to a folder.

Prints JSON: for each validation check the processor seconds since the first batch and the mean pinball loss. The network is that of
src/ml/model/recipes.ts (conv1d, max-pool, LSTM, context joined, dense, quantile head with increments outward from the median), the optimizer that of
src/ml/engine/optimizer.ts. Needs `pip install torch`.
"""

import json
import math
import pathlib
import sys
import time

import torch
from torch import nn
from torch.nn import functional

folder = pathlib.Path(sys.argv[1])
recipe = json.loads((folder / "recipe.json").read_text())
spec = recipe["spec"]
head = spec["head"]
WINDOW, FEATURES, HORIZONS = spec["window"], spec["features"], head["horizons"]
LEVELS = torch.tensor(head["levels"])
MEDIAN = head["levels"].index(0.5)


def read(name, kind, width=None):
    values = torch.frombuffer(bytearray((folder / name).read_bytes()), dtype=kind)
    return values if width is None else values.view(-1, width)


def layer(kind):
    return next(part for part in spec["trunk"] + spec["dense"] if part["type"] == kind)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        filters, units, dense = layer("conv1d")["filters"], layer("lstm")["units"], layer("dense")["units"]
        self.conv = nn.Conv1d(FEATURES, filters, layer("conv1d")["kernel"], padding="same")
        self.pool = nn.MaxPool1d(layer("maxPool")["size"])
        self.lstm = nn.LSTM(filters, units, batch_first=True)
        # One bias for each gate, as in Keras.
        self.lstm.bias_hh_l0.requires_grad_(False)
        self.dense = nn.Linear(units + spec["context"], dense)
        self.dropout = nn.Dropout(layer("dropout")["rate"])
        self.head = nn.Linear(dense, HORIZONS * 5)
        self.base = nn.Parameter(torch.zeros(HORIZONS, len(LEVELS) - 1))
        middle = (LEVELS[1:] + LEVELS[:-1]) / 2
        left = (torch.arange(len(LEVELS) - 1) < MEDIAN).float()
        self.register_buffer("shapes", torch.stack([left, 1 - left, (middle - 0.5).abs() * 2 - 0.5]))

    def load(self, tensors):
        with torch.no_grad():
            self.conv.weight.copy_(tensors["conv1d_1/kernel"].permute(2, 1, 0))
            self.conv.bias.copy_(tensors["conv1d_1/bias"])
            self.lstm.weight_ih_l0.copy_(tensors["lstm_1/kernel"].T)
            self.lstm.weight_hh_l0.copy_(tensors["lstm_1/recurrent_kernel"].T)
            self.lstm.bias_ih_l0.copy_(tensors["lstm_1/bias"])
            self.lstm.bias_hh_l0.zero_()
            self.dense.weight.copy_(tensors["dense_1/kernel"].T)
            self.dense.bias.copy_(tensors["dense_1/bias"])
            self.head.weight.copy_(tensors["head/kernel"].T)
            self.head.bias.copy_(tensors["head/bias"])
            self.base.copy_(tensors["head/base"])

    def forward(self, steps, context):
        x = self.pool(torch.relu(self.conv(steps.transpose(1, 2)))).transpose(1, 2)
        _, (hidden, _) = self.lstm(x)
        x = self.dropout(torch.relu(self.dense(torch.cat([hidden[-1], context], 1))))
        z = self.head(x).view(-1, HORIZONS, 5)
        location = z[:, :, :1]
        increments = functional.softplus(self.base + z[:, :, 1:4] @ self.shapes)
        below = location - increments[:, :, :MEDIAN].flip(2).cumsum(2).flip(2)
        above = location + increments[:, :, MEDIAN:].cumsum(2)
        return torch.cat([below, location, above], 2), z[:, :, 4]


def pinball(quantiles, targets):
    known = ~torch.isnan(targets)
    difference = torch.where(known, targets, 0.0)[:, :, None] - quantiles
    losses = torch.maximum(difference * LEVELS, difference * (LEVELS - 1)) * known[:, :, None]
    return losses.sum() / (known.sum().clamp(min=1) * len(LEVELS))


def huber(outputs, values):
    known = ~torch.isnan(values)
    losses = functional.smooth_l1_loss(outputs, torch.where(known, values, 0.0), reduction="none") * known
    return losses.sum() / known.sum().clamp(min=1)


def main():
    torch.set_num_threads(recipe["threads"])
    torch.manual_seed(recipe["seed"])
    steps, context = read("steps.f32", torch.float32, FEATURES), read("context.f32", torch.float32, spec["context"])
    targets, auxiliary = read("targets.f32", torch.float32, HORIZONS), read("auxiliary.f32", torch.float32, HORIZONS)
    windows, rates = read("windows.i32", torch.int32).long(), read("rates.f32", torch.float32).tolist()
    validation = read("validation.i32", torch.int32).long()
    flat, tensors = read("weights.f32", torch.float32), {}
    for tensor in recipe["tensors"]:
        size = math.prod(tensor["shape"])
        tensors[tensor["name"]], flat = flat[:size].view(tensor["shape"]), flat[size:]
    net = Net()
    net.load(tensors)
    trained = [parameter for parameter in net.parameters() if parameter.requires_grad]
    kernels = [net.conv.weight, net.lstm.weight_ih_l0, net.lstm.weight_hh_l0, net.dense.weight, net.head.weight]
    rest = [parameter for parameter in trained if all(parameter is not kernel for kernel in kernels)]
    groups = [{"params": kernels, "weight_decay": recipe["weightDecay"]}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=rates[0])
    offsets = torch.arange(1 - WINDOW, 1)
    batch, per_check = recipe["batch"], len(windows) // recipe["checks"]
    checks, started, aside = [], time.process_time(), 0.0
    for step, rate in enumerate(rates):
        rows = windows[step * batch : (step + 1) * batch]
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad(set_to_none=True)
        quantiles, width = net(steps[rows[:, None] + offsets], context[rows])
        loss = pinball(quantiles, targets[rows]) + head["auxiliaryWeight"] * huber(width, auxiliary[rows])
        loss.backward()
        nn.utils.clip_grad_norm_(trained, recipe["clipNorm"])
        optimizer.step()
        if (step + 1) * batch % per_check != 0:
            continue
        net.eval()
        with torch.inference_mode():
            parts = [net(steps[rows[:, None] + offsets], context[rows])[0] for rows in validation.split(512)]
        net.train()
        seconds = time.process_time() - started - aside
        checks.append({"seconds": seconds, "loss": pinball(torch.cat(parts), targets[validation]).item()})
        aside = time.process_time() - started - seconds
    print(json.dumps(checks))


if __name__ == "__main__":
    main()
