"""Writes test/fixtures/baselines.json: reference values for the baselines, from the Python packages arch, statsmodels and SciPy.

The series is synthetic (GARCH(1,1) with Student-t errors, ranges around its volatility), seeded, and holds no market data.

    pip install arch statsmodels scipy
    python3 scripts/reference_baselines.py && npx biome format --write test/fixtures
"""

import json
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from arch import arch_model
from scipy import stats
from scipy.special import digamma, gammaln

ROWS = 1200
OMEGA, ALPHA, BETA, FREEDOM = 4e-5, 0.09, 0.88, 4.5
LEVELS = [0.025, 0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.9, 0.975, 0.999]
FREEDOMS = [2.05, 2.5, 3, 4.2, 7, 30, 499]
HAR_SCALES = (1, 7, 30)
HAR_STEPS = 7


def simulate():
    rng = np.random.default_rng(20240101)
    variance = OMEGA / (1 - ALPHA - BETA)
    returns, ranges = np.empty(ROWS), np.empty(ROWS)
    for i in range(ROWS):
        z = rng.standard_t(FREEDOM) * np.sqrt((FREEDOM - 2) / FREEDOM)
        returns[i] = np.sqrt(variance) * z
        ranges[i] = np.sqrt(variance) * np.exp(0.3 * rng.standard_normal())
        variance = OMEGA + ALPHA * returns[i] ** 2 + BETA * variance
    return np.round(returns, 8), np.round(ranges, 8)


def garch(returns):
    scaled = 100 * returns
    fit = arch_model(scaled, mean="Zero", vol="GARCH", p=1, q=1, dist="t", rescale=False).fit(
        disp="off", tol=1e-12, options={"maxiter": 2000}
    )
    omega, alpha, beta, freedom = fit.params
    ahead = fit.forecast(horizon=7, reindex=False).variance.values[0] / 1e4
    return {
        "omega": omega / 1e4,
        "alpha": alpha,
        "beta": beta,
        "freedom": freedom,
        "logLikelihood": fit.loglikelihood + len(returns) * np.log(100),
        "variances": (np.asarray(fit.conditional_volatility) ** 2 / 1e4)[-50:].tolist(),
        "ahead": ahead.tolist(),
    }


def har(ranges):
    """OLS of the log volatility over the next HAR_STEPS candles on the log volatilities of the last 1, 7, 30."""
    square = ranges**2
    log_volatility = lambda start, stop: 0.5 * np.log(square[start:stop].mean())
    rows = range(max(HAR_SCALES) - 1, ROWS)
    inputs = np.array([[log_volatility(t + 1 - n, t + 1) for n in HAR_SCALES] for t in rows])
    complete = ROWS - HAR_STEPS - rows.start
    targets = np.array([log_volatility(t + 1, t + 1 + HAR_STEPS) for t in rows[:complete]])
    fit = sm.OLS(targets, sm.add_constant(inputs[:complete])).fit()
    return {
        "scales": list(HAR_SCALES),
        "steps": HAR_STEPS,
        "coefficients": fit.params.tolist(),
        "logForecasts": fit.predict(sm.add_constant(inputs))[-10:].tolist(),
    }


def main():
    returns, ranges = simulate()
    points = [0.3, 0.5, 1, 1.5, 2.5, 7.25, 11.9, 12.1, 80.5, 250]
    reference = {
        "returns": returns.tolist(),
        "ranges": ranges.tolist(),
        "garch": garch(returns),
        "har": har(ranges),
        "gamma": [[x, gammaln(x), digamma(x)] for x in points],
        "normalQuantiles": [[p, stats.norm.ppf(p)] for p in [1e-20, 1e-6, 0.01, *LEVELS]],
        "studentT": [
            {
                "freedom": v,
                "quantiles": [[p, stats.t.ppf(p, v)] for p in LEVELS],
                "logDensities": [[x, stats.t.logpdf(x, v)] for x in (0, -0.7, 2, 15)],
                "cdf": [[x, stats.t.cdf(x, v)] for x in (-12, -0.7, 0.01, 2, 15)],
            }
            for v in FREEDOMS
        ],
    }
    path = Path(__file__).parent.parent / "test" / "fixtures" / "baselines.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(reference, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
