import { Copy, Eye, Hand, Mic, MicOff, MonitorUp, Search, Video, VideoOff } from 'lucide-react';
import { useState } from 'react';
import type { ParticipantState } from '@parley/core';
import { Avatar } from './Controls.tsx';
import { itemKey } from './layout/stage.ts';
import { SidePanel } from './SidePanel.tsx';
import { text } from './strings.ts';

export interface PeoplePanelProps {
  readonly participants: readonly ParticipantState[];
  readonly hidden: ReadonlySet<string>;
  readonly onShow: (key: string) => void;
  readonly onCopy: () => void;
  readonly onClose: () => void;
}

const folded = (words: string): string => words.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();

export function PeoplePanel({ participants, hidden, onShow, onCopy, onClose }: PeoplePanelProps) {
  const [wanted, setWanted] = useState('');
  const found = participants.filter((p) => folded(p.name).includes(folded(wanted.trim())));
  const hands = found.filter((p) => p.hand > 0).sort((a, b) => a.hand - b.hand);
  const rest = found.filter((p) => p.hand === 0);
  const row = (p: ParticipantState) => (
    <Person key={p.id} participant={p} hidden={hidden.has(itemKey(p.id, 'camera'))} onShow={onShow} />
  );
  return (
    <SidePanel title={text.people.title} onClose={onClose}>
      <div className="p-panel-body">
        <div className="p-people-search">
          <Search aria-hidden="true" />
          <input
            className="p-input"
            type="search"
            data-autofocus
            value={wanted}
            placeholder={text.people.search}
            aria-label={text.people.search}
            onChange={(event) => setWanted(event.target.value)}
          />
        </div>
        <button type="button" className="p-btn p-btn-quiet" onClick={onCopy}>
          <Copy aria-hidden="true" />
          {text.copyLink}
        </button>
        {hands.length > 0 ? (
          <section aria-label={text.people.hands}>
            <h3 className="p-people-head">{text.people.hands}</h3>
            <ol>{hands.map(row)}</ol>
          </section>
        ) : null}
        <section aria-label={text.people.inMeeting(participants.length)}>
          <h3 className="p-people-head">{text.people.inMeeting(participants.length)}</h3>
          {found.length === 0 ? <p>{text.people.nobody}</p> : <ul>{rest.map(row)}</ul>}
        </section>
      </div>
    </SidePanel>
  );
}

interface PersonProps {
  readonly participant: ParticipantState;
  readonly hidden: boolean;
  readonly onShow: (key: string) => void;
}

function Person({ participant, hidden, onShow }: PersonProps) {
  const { id, name, self, hand, micOn, cameraOn, screenOn } = participant;
  const mic = micOn ? text.people.micOn : text.people.micOff;
  const camera = cameraOn ? text.people.cameraOn : text.people.cameraOff;
  return (
    <li className="p-person" data-testid="participant-row" data-participant={id} data-name={name}>
      <Avatar id={id} name={name} size={36} />
      <span className="p-person-name">
        {name} {self ? <small>({text.you})</small> : null}
      </span>
      <span className="p-person-marks">
        {hidden ? (
          <button
            type="button"
            className="p-btn p-btn-icon p-btn-small"
            aria-label={text.people.show(name)}
            title={text.people.show(name)}
            onClick={() => onShow(itemKey(id, 'camera'))}
          >
            <Eye aria-hidden="true" />
          </button>
        ) : null}
        {hand > 0 ? (
          <span className="p-person-hand">
            <Hand aria-hidden="true" />
            {hand}
            <span className="p-sr">{text.tile.hand(hand)}</span>
          </span>
        ) : null}
        {screenOn ? <Mark words={text.people.sharing} icon={<MonitorUp aria-hidden="true" />} /> : null}
        <Mark
          words={mic}
          icon={micOn ? <Mic aria-hidden="true" /> : <MicOff className="p-person-off" aria-hidden="true" />}
        />
        <Mark
          words={camera}
          icon={
            cameraOn ? <Video aria-hidden="true" /> : <VideoOff className="p-person-off" aria-hidden="true" />
          }
        />
      </span>
    </li>
  );
}

function Mark({ words, icon }: { readonly words: string; readonly icon: React.ReactNode }) {
  return (
    <span title={words} style={{ display: 'inline-flex' }}>
      {icon}
      <span className="p-sr">{words}</span>
    </span>
  );
}
