/**
 * The two matrix kernels. Both keep a tile of 4 × 8 results in eight registers, so each step of the inner loop is eight
 * multiply-adds for six loads. Unrolling it further by hand halves its speed in V8.
 */
import { madd } from './simd';

/**
 * C = init + A · B for m rows and n columns (a multiple of 8). Rows beyond a multiple of 4 are done one by one, in the same order of
 * additions, so a row's result does not depend on how many there are.
 *
 * A's row is `taps` pieces of `depth` floats that lie `tapStride` apart: one piece for a dense layer, one per kernel position
 * for a convolution (that is all there is to im2col). Rows of A lie `lda` apart. B is stored in panels of 8 columns, each
 * taps·depth × 8. `init` is a row of biases (`initStride` 0) or a matrix (C itself to accumulate). Strides count floats.
 */
export function matmul(
  a: usize, lda: usize, taps: usize, tapStride: usize, depth: usize,
  b: usize, init: usize, initStride: usize, c: usize, ldc: usize, m: usize, n: usize,
): void {
  lda <<= 2;
  tapStride <<= 2;
  initStride <<= 2;
  ldc <<= 2;
  const depthBytes = depth << 2;
  const panelBytes = (taps * depth) << 5;
  const rowsEnd = a + (m & ~3) * lda;
  for (let r = m & ~3; r < m; r++) {
    multiplyRow(a + r * lda, taps, tapStride, depthBytes, b, panelBytes, init + r * initStride, c + r * ldc, n);
  }
  if (a == rowsEnd) return;
  for (let column: usize = 0; column < n; column += 8) {
    let row = a;
    let from = init + (column << 2);
    let to = c + (column << 2);
    while (row < rowsEnd) {
      let at = from;
      let c00 = v128.load(at), c01 = v128.load(at, 16);
      at += initStride;
      let c10 = v128.load(at), c11 = v128.load(at, 16);
      at += initStride;
      let c20 = v128.load(at), c21 = v128.load(at, 16);
      at += initStride;
      let c30 = v128.load(at), c31 = v128.load(at, 16);
      let panel = b;
      let piece = row;
      for (let tap: usize = 0; tap < taps; tap++) {
        let a0 = piece;
        let a1 = a0 + lda;
        let a2 = a1 + lda;
        let a3 = a2 + lda;
        const end = a0 + depthBytes;
        do {
          const b0 = v128.load(panel), b1 = v128.load(panel, 16);
          const x0 = v128.load32_splat(a0);
          c00 = madd(x0, b0, c00);
          c01 = madd(x0, b1, c01);
          const x1 = v128.load32_splat(a1);
          c10 = madd(x1, b0, c10);
          c11 = madd(x1, b1, c11);
          const x2 = v128.load32_splat(a2);
          c20 = madd(x2, b0, c20);
          c21 = madd(x2, b1, c21);
          const x3 = v128.load32_splat(a3);
          c30 = madd(x3, b0, c30);
          c31 = madd(x3, b1, c31);
          panel += 32;
          a0 += 4;
          a1 += 4;
          a2 += 4;
          a3 += 4;
        } while (a0 != end);
        piece += tapStride;
      }
      at = to;
      v128.store(at, c00);
      v128.store(at, c01, 16);
      at += ldc;
      v128.store(at, c10);
      v128.store(at, c11, 16);
      at += ldc;
      v128.store(at, c20);
      v128.store(at, c21, 16);
      at += ldc;
      v128.store(at, c30);
      v128.store(at, c31, 16);
      row += lda << 2;
      from += initStride << 2;
      to += ldc << 2;
    }
    b += panelBytes;
  }
}

/** One row of the product, 32 columns at a time and what is left by 8. `tapStride`, `depth` and `panel` count bytes here. */
function multiplyRow(
  a: usize, taps: usize, tapStride: usize, depth: usize, b: usize, panel: usize, init: usize, c: usize, n: usize,
): void {
  const panels3 = panel * 3;
  for (; n >= 32; n -= 32) {
    let c0 = v128.load(init), c1 = v128.load(init, 16), c2 = v128.load(init, 32), c3 = v128.load(init, 48);
    let c4 = v128.load(init, 64), c5 = v128.load(init, 80), c6 = v128.load(init, 96), c7 = v128.load(init, 112);
    let at = b;
    for (let tap: usize = 0; tap < taps; tap++) {
      let from = a + tap * tapStride;
      const end = from + depth;
      do {
        const x = v128.load32_splat(from);
        c0 = madd(x, v128.load(at), c0);
        c1 = madd(x, v128.load(at, 16), c1);
        c2 = madd(x, v128.load(at + panel), c2);
        c3 = madd(x, v128.load(at + panel, 16), c3);
        c4 = madd(x, v128.load(at + (panel << 1)), c4);
        c5 = madd(x, v128.load(at + (panel << 1), 16), c5);
        c6 = madd(x, v128.load(at + panels3), c6);
        c7 = madd(x, v128.load(at + panels3, 16), c7);
        from += 4;
        at += 32;
      } while (from != end);
    }
    v128.store(c, c0);
    v128.store(c, c1, 16);
    v128.store(c, c2, 32);
    v128.store(c, c3, 48);
    v128.store(c, c4, 64);
    v128.store(c, c5, 80);
    v128.store(c, c6, 96);
    v128.store(c, c7, 112);
    b += panel << 2;
    init += 128;
    c += 128;
  }
  for (; n > 0; n -= 8) {
    let c0 = v128.load(init), c1 = v128.load(init, 16);
    let at = b;
    for (let tap: usize = 0; tap < taps; tap++) {
      let from = a + tap * tapStride;
      const end = from + depth;
      do {
        const x = v128.load32_splat(from);
        c0 = madd(x, v128.load(at), c0);
        c1 = madd(x, v128.load(at, 16), c1);
        from += 4;
        at += 32;
      } while (from != end);
    }
    v128.store(c, c0);
    v128.store(c, c1, 16);
    b += panel;
    init += 32;
    c += 32;
  }
}

/**
 * dW += Xᵀ · dY over `rows` rows (at least 1): the gradient of a kernel, in panels of 8 columns that lie `panelStride` floats
 * apart. `depth` (a multiple of 4) columns of X, n (a multiple of 8) columns of dY.
 */
export function matmulGradient(
  x: usize, ldx: usize, depth: usize, dy: usize, ldy: usize, n: usize, rows: usize, dw: usize, panelStride: usize,
): void {
  ldx <<= 2;
  ldy <<= 2;
  panelStride <<= 2;
  for (let column: usize = 0; column < n; column += 8) {
    let to = dw;
    for (let k: usize = 0; k < depth; k += 4) {
      let c00 = v128.load(to), c01 = v128.load(to, 16);
      let c10 = v128.load(to, 32), c11 = v128.load(to, 48);
      let c20 = v128.load(to, 64), c21 = v128.load(to, 80);
      let c30 = v128.load(to, 96), c31 = v128.load(to, 112);
      let from = x + (k << 2);
      let by = dy;
      const end = by + rows * ldy;
      do {
        const b0 = v128.load(by), b1 = v128.load(by, 16);
        const x0 = v128.load32_splat(from);
        c00 = madd(x0, b0, c00);
        c01 = madd(x0, b1, c01);
        const x1 = v128.load32_splat(from, 4);
        c10 = madd(x1, b0, c10);
        c11 = madd(x1, b1, c11);
        const x2 = v128.load32_splat(from, 8);
        c20 = madd(x2, b0, c20);
        c21 = madd(x2, b1, c21);
        const x3 = v128.load32_splat(from, 12);
        c30 = madd(x3, b0, c30);
        c31 = madd(x3, b1, c31);
        from += ldx;
        by += ldy;
      } while (by != end);
      v128.store(to, c00);
      v128.store(to, c01, 16);
      v128.store(to, c10, 32);
      v128.store(to, c11, 48);
      v128.store(to, c20, 64);
      v128.store(to, c21, 80);
      v128.store(to, c30, 96);
      v128.store(to, c31, 112);
      to += 128;
    }
    dw += panelStride;
    dy += 32;
  }
}

/** out += sums over the rows of dY's n columns (a multiple of 8): the gradient of a bias. */
export function columnSums(dy: usize, ldy: usize, n: usize, rows: usize, out: usize): void {
  ldy <<= 2;
  for (let column: usize = 0; column < n; column += 8) {
    let s0 = v128.load(out), s1 = v128.load(out, 16);
    let at = dy;
    for (let row: usize = 0; row < rows; row++) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      at += ldy;
    }
    v128.store(out, s0);
    v128.store(out, s1, 16);
    out += 32;
    dy += 32;
  }
}

/**
 * Rows `first` … `first + depth` (multiples of 8) of a kernel of `total` rows and n columns, both in panels of 8 columns,
 * transposed: panels of 8 of those rows, each n × 8. The backward pass multiplies by it.
 */
export function transposePanels(weights: usize, total: usize, first: usize, depth: usize, n: usize, out: usize): void {
  for (let row: usize = 0; row < depth; row += 4) {
    const to = out + (((row >> 3) * n) << 5) + ((row & 4) << 2);
    for (let column: usize = 0; column < n; column += 4) {
      const from = weights + (((column >> 3) * total + first + row) << 5) + ((column & 4) << 2);
      const r0 = v128.load(from), r1 = v128.load(from, 32), r2 = v128.load(from, 64), r3 = v128.load(from, 96);
      const low0 = i32x4.shuffle(r0, r1, 0, 4, 1, 5), low1 = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
      const high0 = i32x4.shuffle(r0, r1, 2, 6, 3, 7), high1 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
      const at = to + (column << 5);
      v128.store(at, i32x4.shuffle(low0, low1, 0, 1, 4, 5));
      v128.store(at, i32x4.shuffle(low0, low1, 2, 3, 6, 7), 32);
      v128.store(at, i32x4.shuffle(high0, high1, 0, 1, 4, 5), 64);
      v128.store(at, i32x4.shuffle(high0, high1, 2, 3, 6, 7), 96);
    }
  }
}
