import { useLevel } from './hooks/useLevel.ts';

interface LevelMeterProps {
  readonly level: () => number;
  readonly on: boolean;
  readonly label: string;
}

/** A horizontal live meter. It is decoration for screen readers: its numbers would never stop. */
export function LevelMeter({ level, on, label }: LevelMeterProps) {
  const ref = useLevel<HTMLDivElement>(level, on);
  return (
    <div className="p-meter" ref={ref} data-on={on} role="img" aria-label={label}>
      <span />
    </div>
  );
}
