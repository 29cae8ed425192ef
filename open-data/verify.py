#!/usr/bin/env python3
"""Verifies an exported record of forecasts: python3 verify.py [DIR | PART.jsonl.gz] [--head HEX]...

Rebuilds the five chains of DIR (default: the folder of this script) and recomputes every score; README.md says what each key is.
--head HEX: the digits after "Record N" under a post, which must be those of a checkpoint of this record.
Exit code 0: everything is right. 1: something is not, and its line is named. Needs Python 3.8 or later and nothing else.
"""
import argparse, array, bisect, gzip, hashlib, json, math, mmap, os, sys, time

# The keys of the rows of each chain, in the order of their text. The hash follows as the last key and is no part of the text.
KEYS = {
    'forecasts': 'cause climatology horizon interval issuedAtMs lastPrice model originMs pUp previousHash quantiles sentimentShare'
                 ' sequence source symbol targetMs',
    'marks': 'markedAtMs number previousHash rowHash sequence',
    'outcomes': 'absoluteError actualPrice band brier climatologyPinball directionHit level logReturn naiveScale number pinball'
                ' previousHash revision scoredAtMs sequence source',
    'models': 'interval number previousHash recordedAtMs sha256 version',
    'checkpoints': 'atMs forecasts forecastsHash marks marksHash models modelsHash number outcomes outcomesHash previousHash',
}
CHAIN_OF = {(*keys.split(), 'hash'): chain for chain, keys in KEYS.items()}
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
LEVELS = [0.025] + [k / 20 for k in range(1, 20)] + [0.975]
# What a line raises that does not hold what it should.
UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError, ArithmeticError)

class Wrong(Exception): pass

def check(holds, words):
    if not holds: raise Wrong(words)

# ---- Scores: what README.md defines.

def pinball(y, q):
    return sum((y - q[k]) * LEVELS[k] if y >= q[k] else (q[k] - y) * (1 - LEVELS[k]) for k in range(1, 20)) / 19

def mean_move(q):  # mean of |y|: linear between the quantiles, flat beyond them
    area = lambda a, b: (a * a + b * b) / (b - a) / 2 if a < 0 < b else (abs(a) + abs(b)) / 2
    return sum((LEVELS[k + 1] - LEVELS[k]) * area(q[k], q[k + 1]) for k in range(20)) + LEVELS[0] * (abs(q[0]) + abs(q[20]))

def level(y, q):  # P(outcome <= y): linear between the quantiles, exponential beyond them by the gap next to the edge
    if y <= q[0]: return LEVELS[0] * math.exp((y - q[0]) / max(q[1] - q[0], 5e-324))
    if y >= q[20]: return 1 - LEVELS[0] * math.exp((q[20] - y) / max(q[20] - q[19], 5e-324))
    k = next(k for k in range(1, 21) if q[k] >= y)
    share = (y - q[k - 1]) / (q[k] - q[k - 1]) if q[k] > q[k - 1] else 0.5
    return LEVELS[k - 1] + share * (LEVELS[k] - LEVELS[k - 1])

def scores(forecast, price):
    prices, last = [float(x) for x in forecast['quantiles']], forecast['lastPrice']
    y, q = math.log(price / last), [math.log(x / last) for x in prices]
    usual = forecast['climatology'] and [math.log(x / last) for x in forecast['climatology']]
    return {
        'logReturn': y, 'pinball': pinball(y, q), 'climatologyPinball': pinball(y, usual) if usual else None,
        'absoluteError': abs(y - q[10]), 'naiveScale': mean_move(usual) or None if usual else None,
        'directionHit': (y > 0) == (q[10] > 0), 'brier': (forecast['pUp'] - (1 if y > 0 else 0)) ** 2, 'level': level(y, q),
        'band': next((band for band, low, high in ((50, 5, 15), (80, 2, 18), (95, 0, 20)) if prices[low] <= price <= prices[high]), None),
    }

# ---- Rows: what each must hold to.

def opened(line):
    """The row of a line, its chain and its number there."""
    row = json.loads(line)
    chain = CHAIN_OF.get(tuple(row))
    check(chain and line[-76:-67] == b',"hash":"' and line[-3:] == b'"}\n', 'it has not the keys of a row')
    return row, chain, row['sequence' if chain == 'forecasts' else 'number']

def check_hash(row, line):
    check(hashlib.sha256(line[:-76] + b'}').hexdigest() == row['hash'], 'it has been changed: its hash is not that of its text')

def check_time(forecast, cause, at):
    minutes = {'on-demand': math.inf, 'asked': 5, 'posted': 5, 'scheduled': {'1h': 15, '1d': 120}[forecast['interval']]}[cause]
    check(forecast['originMs'] <= at < forecast['targetMs'], 'it was not written between its origin and its target')
    check(at - forecast['originMs'] <= minutes * MINUTE, 'it was written too late after its origin to count')

def check_scores(outcome, forecast):
    check(outcome['scoredAtMs'] >= forecast['targetMs'] - MINUTE, 'it was written before its target')
    for key, value in scores(forecast, float(outcome['actualPrice'])).items():
        found = outcome[key]
        numbers = {type(found), type(value)} <= {int, float}
        if not (math.isclose(found, value, rel_tol=1e-9, abs_tol=1e-15) if numbers else found is value):
            raise Wrong(f'{key} is {json.dumps(found)}, and by the forecast and the price it is {json.dumps(value)}')

# ---- Files.

class Chain:
    """The rows of one file: followed once from the first to the last, then read again by their numbers."""
    def __init__(self, folder, name):
        self.name, self.path, self.ends, self.data = name, os.path.join(folder, name + '.jsonl'), array.array('Q', [0]), b''
        with open(self.path, 'rb') as file:
            if os.path.getsize(self.path) > 0: self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    def __len__(self): return len(self.ends) - 1
    def __getitem__(self, number): return json.loads(self.data[self.ends[number - 1]:self.ends[number]])
    def hash(self, number): return self.data[self.ends[number] - 67:self.ends[number] - 3].decode() if number > 0 else '0' * 64
    def read(self, look):
        with open(self.path, 'rb') as file:
            for expected, line in enumerate(file, 1):
                self.at = f'{self.name}.jsonl line {expected}'
                row, chain, number = opened(line)
                check((chain, number) == (self.name, expected), f'row {number} of the {chain} stands where row {expected} of the {self.name} should')
                check_hash(row, line)
                check(row['previousHash'] == self.hash(expected - 1), 'it does not follow the row before it')
                look(row)
                self.ends.append(self.ends[-1] + len(line))

class Closes:
    """candles.jsonl: the closes of each coin and interval, ascending."""
    name = 'candles'
    def __init__(self, folder):
        self.path, self.series, self.digest, self.lines, self.apart = os.path.join(folder, 'candles.jsonl'), {}, hashlib.sha256(), 0, 0.0
    def read(self, _look):
        with open(self.path, 'rb') as file:
            for self.lines, line in enumerate(file, 1):
                self.at = f'candles.jsonl line {self.lines}'
                self.digest.update(line)
                row = json.loads(line)
                key = (row['symbol'], row['interval'])
                if key not in self.series: self.series[key] = [*map(array.array, 'qdqL'), []]
                columns = self.series[key]
                check(not columns[0] or columns[0][-1] < row['closeTimeMs'], 'it does not come after the close before it')
                for column, value in zip(columns, (row['closeTimeMs'], row['close'], row['fetchedAtMs'], self.lines, sys.intern(row['source']))):
                    column.append(value)
    def find(self, symbol, interval, at):
        """Close, time of fetching, line and source of the candle that closed then; None where there is none."""
        times, *columns = self.series.get((symbol, interval), ([],))
        k = bisect.bisect_left(times, at)
        return [column[k] for column in columns] if k < len(times) and times[k] == at else None

PRICES = ['equal the close in candles.jsonl', 'were read from minutes, which are not kept', 'have no candle any more',
          'have a candle of another source now', 'have a candle that was corrected since the last scores were written',
          'are of forecasts that were made from the price of another coin']

def price_state(outcome, forecast, closes):
    """Compares the price of an outcome with the close that it was read from; an index into PRICES."""
    live = forecast['cause'] in ('asked', 'posted')
    if live and not outcome['source'].endswith(' 1h'): return 1
    interval = '1h' if live else forecast['interval']
    closed = lambda ms: closes.find(forecast['symbol'], interval, (ms + HOUR // 2) // HOUR * HOUR if live else ms)
    target, origin = closed(forecast['targetMs']), closed(forecast['originMs'])
    if target is None: return 2
    close, fetched, line, source = target
    if close == float(outcome['actualPrice']): return 0
    # Such a forecast may have been scored before that was known. Its score is then never revised.
    if origin and abs(math.log(origin[0] / forecast['lastPrice'])) > math.log(3): return 5
    apart, other = abs(math.log(close / outcome['actualPrice'])), source + (' 1h' if live else '') != outcome['source']
    if other and apart < math.log(3):
        closes.apart = max(closes.apart, apart)
        return 3
    fault = Wrong(f'its price is {outcome["actualPrice"]}, and the close in candles.jsonl line {line} is {close}')
    # For some days a source may correct a candle; the next time that scores are written, a revision follows.
    days = {'1h': 3 * DAY + 4 * HOUR, '1d': 11 * DAY}[interval]
    fault.corrected = fetched if not other and outcome['scoredAtMs'] < fetched <= forecast['targetMs'] + days else 0
    raise fault

def verify_folder(folder, heads):
    with open(os.path.join(folder, 'manifest.json'), 'rb') as file: manifest = json.load(file)
    check(manifest['format'] == 1, f'manifest.json: this script reads format 1, and that is {manifest["format"]}')
    chains, closes = {name: Chain(folder, name) for name in KEYS}, Closes(folder)
    forecasts, marks, outcomes, models, checkpoints = chains.values()
    scheduled, newest, states = bytearray(), array.array('Q'), bytearray()  # of each forecast; newest: number of its newest outcome, or 0
    sums, faults = {}, {}

    def look_at_forecast(row):
        check_time(row, row['cause'], row['issuedAtMs'])
        for column, value in ((scheduled, row['cause'] == 'scheduled'), (newest, 0), (states, 0)): column.append(value)

    def forecast_of(row):
        check(1 <= row['sequence'] <= len(forecasts), f'there is no forecast {row["sequence"]}')
        return forecasts[row['sequence']], row['sequence'] - 1

    def look_at_mark(row):
        forecast, k = forecast_of(row)
        check(forecast['hash'] == row['rowHash'] and forecast['cause'] == 'on-demand', 'it belongs to no forecast that was made on demand')
        check_time(forecast, 'scheduled', row['markedAtMs'])
        check(not scheduled[k], 'its forecast has a mark already')
        scheduled[k] = 1

    def look_at_outcome(row):
        forecast, k = forecast_of(row)
        before = outcomes[newest[k]] if newest[k] else None
        expected = before['revision'] + 1 if before else 0
        check(row['revision'] == expected, f'it is revision {row["revision"]} of its forecast, where {expected} should come')
        check_scores(row, forecast)
        newest[k] = row['number']
        faults.pop(k, None)
        try: states[k] = price_state(row, forecast, closes)
        except Wrong as fault: faults[k] = (outcomes.at, fault)  # unless a revision follows
        if not scheduled[k] or row['climatologyPinball'] is None: return
        total = sums.setdefault(forecast['horizon'], [0, 0.0, 0.0])
        for sign, one in ((1, row), (-1, before)) if before else ((1, row),):
            for i, value in enumerate((1, one['pinball'], one['climatologyPinball'])): total[i] += sign * value

    def look_at_checkpoint(row):
        for name in ('forecasts', 'marks', 'outcomes', 'models'):
            end = len(chains[name])
            check(row[name] <= end, f'it names row {row[name]} of the {name}, which end at row {end}: what came after that is cut off')
            check(chains[name].hash(row[name]) == row[name + 'Hash'], f'it names another row {row[name]} of the {name}')

    looks = (None, look_at_forecast, look_at_mark, look_at_outcome, lambda row: None, look_at_checkpoint)
    for file, look in zip((closes, *chains.values()), looks):
        try: file.read(look)
        except Wrong as fault: raise Wrong(f'{file.at}: {fault}')
        except UNREADABLE as fault: raise Wrong(f'{file.at}: it cannot be read ({fault})')
    for k, (at, fault) in faults.items():
        check(fault.corrected > outcomes[len(outcomes)]['scoredAtMs'] - HOUR, f'{at}: {fault}')
        states[k] = 4
    for name, chain in chains.items():
        told = manifest['chains'][name]
        check((len(chain), chain.hash(len(chain))) == (told['rows'], told['head']),
              f'{name}.jsonl has {len(chain)} rows, and by manifest.json {told["rows"]} that end in {told["head"]}')
        print(f'{name:11} {len(chain):>9,}, ending in {chain.hash(len(chain))}')
    check(closes.digest.hexdigest() == manifest['files']['candles.jsonl']['sha256'], 'candles.jsonl is not the file that manifest.json names')

    print(f'Every score follows from its forecast and its price. Of the prices of {sum(map(bool, newest)):,} forecasts')
    for state, words in enumerate(PRICES):
        count = sum(1 for number, found in zip(newest, states) if number and found == state)
        if count: print(f'{count:>9,} {words}' + (f', at most {100 * math.expm1(closes.apart):.2f} % off' if state == 3 else ''))
    print('Skill over climatology of scheduled forecasts, by horizon:' if sums else 'No scheduled forecast is scored yet.')
    for horizon in (h for h in ('1h', '4h', '24h', '1d', '3d', '7d') if h in sums):
        n, own, usual = sums[horizon]
        print(f'{horizon:>9} {100 * (1 - own / usual):+6.2f} %  n = {n:,}' if usual else f'{horizon:>9} n = {n:,}')
    told = lambda row: f'Record {row["forecasts"]} · {row["hash"][:20]} of ' + time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime(row['atMs'] / 1000))
    if len(checkpoints): print(f'The newest checkpoint: {told(checkpoints[len(checkpoints)])}')
    for head in heads:
        digits = ''.join(head.split('·')[-1].split()).lower()
        found = next((n for n in range(1, len(checkpoints) + 1) if checkpoints.hash(n).startswith(digits)), 0) if len(digits) >= 16 else 0
        check(found, f'--head {head}: this record never had that head (16 digits at least): the export is older, or the record was written anew')
        print(f'--head {head} is in this record: {told(checkpoints[found])}')

def verify_part(path):
    """Checks what a file with some of the rows allows: their hashes, times and scores, and the links between neighbours."""
    forecasts, last, counts = {}, {}, {}
    with (gzip.open if path.endswith('.gz') else open)(path, 'rb') as file:
        check(json.loads(file.readline())['format'] == 1, 'this script reads format 1')
        for at, line in enumerate(file, 2):
            try:
                row, chain, number = opened(line)
                before, previous = last.get(chain, (0, None))
                check(number > before, f'row {number} of the {chain} comes after row {before}')
                check_hash(row, line)
                check(number > before + 1 or previous is None or row['previousHash'] == previous, 'it does not follow the row before it')
                if chain == 'forecasts': check_time(row, row['cause'], row['issuedAtMs'])
                elif chain == 'outcomes': check_scores(row, forecasts[row['sequence']])
                elif chain == 'marks': check(forecasts[row['sequence']]['hash'] == row['rowHash'], 'it belongs to another forecast')
                if chain == 'forecasts': forecasts[number] = row
                last[chain], counts[chain] = (number, row['hash']), counts.get(chain, 0) + 1
            except Wrong as fault: raise Wrong(f'line {at}: {fault}')
            except UNREADABLE as fault: raise Wrong(f'line {at}: it cannot be read ({fault})')
    for chain, count in counts.items(): print(f'{chain:11} {count:>9,}')
    print('Each has its hash, and each score follows from its forecast and its price. Whether rows are missing, only the whole record tells.')

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description='Verifies an exported record of forecasts.')
    parser.add_argument('path', nargs='?', default=os.path.dirname(os.path.abspath(__file__)), metavar='DIR', help='the export, or a file with a part')
    parser.add_argument('--head', action='append', default=[], metavar='HEX', help='digits under a post, after "Record N"')
    given = parser.parse_args()
    try: verify_folder(given.path, given.head) if os.path.isdir(given.path) else verify_part(given.path)
    except (Wrong, OSError, EOFError, *UNREADABLE) as fault: sys.exit(f'WRONG: {fault}')
    print('Everything is right.')
