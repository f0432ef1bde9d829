const MAGIC: readonly (readonly [hex: string, name: string])[] = [
  ['1a45dfa3', 'a WebM or Matroska video'],
  ['89504e470d0a1a0a', 'a PNG picture'],
  ['ffd8ff', 'a JPEG picture'],
  ['47494638', 'a GIF picture'],
  ['52494646', 'a RIFF file (WebP, AVI or WAV)'],
  ['504b0304', 'a ZIP archive'],
  ['1f8b', 'gzip-compressed data'],
];

/** What a file is that is certainly no MP4; gateways answer 200 with error pages, and people upload other formats. */
export function recogniseOther(firstBytes: Buffer): string | undefined {
  const text = firstBytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (text.startsWith('<')) return `an HTML or XML page: the file begins with '${excerpt(text)}'`;
  if (/^[{[]\s*["{[\]}\d]/.test(text)) return `JSON text: the file begins with '${excerpt(text)}'`;
  const hex = firstBytes.toString('hex');
  return MAGIC.find(([magic]) => hex.startsWith(magic))?.[1];
}

function excerpt(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
