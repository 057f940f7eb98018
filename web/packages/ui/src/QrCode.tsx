import { create } from 'qrcode';
import { useMemo } from 'react';

interface QrCodeProps {
  readonly value: string;
  readonly label: string;
  readonly size: number;
}

/** Quiet zone that readers need, in modules (ISO/IEC 18004 asks for four). */
const kQuiet = 4;

/** One path of horizontal runs; always dark on white, as readers expect. */
export function QrCode({ value, label, size }: QrCodeProps) {
  const { side, path } = useMemo(() => {
    const { modules } = create(value, { errorCorrectionLevel: 'M' });
    const n = modules.size;
    let d = '';
    for (let y = 0; y < n; y += 1) {
      for (let x = 0; x < n; x += 1) {
        if (modules.get(y, x) === 0) continue;
        const start = x;
        while (x + 1 < n && modules.get(y, x + 1) !== 0) x += 1;
        d += `M${start + kQuiet} ${y + kQuiet}h${x - start + 1}v1h-${x - start + 1}z`;
      }
    }
    return { side: n + 2 * kQuiet, path: d };
  }, [value]);
  return (
    <svg
      role="img"
      aria-label={label}
      width={size}
      height={size}
      viewBox={`0 0 ${side} ${side}`}
      shapeRendering="crispEdges"
    >
      <rect width={side} height={side} rx={2} fill="#fff" />
      <path d={path} fill="#0d1217" />
    </svg>
  );
}
