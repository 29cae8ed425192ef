/** What the processor can do at most with these instructions: the yardstick of the matrix kernel. */
import { madd } from './simd';

/** 2 · 4 · 12 floating-point operations per round: twelve independent multiply-adds, nothing loaded or stored. */
export function multiplyAdds(rounds: usize): f32 {
  const x = f32x4.splat(0.999), y = f32x4.splat(0.001);
  let a = x, b = y, c = x, d = y, e = x, f = y, g = x, h = y, i = x, j = y, k = x, l = y;
  for (; rounds > 0; rounds--) {
    a = madd(a, x, y);
    b = madd(b, x, y);
    c = madd(c, x, y);
    d = madd(d, x, y);
    e = madd(e, x, y);
    f = madd(f, x, y);
    g = madd(g, x, y);
    h = madd(h, x, y);
    i = madd(i, x, y);
    j = madd(j, x, y);
    k = madd(k, x, y);
    l = madd(l, x, y);
  }
  a = f32x4.add(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)), f32x4.add(f32x4.add(e, f), f32x4.add(g, h)));
  return f32x4.extract_lane(f32x4.add(a, f32x4.add(f32x4.add(i, j), f32x4.add(k, l))), 0);
}
