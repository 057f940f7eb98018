import { Check, Copy } from 'lucide-react';
import { QrCode } from './QrCode.tsx';
import { text } from './strings.ts';
import './AloneCard.css';

interface AloneCardProps {
  readonly link: string;
  readonly copied: boolean;
  readonly onCopy: () => void;
  readonly compact: boolean;
}

export function AloneCard({ link, copied, onCopy, compact }: AloneCardProps) {
  return (
    <section className="p-alone" aria-label={text.alone.title} data-compact={compact}>
      <h2>{text.alone.title}</h2>
      <p>{text.alone.text}</p>
      <input
        className="p-input p-alone-link"
        readOnly
        value={link}
        aria-label={text.alone.link}
        onFocus={(event) => event.target.select()}
      />
      <button type="button" className="p-btn p-btn-primary" onClick={onCopy}>
        {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
        {copied ? text.copied : text.copyLink}
      </button>
      {compact ? null : (
        <figure>
          <QrCode value={link} label={text.alone.qr} size={128} />
          <figcaption>{text.alone.qrText}</figcaption>
        </figure>
      )}
    </section>
  );
}
