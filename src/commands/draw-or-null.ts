/**
 * Waits for a chart; null where it cannot be drawn. The renderer has logged why, and the numbers are worth more than the picture, so they go out
 * without it.
 */
export async function drawOrNull(drawing: Promise<Uint8Array>): Promise<Uint8Array | null> {
  try {
    return await drawing;
  } catch {
    return null;
  }
}
