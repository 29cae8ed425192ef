#!/usr/bin/env python3
"""Verifies an exported record of forecasts: python3 verify.py [DIR | PART.jsonl.gz] [--head HEX]...

Rebuilds the chains of DIR (by default the folder of this script) and recomputes every score; README.md says what each key is. --head HEX: the digits after
"Record N" under a post, which must be those of a checkpoint. Exit code 0: everything is right. 1: something is not, and its line is named.
"""
import argparse, array, bisect, gzip, hashlib, io, json, math, mmap, os, shutil, sys, tempfile, time, zlib

KEYS = {  # of each chain, in the order of its text; the hash follows and is no part of the text
    'forecasts': 'cause climatology horizon interval issuedAtMs lastPrice model originMs pUp previousHash quantiles sentimentShare sequence source symbol targetMs',
    'marks': 'markedAtMs number previousHash rowHash sequence',
    'outcomes': 'absoluteError actualPrice band brier climatologyPinball directionHit level logReturn naiveScale number pinball previousHash revision scoredAtMs'
                ' sequence source',
    'models': 'interval number previousHash recordedAtMs sha256 version',
    'calls': 'atMs body call member number previousHash',
    'odds': 'atMs body number odds previousHash',
    'checkpoints': 'atMs calls callsHash forecasts forecastsHash marks marksHash models modelsHash number odds oddsHash outcomes outcomesHash previousHash'}
EARLIER = ' '.join(key for key in KEYS['checkpoints'].split() if key[:4] not in ('call', 'odds'))  # checkpoints that did not hold calls and odds
CHAIN_OF = {(*keys.split(), 'hash'): chain for chain, keys in (*KEYS.items(), ('checkpoints', EARLIER))}
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
LEVELS = [0.025] + [k / 20 for k in range(1, 20)] + [0.975]
UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError, ArithmeticError)  # raised by a line that does not hold what it should

class Wrong(Exception): pass
def check(holds, words):
    if not holds: raise Wrong(words)
def check_format(number): check(number in (1, 2), f'this script reads formats 1 and 2, and that is {number}')

# Scores, as README.md defines them. y: log return, q: 21 quantiles of it.
def pinball(y, q): return sum((y - q[k]) * LEVELS[k] if y >= q[k] else (q[k] - y) * (1 - LEVELS[k]) for k in range(1, 20)) / 19
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
    band = next((band for band, low, high in ((50, 5, 15), (80, 2, 18), (95, 0, 20)) if prices[low] <= price <= prices[high]), None)
    return {'logReturn': y, 'pinball': pinball(y, q), 'climatologyPinball': pinball(y, usual) if usual else None, 'absoluteError': abs(y - q[10]),
            'naiveScale': mean_move(usual) or None if usual else None, 'directionHit': (y > 0) == (q[10] > 0),
            'brier': (forecast['pUp'] - (1 if y > 0 else 0)) ** 2, 'level': level(y, q), 'band': band}
def call_scores(call, price):
    claim, bot, usual = call['claim'], call['bot'], call['usual']
    if claim['sort'] == 'direction':
        brier = lambda chance: (chance - (1 if math.log(price / call['lastPrice']) > 0 else 0)) ** 2
        return {'score': brier(claim['pUp']), 'bot': brier(bot['pUp']), 'toss': 0.25}
    width = lambda band: math.log(band['high'] / band['low'])  # the interval score: the width, and ten times what it was missed by
    interval = lambda band: (width(band) + 10 * (max(math.log(band['low'] / price), 0) + max(math.log(price / band['high']), 0))) / width(usual or bot)
    return {'score': interval(claim), 'bot': interval(bot), 'toss': interval(usual) if usual else None}

# What rows must hold to.
def check_time(forecast, cause, at):
    minutes = {'on-demand': math.inf, 'asked': 5, 'posted': 5, 'scheduled': {'1h': 15, '1d': 120}[forecast['interval']]}[cause]
    check(forecast['originMs'] <= at < forecast['targetMs'], 'it was not written between its origin and its target')
    check(at - forecast['originMs'] <= minutes * MINUTE, 'it was written too late after its origin to count')
def check_scores(outcome, forecast):
    check(outcome['scoredAtMs'] >= forecast['targetMs'] - MINUTE, 'it was written before its target')
    check_equal(outcome, scores(forecast, float(outcome['actualPrice'])), 'forecast')
def check_equal(row, expected, by):
    for key, value in expected.items():
        found, numbers = row[key], {type(row[key]), type(value)} <= {int, float}
        if not (math.isclose(found, value, rel_tol=1e-9, abs_tol=1e-15) if numbers else found is value):
            raise Wrong(f'{key} is {json.dumps(found)}, and by the {by} and the price it is {json.dumps(value)}')

PRICES = ['equal the close in candles.jsonl', 'were read from minutes, which are not kept', 'have no candle any more', 'have a candle of another source now',
          'have a candle that was corrected since the last scores were written', 'are of forecasts that were made from the price of another coin']

class Rows:  # of a chain: where each lies in its file, to be read again by its number
    def __init__(self, name, data): self.name, self.data, self.numbers, self.starts, self.head = name, data, array.array('Q'), array.array('Q'), '0' * 64
    def __len__(self): return self.numbers[-1] if self.numbers else 0
    def index(self, number):
        k = bisect.bisect_left(self.numbers, number)
        check(k < len(self.numbers) and self.numbers[k] == number, f'there is no {self.name[:-1]} {number}')
        return k
    def __getitem__(self, number):
        start = self.starts[self.index(number)]
        return json.loads(self.data[start:self.data.find(b'\n', start)])

class Record:
    """Takes the lines of the files of a whole record, or of a part, one after the other."""
    def __init__(self, chains, whole):
        self.chains, self.whole, self.series, self.sums, self.faults, self.furthest = chains, whole, {}, {}, {}, 0.0
        # Of each forecast; newest: number of its newest outcome, or 0.
        self.scheduled, self.newest, self.states = bytearray(), array.array('Q'), bytearray()
        self.open = {'call': {}, 'odds': {}}  # calls and odds without an end
        self.called = {}  # of each sort of call: scores of the call, the bot and the baseline
        self.asked = {'above': [], 'touch': []}  # of odds that have ended: the chance, that of the usual moves, and what happened
        self.compared = 0  # levels of odds whose touch was compared with highs and lows

    def take(self, file, at, line, start):
        row = json.loads(line)
        if file == 'candles': return self.candle(row, at)
        if not file and at == 1: return check_format(row['format'])
        chain = CHAIN_OF.get(tuple(row))
        check(chain and line[-76:-67] == b',"hash":"' and line[-3:] == b'"}\n', 'it has not the keys of a row')
        check(hashlib.sha256(line[:-76] + b'}').hexdigest() == row['hash'], 'it has been changed: its hash is not that of its text')
        rows, number = self.chains[chain], row['sequence' if chain == 'forecasts' else 'number']
        check(not self.whole or (chain, number) == (file, at), f'row {number} of the {chain} stands where row {at} of the {file} should')
        check(number > len(rows), f'row {number} of the {chain} comes after row {len(rows)}')
        check(row['previousHash'] == rows.head or not self.whole and number > len(rows) + 1, 'it does not follow the row before it')
        getattr(self, chain)(row)
        rows.head = row['hash']
        rows.numbers.append(number)
        rows.starts.append(start)

    def candle(self, row, at):
        columns = self.series.setdefault((row['symbol'], row['interval']), (*map(array.array, 'qdqL'), [], *map(array.array, 'dd')))
        check(not columns[0] or columns[0][-1] < row['closeTimeMs'], 'it does not come after the close before it')
        for column, value in zip(columns, (row['closeTimeMs'], row['close'], row['fetchedAtMs'], at, sys.intern(row['source']), row.get('high', math.nan), row.get('low', math.nan))):
            column.append(value)
    def forecasts(self, row):
        check_time(row, row['cause'], row['issuedAtMs'])
        for column, value in ((self.scheduled, row['cause'] == 'scheduled'), (self.newest, 0), (self.states, 0)): column.append(value)
    def forecast_of(self, row): return self.chains['forecasts'][row['sequence']], self.chains['forecasts'].index(row['sequence'])
    def marks(self, row):
        forecast, k = self.forecast_of(row)
        check(forecast['hash'] == row['rowHash'] and forecast['cause'] == 'on-demand', 'it belongs to no forecast that was made on demand')
        check_time(forecast, 'scheduled', row['markedAtMs'])
        check(not self.scheduled[k], 'its forecast has a mark already')
        self.scheduled[k] = 1
    def outcomes(self, row):
        forecast, k = self.forecast_of(row)
        before = self.chains['outcomes'][self.newest[k]] if self.newest[k] else None
        expected = before['revision'] + 1 if before else 0
        check(row['revision'] == expected, f'it is revision {row["revision"]} of its forecast, where {expected} should come')
        check_scores(row, forecast)
        self.newest[k] = row['number']
        self.faults.pop(k, None)
        try: self.states[k] = self.price_state(row, forecast)
        except Wrong as fault: self.faults[k] = (row['number'], fault)  # unless a revision follows
        if not self.scheduled[k] or row['climatologyPinball'] is None: return
        total = self.sums.setdefault(forecast['horizon'], [0, 0.0, 0.0])
        for sign, one in ((1, row), (-1, before)) if before else ((1, row),):
            for i, value in enumerate((1, one['pinball'], one['climatologyPinball'])): total[i] += sign * value
    def price_state(self, outcome, forecast):  # compares a price with its close: an index into PRICES
        live = forecast['cause'] in ('asked', 'posted')
        if live and not outcome['source'].endswith(' 1h'): return 1
        interval = '1h' if live else forecast['interval']
        times, *columns = self.series.get((forecast['symbol'], interval), ([],))
        def closed(ms):
            at = (ms + HOUR // 2) // HOUR * HOUR if live else ms
            k = bisect.bisect_left(times, at)
            return [column[k] for column in columns] if k < len(times) and times[k] == at else None
        target, origin = closed(forecast['targetMs']), closed(forecast['originMs'])
        if target is None: return 2
        close, fetched, line, source = target[:4]
        if close == float(outcome['actualPrice']): return 0
        if origin and abs(math.log(origin[0] / forecast['lastPrice'])) > math.log(3): return 5  # scored before that was known
        apart, other = abs(math.log(close / outcome['actualPrice'])), source + (' 1h' if live else '') != outcome['source']
        if other and apart < math.log(3):
            self.furthest = max(self.furthest, apart)
            return 3
        fault = Wrong(f'its price is {outcome["actualPrice"]}, and the close in candles.jsonl line {line} is {close}')
        # So long a source may correct a candle; a revision follows when scores are written next.
        until = forecast['targetMs'] + {'1h': 3 * DAY + 4 * HOUR, '1d': 11 * DAY}[interval]
        fault.corrected = fetched if not other and outcome['scoredAtMs'] < fetched <= until else 0
        raise fault
    def models(self, row): pass
    def event(self, row, kind):  # what a row ends, and its end; nothing where it writes down something
        event, number, waiting = json.loads(row['body']), row['number'], self.open[kind]
        if event['kind'] == kind:
            check(row[kind] == number, 'it names another row')
            waiting[number] = first = event[kind]
            check(first['originMs'] <= row['atMs'] < first['targetMs'], 'it was not written between its origin and its target')
            return None, None
        first = waiting.pop(row[kind], None)
        check(first, 'it ends what is not there, or has ended')
        check(row['atMs'] >= first['targetMs'], 'it was written before its target')
        return first, event
    def check_price(self, row, first, end):  # with its close, unless that was corrected since
        try: self.price_state({**end, 'scoredAtMs': row['atMs']}, {**first, 'cause': 'asked'})
        except Wrong as fault:
            if not fault.corrected: raise
    def calls(self, row):
        call, end = self.event(row, 'call')
        if call is None or end['kind'] != 'outcome': return
        check_equal(end['scores'], call_scores(call, float(end['scores']['actualPrice'])), 'call')
        self.check_price(row, call, end['scores'])
        self.called.setdefault(call['claim']['sort'], []).append(tuple(end['scores'][key] for key in ('score', 'bot', 'toss')))
    def odds(self, row):
        odds, end = self.event(row, 'odds')
        if odds is None or end['kind'] != 'outcome': return
        self.check_price(row, odds, end)
        self.check_touch(odds, end, row['atMs'])
        for name, happened in (('above', end['actualPrice'] > odds['level']), ('touch', end['touched'])):
            if happened is not None: self.asked[name].append((odds[name], (odds['usual'] or {}).get(name), happened))
    def check_touch(self, odds, end, at):
        level, up = odds['level'], odds['level'] > odds['lastPrice']
        ended = end['actualPrice'] >= level if up else end['actualPrice'] <= level
        check(not ended or end['touched'] is True, 'touched is not true, and the price ended on the other side of the level')
        if ended or end['touched'] is None: return
        times, _, fetched, lines, _, highs, lows = self.series.get((odds['symbol'], '1h'), ([],) * 7)
        first, last = odds['originMs'] // HOUR * HOUR + HOUR, -(-odds['targetMs'] // HOUR) * HOUR
        from_, to = bisect.bisect_left(times, first), bisect.bisect_right(times, last)
        if any(fetched[k] > at for k in range(from_, to)): return  # a candle was corrected since
        reached = [k for k in range(from_, to) if (highs[k] >= level if up else lows[k] <= level)]
        # The first and the last hour belong to it in part: only the others tell that the level was touched, and all of them that it was not.
        inside = [k for k in reached if times[k] - HOUR >= odds['originMs'] and times[k] <= odds['targetMs']]
        check(end['touched'] or not inside, f'touched is false, and candles.jsonl line {lines[inside[0]] if inside else 0} reaches the level')
        whole = to - from_ == (last - first) // HOUR + 1 and not any(math.isnan(highs[k]) for k in range(from_, to))
        check(not end['touched'] or reached or not whole, 'touched is true, and no hour in candles.jsonl reaches the level')
        self.compared += whole
    def checkpoints(self, row):
        for name in KEYS if self.whole else ():
            if name not in row: continue
            rows = self.chains.get(name)
            check(rows is not None and row[name] <= len(rows), f'it names row {row[name]} of the {name}, which end at row {len(rows or ())}: what came after that is cut off')
            check((rows[row[name]]['hash'] if row[name] else '0' * 64) == row[name + 'Hash'], f'it names another row {row[name]} of the {name}')

def opened(path):  # where a file or path.gz is, and its bytes, read as they are needed
    found = path if os.path.exists(path) or not os.path.exists(path + '.gz') else path + '.gz'
    file = open(found, 'rb')
    if found.endswith('.gz'):
        packed, file = gzip.GzipFile(fileobj=file), tempfile.TemporaryFile()
        shutil.copyfileobj(packed, file)
        file.flush()
    return found, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if os.fstat(file.fileno()).st_size else io.BytesIO()

def verify(path, heads):
    whole = os.path.isdir(path)
    check(whole or not heads, '--head needs the whole record: a part cannot tell')
    if whole:
        with open(os.path.join(path, 'manifest.json'), 'rb') as file: manifest = json.load(file)
        check_format(manifest['format'])
    names = [name for name in KEYS if not whole or name not in ('calls', 'odds') or name in manifest['chains']]  # earlier exports have not all
    files = {name: opened(os.path.join(path, name + '.jsonl')) for name in ('candles', *names)} if whole else {'': opened(path)}
    record = Record({name: Rows(name, files[name if whole else ''][1]) for name in names}, whole)
    for name, (_, data) in files.items():
        start, place = 0, f'{name}.jsonl line' if whole else 'line'
        for at, line in enumerate(iter(data.readline, b''), 1):
            try: record.take(name, at, line, start)
            except Wrong as fault: raise Wrong(f'{place} {at}: {fault}')
            except UNREADABLE as fault: raise Wrong(f'{place} {at}: it cannot be read ({fault})')
            start += len(line)
    for name, rows in record.chains.items():
        if whole or rows.numbers: print(f'{name:11} {len(rows.numbers):>9,}' + (f', ending in {rows.head}' if whole else ''))
    if not whole: return print('Each has its hash, and each score follows from its forecast and its price. Whether rows are missing, only the whole record tells.')
    outcomes, checkpoints = record.chains['outcomes'], record.chains['checkpoints']
    for k, (number, fault) in record.faults.items():
        check(fault.corrected > outcomes[len(outcomes)]['scoredAtMs'] - HOUR, f'outcomes.jsonl line {number}: {fault}')
        record.states[k] = 4
    for name, rows in record.chains.items():
        told = manifest['chains'][name]
        check((len(rows), rows.head) == (told['rows'], told['head']),
              f'{name}.jsonl has {len(rows)} rows, and by manifest.json {told["rows"]} that end in {told["head"]}')
    digest, told = hashlib.sha256(), manifest['files'][os.path.basename(files['candles'][0])]
    with open(files['candles'][0], 'rb') as file:
        for piece in iter(lambda: file.read(1 << 20), b''): digest.update(piece)
    check(digest.hexdigest() == told['sha256'], 'candles.jsonl is not the file that manifest.json names')

    print(f'Every score follows from its forecast and its price. Of the prices of {sum(map(bool, record.newest)):,} forecasts')
    for state, words in enumerate(PRICES):
        count = sum(1 for number, found in zip(record.newest, record.states) if number and found == state)
        if count: print(f'{count:>9,} {words}' + (f', at most {100 * math.expm1(record.furthest):.2f} % off' if state == 3 else ''))
    print('Skill over climatology of scheduled forecasts, by horizon:' if record.sums else 'No scheduled forecast is scored yet.')
    for horizon, (n, own, usual) in sorted(record.sums.items(), key=lambda item: ('hd'.index(item[0][-1]), int(item[0][:-1]))):
        print(f'{horizon:>9} {100 * (1 - own / usual):+6.2f} %  n = {n:,}' if usual else f'{horizon:>9} n = {n:,}')
    mean = lambda rows, i: sum(row[i] for row in rows) / len(rows)
    for sort, rows in record.called.items():
        known = [row for row in rows if row[2] is not None]
        if known: print(f"Members' calls of a {sort}: mean score {mean(known, 0):.4f}, the bot's {mean(known, 1):.4f}, by knowing nothing {mean(known, 2):.4f}, n = {len(known):,}")
    for name, words in (('above', 'above a price at the moment'), ('touch', 'of touching a price before')):
        both = [[(chance - row[2]) ** 2 for chance in row[:2]] for row in record.asked[name] if row[1] is not None]
        if both: print(f'Odds that were asked for, {words}: Brier score {mean(both, 0):.4f}, of the usual moves {mean(both, 1):.4f}, n = {len(both):,}')
    if record.compared: print(f'{record.compared:,} of these touches were compared with all highs and lows on the way')
    said = lambda row: f'Record {row["forecasts"]} · {row["hash"][:20]} of ' + time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime(row['atMs'] / 1000))
    if len(checkpoints): print(f'The newest checkpoint: {said(checkpoints[len(checkpoints)])}')
    for head in heads:
        digits = ''.join(head.split('·')[-1].split()).lower()
        found = next((row for row in map(checkpoints.__getitem__, checkpoints.numbers) if row['hash'].startswith(digits)), None)
        check(found and len(digits) >= 16, f'--head {head}: this record never had that head (16 digits at least): the export is older, or the record was written anew')
        print(f'--head {head} is in this record: {said(found)}')

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description='Verifies an exported record of forecasts.')
    parser.add_argument('path', nargs='?', default=os.path.dirname(os.path.abspath(__file__)), metavar='DIR', help='the export, or a file with a part')
    parser.add_argument('--head', action='append', default=[], metavar='HEX', help='digits under a post, after "Record N"')
    given = parser.parse_args()
    try: verify(given.path, given.head)
    except (Wrong, OSError, EOFError, zlib.error, *UNREADABLE) as fault: sys.exit(f'WRONG: {fault}')
    print('Everything is right.')
