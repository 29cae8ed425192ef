"""Writes test/fixtures/backtest.json: reference values for the backtest's statistics, from empyrical-reloaded, vectorbt and SciPy.

The returns and quantiles are synthetic (Student-t, seeded) and hold no market data.

    pip install empyrical-reloaded vectorbt scipy
    python3 scripts/reference_backtest.py && npx biome format --write test/fixtures
"""

import json
from pathlib import Path

import empyrical
import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import minimize_scalar
from vectorbt.returns.metrics import approx_exp_max_sharpe, deflated_sharpe_ratio

ROWS = 500
DAYS_A_YEAR = 365
LEVELS = [0.025, *[round(0.05 * k, 2) for k in range(1, 20)], 0.975]


def statistics(returns):
    series = pd.Series(returns, index=pd.date_range("2022-01-01", periods=len(returns), freq="D"))
    return {
        "totalReturn": float(empyrical.cum_returns_final(series)),
        "annualReturn": float(empyrical.annual_return(series, annualization=DAYS_A_YEAR)),
        "annualVolatility": float(empyrical.annual_volatility(series, annualization=DAYS_A_YEAR)),
        "sharpe": float(empyrical.sharpe_ratio(series, annualization=DAYS_A_YEAR)),
        "sortino": float(empyrical.sortino_ratio(series, annualization=DAYS_A_YEAR)),
        "maxDrawdown": float(empyrical.max_drawdown(series)),
        "skewness": float(stats.skew(returns)),
        "kurtosis": float(stats.kurtosis(returns, fisher=False)),
    }


def deflated(returns, ratios):
    """Per-period ratios of the variants; the first is that of the returns."""
    variance = float(np.var(ratios, ddof=1))
    return {
        "ratios": [float(ratio) for ratio in ratios],
        "variance": variance,
        "lucky": float(approx_exp_max_sharpe(0, variance, len(ratios))),
        "probability": float(
            deflated_sharpe_ratio(
                est_sharpe=ratios[0],
                var_sharpe=variance,
                nb_trials=len(ratios),
                backtest_horizon=len(returns),
                skew=stats.skew(returns),
                kurtosis=stats.kurtosis(returns, fisher=False),
            )
        ),
    }


def kelly(quantiles, low, high):
    """Share that maximises expected log growth, by SciPy's bounded minimiser; each quantile stands for the levels nearest to it."""
    edges = [0, *[(a + b) / 2 for a, b in zip(LEVELS, LEVELS[1:])], 1]
    weights = np.diff(edges)
    gains = np.expm1(quantiles)
    growth = lambda share: -np.sum(weights * np.log(np.maximum(1 + share * gains, 1e-300)))
    share = float(minimize_scalar(growth, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x)
    return {"quantiles": quantiles.tolist(), "low": low, "high": high, "share": share}


def main():
    rng = np.random.default_rng(20240101)
    returns = np.round(0.004 + 0.02 * rng.standard_t(5, ROWS), 8)
    own = np.mean(returns) / np.std(returns, ddof=1)
    ratios = np.array([own, *np.round(rng.normal(0.02, 0.06, 8), 8)])
    cases = [(0.002, 0.03, 0, 1), (0.004, 0.05, -4, 4), (-0.003, 0.04, -4, 4), (0.0005, 0.08, 0, 4), (0.02, 0.03, 0, 4)]
    t = stats.t(5)
    fixture = {
        "returns": returns.tolist(),
        "statistics": statistics(returns),
        "deflated": deflated(returns, ratios),
        "kelly": [kelly(np.round(mean + scale * t.ppf(LEVELS), 8), low, high) for mean, scale, low, high in cases],
        "normalCdf": [[x, float(stats.norm.cdf(x))] for x in (-9, -5.5, -3, -1.2, -0.1, 0, 0.7, 2.2, 4.4, 7.5)],
    }
    path = Path(__file__).parent.parent / "test" / "fixtures" / "backtest.json"
    path.write_text(json.dumps(fixture) + "\n")


main()
