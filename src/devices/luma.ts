/** Brightness alone, one byte a pixel, rows without gaps: all that a decoder needs of a picture. */
export interface Luma {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A rectangle in whole pixels. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Cuts `area` out; it must lie inside. */
export function crop(luma: Luma, area: Area): Luma {
  const data = new Uint8Array(area.width * area.height);
  for (let row = 0; row < area.height; row += 1) {
    const from = (area.top + row) * luma.width + area.left;
    data.set(luma.data.subarray(from, from + area.width), row * area.width);
  }
  return { data, width: area.width, height: area.height };
}

/** Twice as wide and high, new pixels half way between their neighbours: opens bars that are a pixel wide. */
export function enlarge(luma: Luma): Luma {
  const { width, height, data } = luma;
  const out = new Uint8Array(width * height * 4);
  const outWidth = width * 2;
  for (let y = 0; y < height; y += 1) {
    const below = y + 1 < height ? width : 0;
    for (let x = 0; x < width; x += 1) {
      const at = y * width + x;
      const beside = x + 1 < width ? 1 : 0;
      const here = data[at] ?? 0;
      const right = data[at + beside] ?? 0;
      const under = data[at + below] ?? 0;
      const across = data[at + below + beside] ?? 0;
      const to = y * 2 * outWidth + x * 2;
      out[to] = here;
      out[to + 1] = (here + right) >> 1;
      out[to + outWidth] = (here + under) >> 1;
      out[to + outWidth + 1] = (here + right + under + across) >> 2;
    }
  }
  return { data: out, width: outWidth, height: height * 2 };
}

/** Brightness of RGBA bytes, as a canvas gives them; weights of ITU-R BT.601. */
export function lumaFromRgba(rgba: Uint8ClampedArray | Uint8Array, width: number, height: number): Luma {
  const data = new Uint8Array(width * height);
  for (let at = 0, from = 0; at < data.length; at += 1, from += 4)
    data[at] = (306 * (rgba[from] ?? 0) + 601 * (rgba[from + 1] ?? 0) + 117 * (rgba[from + 2] ?? 0)) >> 10;
  return { data, width, height };
}

/** Takes the padding out of a plane whose rows are `stride` bytes apart. */
export function packRows(plane: Uint8Array, stride: number, width: number, height: number): Luma {
  if (stride === width) return { data: plane.subarray(0, width * height), width, height };
  const data = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1)
    data.set(plane.subarray(row * stride, row * stride + width), row * width);
  return { data, width, height };
}
