import { type Random, randomOf } from '../random.ts';

/** What one film shows, frame by frame, as planar YUV 4:2:0 (BT.601, studio range). */
export interface Scene {
  readonly width: number;
  readonly height: number;
  /**
   * @param moment from 0, the first frame, up to 1
   * @returns a buffer of width * height * 3 / 2 bytes, overwritten by the next call
   */
  draw(moment: number): Uint8Array;
}

interface Colour {
  readonly y: number;
  readonly u: number;
  readonly v: number;
}

interface Ball {
  readonly colour: Colour;
  readonly radius: number;
  readonly x: number;
  readonly y: number;
  /** Whole turns through the film, so that it ends where it began and can be looped. */
  readonly turnsX: number;
  readonly turnsY: number;
}

const BADGE_CELLS = 5;

/**
 * Flat colours and large shapes, because they are cheap to draw and to encode: a two-coloured backdrop, drifting
 * balls, a badge that a person can tell from another at a glance, and a bar that fills as the film plays.
 * @param key what makes this film different from others
 */
export function sceneOf(key: string, width: number, height: number): Scene {
  const random = randomOf('scene', key);
  const hue = random();
  const backdrop = new Uint8Array((width * height * 3) / 2);
  const canvas: Canvas = { pixels: backdrop, width, height };
  const horizon = even(height * (0.35 + 0.4 * random()));
  fillRectangle(canvas, 0, 0, width, horizon, colourOf(hue, 0.45, 0.55));
  fillRectangle(canvas, 0, horizon, width, height, colourOf(hue + 0.08, 0.5, 0.35));
  drawBadge(canvas, random, colourOf(hue + 0.5, 0.6, 0.9));
  const balls = Array.from({ length: 3 }, () => ballOf(random, hue, Math.min(width, height)));
  const barColour = colourOf(hue + 0.5, 0.2, 1);
  const barHeight = Math.max(2, even(height / 60));

  const frame = new Uint8Array(backdrop.length);
  const onFrame: Canvas = { pixels: frame, width, height };
  return {
    width,
    height,
    draw(moment) {
      frame.set(backdrop);
      for (const ball of balls) {
        const x = width * (ball.x + 0.3 * Math.sin(2 * Math.PI * ball.turnsX * moment));
        const y = height * (ball.y + 0.3 * Math.cos(2 * Math.PI * ball.turnsY * moment));
        fillCircle(onFrame, x, y, ball.radius, ball.colour);
      }
      fillRectangle(onFrame, 0, height - barHeight, even(width * moment), height, barColour);
      return frame;
    },
  };
}

function ballOf(random: Random, hue: number, extent: number): Ball {
  return {
    colour: colourOf(hue + 0.3 + 0.4 * random(), 0.7, 0.7 + 0.3 * random()),
    radius: extent * (0.05 + 0.08 * random()),
    x: 0.35 + 0.3 * random(),
    y: 0.35 + 0.3 * random(),
    turnsX: 1 + Math.floor(random() * 2),
    turnsY: 1 + Math.floor(random() * 2),
  };
}

/** A mirrored pattern of 5 by 5 cells, as code hosts make for accounts without a picture. */
function drawBadge(canvas: Canvas, random: Random, colour: Colour): void {
  const cell = even(Math.min(canvas.width, canvas.height) / 12);
  const left = even((canvas.width - BADGE_CELLS * cell) / 2);
  const top = even((canvas.height - BADGE_CELLS * cell) / 2);
  for (let row = 0; row < BADGE_CELLS; row += 1) {
    for (let column = 0; column <= BADGE_CELLS / 2; column += 1) {
      if (random() < 0.5) continue;
      for (const across of new Set([column, BADGE_CELLS - 1 - column])) {
        const x = left + across * cell;
        const y = top + row * cell;
        fillRectangle(canvas, x, y, x + cell, y + cell, colour);
      }
    }
  }
}

interface Canvas {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Edges are even, since a chroma sample covers two by two pixels; from inclusive to exclusive. */
function fillRectangle(
  { pixels, width, height }: Canvas,
  left: number,
  top: number,
  right: number,
  bottom: number,
  colour: Colour,
): void {
  const fromX = Math.max(0, left);
  const toX = Math.min(width, right);
  if (toX <= fromX) return;
  const luma = width * height;
  const chroma = luma / 4;
  const halfWidth = width / 2;
  for (let y = Math.max(0, top); y < Math.min(height, bottom); y += 1) {
    pixels.fill(colour.y, y * width + fromX, y * width + toX);
    if (y % 2 === 1) continue;
    const row = luma + (y / 2) * halfWidth;
    pixels.fill(colour.u, row + fromX / 2, row + toX / 2);
    pixels.fill(colour.v, row + chroma + fromX / 2, row + chroma + toX / 2);
  }
}

function fillCircle(canvas: Canvas, x: number, y: number, radius: number, colour: Colour): void {
  for (let row = even(y - radius); row < y + radius; row += 2) {
    const half = Math.sqrt(Math.max(0, radius * radius - (row - y) * (row - y)));
    fillRectangle(canvas, even(x - half), row, even(x + half), row + 2, colour);
  }
}

function even(value: number): number {
  return 2 * Math.round(value / 2);
}

/** From hue, saturation and lightness in [0, 1] to BT.601 studio range. */
function colourOf(hue: number, saturation: number, value: number): Colour {
  const channel = (n: number) => {
    const k = (n + hue * 6) % 6;
    return value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1));
  };
  const [red, green, blue] = [channel(5), channel(3), channel(1)];
  return {
    y: Math.round(16 + 65.481 * red + 128.553 * green + 24.966 * blue),
    u: Math.round(128 - 37.797 * red - 74.203 * green + 112 * blue),
    v: Math.round(128 + 112 * red - 93.786 * green - 18.214 * blue),
  };
}
