/** Words that change what others mean: negation, strength, doubt, clauses. */
export const GRAMMAR = `
absence -0.7 =: no, without, nobody, lack of, lacks, lacking, lack, zero
neg -0.7 =: not, least, never, n't, neither, nor, none, nothing, hardly, barely, scarcely, cannot, cant, dont, doesnt, didnt,
  isnt, arent, wasnt, werent, wont, wouldnt, couldnt, shouldnt, hasnt, havent, hadnt, aint, don't, doesn't, didn't, isn't,
  aren't, wasn't, weren't, won't, wouldn't, couldn't, shouldn't, hasn't, haven't, hadn't, ain't, can't, unlikely to, far from,
  no longer, anything but, instead of, rather than, yet to, stop short of, less likely to, too early to, unaffected by,
  immune to, unfazed by, no sign of, no signs of, no evidence of, no threat to, despite fears of, denies report, denies reports, denies rumor, denies rumors, denies rumours, denies claim, denies claims, deny reports,
  deny rumors, dismisses rumors, refutes claims, refutes rumors
fail -0.8 =: fail to, fails to, failed to, failing to, unable to, struggle to, struggle for, struggles for, struggles to,
  struggling to, struggled to, refuse to, refuses to, refused to, cease to, stop being, decline to say, decline to comment,
  does little to, do little to, miss out on, unwilling to, hesitant to, reluctant to
amp 1.4 =: very, extremely, sharply, strongly, significantly, heavily, huge, massive, massively, major, big, biggest, largest,
  strong, steep, steeply, dramatically, rapidly, severely, severe, deeply, hugely, drastically, substantially, considerably,
  super, really, so, totally, absolutely, completely, insanely, incredibly, mega, serious, seriously, double digit,
  triple digit, whopping, staggering, sudden, suddenly, abruptly, broadly, broad, fresh, record, violent, brutal, brutally,
  epic, historic, unprecedented, most, fucking, fuckin, freaking, utterly, remarkably, obvious, obviously, all time, swiftly,
  highly, more and more, ever, worst, most since, sharp, enormous, colossal, widespread, far more, much more, mightily,
  solidly, firmly
amp 0.65 =: slightly, marginally, modestly, modest, somewhat, a bit, a little, little, briefly, barely, partially, partly,
  mildly, mild, minor, small, slight, gently, moderately, fractionally, almost, temporarily, temporary, relatively, kind of,
  sort of, shallow, short lived, short term
amp 0.4 =: less than
amp -0.7 =: less than expected, less than feared, less than forecast, less than estimated, less than hoped
less -0.7 =: less
0 =: no less, more or less
hedge 0.8 =: may, might, could, can, possibly, possible, perhaps, maybe, potentially, likely, probably, reportedly, allegedly,
  rumored, rumoured, rumor, rumour, seem, seems, appear, appears, suggests, suggest, hints at, hint, hints, eyes, eyeing,
  mulls, considers, considering, seeks, seeking, plans to, aims to, aim to, hopes to, expected to, set to, poised to,
  bound to, about to, looks to, wants to, in talks, in talks to, supposedly, theoretically, what if, unless
hedge 0.6 =: pitch for, push for, bid for, wait for, await, awaits, awaiting, call for, calls for, promise to, promises to, must, need to, needs to, time to, ought to
ask 0.6 =: why, how, what, is, are, will, does, do, did, should, would, was, has
but =: but, however, nevertheless, nonetheless
despite 0.3 =: despite, in spite of, regardless of, notwithstanding, even though, though, although, even as, even if,
  even after, before
despite 0.5 =: amid, amidst, during, following, in wake of, in the wake of, after, since, post, when, as, in the aftermath of,
  aftermath of, in aftermath of
particle 1.3 =: up
particle -1.3 =: down
clause =: and, while, whereas, because, or, than, who, that, which, says, say, said, warns, so that, where, until, if,
  whether, vs, versus, plus
digest 0.5 =: more news, news roundup, nifty news, finance redefined, law decoded, whitelist watch
digest 0.3 =: explained, explainer, what we know, what to know, need to know, a look at, the story of,
  story of, tale of, history of, guide to, documentary, film, book, interview, podcast, opinion, essay, anniversary, lesson for, lessons from
of =: to, with, by, of, on, from, for, at, into, via, among, over, under, per, between, around, against, towards, through,
  across, behind, about
in =: in
skip =: drag, drags, dragged, dragging, worst, best, bad, good, ugly, the, a, an, its, their, his, her, our, your, my, this, these, those, some, any, all, more, further, us, global,
  average, daily, annual, total, monthly, weekly, quarterly, yearly
`;
