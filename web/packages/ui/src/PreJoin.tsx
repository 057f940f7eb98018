import { LoaderCircle, Mic, MicOff, Settings2, ShieldCheck, Video, VideoOff } from 'lucide-react';
import { useCallback, useEffect, useId, useRef, useState, type SubmitEvent } from 'react';
import type { DeviceList, DeviceState } from '@parley/core';
import { Avatar, Tip, Wordmark } from './Controls.tsx';
import { DeviceMenu, type DeviceKind } from './DeviceMenu.tsx';
import { useElementSize } from './hooks/useElementSize.ts';
import { LevelMeter } from './LevelMeter.tsx';
import { ErrorBanner } from './Notices.tsx';
import { text } from './strings.ts';
import { TileVideo } from './TileVideo.tsx';
import './PreJoin.css';

/** The own devices before there is a meeting. */
export interface PreviewState {
  readonly mic: DeviceState;
  readonly camera: DeviceState;
  readonly track: MediaStreamTrack | null;
  /** Whether the browser is about to ask, or is asking. */
  readonly asking: boolean;
}

export interface PreJoinProps {
  readonly room: string;
  readonly name: string;
  readonly preview: PreviewState;
  readonly devices: DeviceList;
  readonly level: () => number;
  /** Names of those inside, or null when unknown. */
  readonly inside: readonly string[] | null;
  readonly problem: string | null;
  readonly busy: boolean;
  readonly onMic: (on: boolean) => void;
  readonly onCamera: (on: boolean) => void;
  readonly onChoose: (kind: DeviceKind, id: string) => void;
  readonly onJoin: (name: string) => void;
  readonly onHome: () => void;
}

const kLongestName = 64;

export function PreJoin(props: PreJoinProps) {
  const { room, preview, devices, level, inside, problem, busy } = props;
  const id = useId();
  const [name, setName] = useState(props.name);
  const [wrong, setWrong] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (props.name === '') input.current?.focus();
  }, [props.name]);
  const t = text.prejoin;
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const wanted = name.trim();
    if (wanted === '' || Array.from(wanted).length > kLongestName) {
      setWrong(wanted === '' ? t.nameMissing : t.nameLong);
      input.current?.focus();
      return;
    }
    props.onJoin(wanted);
  };
  const blocked = [preview.camera, preview.mic].find((device) => device.kind === 'blocked');
  return (
    <div className="p-prejoin">
      <header className="p-prejoin-head">
        <button
          type="button"
          className="p-btn p-prejoin-home"
          onClick={props.onHome}
          aria-label={`${text.product}, ${text.left.home}`}
        >
          <Wordmark />
        </button>
      </header>
      <main className="p-prejoin-main">
        <PreviewBox {...props} name={name} />
        <form className="p-prejoin-form" onSubmit={submit} noValidate>
          <div>
            <h1>{t.title(room)}</h1>
            {inside === null ? null : <p className="p-prejoin-inside">{t.inside(inside)}</p>}
          </div>
          <div className="p-field">
            <label className="p-label" htmlFor={id}>
              {t.name}
            </label>
            <input
              ref={input}
              id={id}
              className="p-input"
              data-testid="name-input"
              value={name}
              placeholder={t.namePlaceholder}
              autoComplete="name"
              aria-invalid={wrong !== null}
              onChange={(event) => {
                setName(event.target.value);
                setWrong(null);
              }}
            />
          </div>
          {wrong === null ? null : <ErrorBanner words={wrong} />}
          {problem === null ? null : <ErrorBanner words={problem} />}
          <button
            type="submit"
            className="p-btn p-btn-primary p-btn-large"
            data-testid="join-button"
            disabled={busy}
          >
            {busy ? t.joining : t.join}
          </button>
          <div className="p-prejoin-level">
            {preview.mic.kind === 'on' ? <Mic aria-hidden="true" /> : <MicOff aria-hidden="true" />}
            <LevelMeter level={level} on={preview.mic.kind === 'on'} label={t.level} />
            <DeviceMenu
              kinds={['microphone', 'camera', 'speaker']}
              devices={devices}
              onChoose={props.onChoose}
            >
              <button type="button" className="p-btn p-btn-small">
                <Settings2 aria-hidden="true" />
                {text.devices.title}
              </button>
            </DeviceMenu>
          </div>
          {preview.asking ? (
            <div className="p-note" role="status">
              <ShieldCheck aria-hidden="true" />
              <div>
                <strong>{t.permissionTitle}</strong>
                <p>{t.permissionText}</p>
              </div>
            </div>
          ) : null}
          {blocked === undefined ? null : (
            <div>
              <ErrorBanner words={blocked.message} />
              <p className="p-prejoin-help">{t.blockedHelp}</p>
            </div>
          )}
        </form>
      </main>
    </div>
  );
}

type PreviewBoxProps = Pick<PreJoinProps, 'name' | 'preview' | 'onMic' | 'onCamera'>;

function PreviewBox({ name, preview, onMic, onCamera }: PreviewBoxProps) {
  const [ref, size] = useElementSize();
  const [framed, setFramed] = useState(false);
  const onFramed = useCallback((now: boolean) => setFramed(now), []);
  const mic = preview.mic.kind === 'on' || preview.mic.kind === 'starting';
  const camera = preview.camera.kind === 'on' || preview.camera.kind === 'starting';
  const t = text.prejoin;
  return (
    <div
      className="p-preview"
      ref={ref}
      data-testid="prejoin-preview"
      data-playing={framed && camera}
      role="group"
      aria-label={t.preview}
    >
      {framed && camera ? null : (
        <div className="p-preview-rest">
          {preview.camera.kind === 'starting' ? (
            <LoaderCircle className="p-spin" aria-hidden="true" />
          ) : (
            <Avatar id="self" name={name} size={88} />
          )}
          <p>{preview.camera.kind === 'starting' ? t.cameraStarting : t.cameraOff}</p>
        </div>
      )}
      <TileVideo
        track={camera ? preview.track : null}
        off={!camera}
        mirrored
        whole={false}
        box={size}
        onFramed={onFramed}
      />
      <div className="p-preview-buttons">
        <Tip words={mic ? text.bar.mute : text.bar.unmute}>
          <button
            type="button"
            className="p-preview-button"
            data-testid="prejoin-mic"
            aria-pressed={mic}
            aria-label={text.devices.microphone}
            onClick={() => onMic(!mic)}
          >
            {mic ? <Mic aria-hidden="true" /> : <MicOff aria-hidden="true" />}
          </button>
        </Tip>
        <Tip words={camera ? text.bar.cameraOff : text.bar.cameraOn}>
          <button
            type="button"
            className="p-preview-button"
            data-testid="prejoin-camera"
            aria-pressed={camera}
            aria-label={text.devices.camera}
            onClick={() => onCamera(!camera)}
          >
            {camera ? <Video aria-hidden="true" /> : <VideoOff aria-hidden="true" />}
          </button>
        </Tip>
      </div>
    </div>
  );
}
