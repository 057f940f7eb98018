import { SendHorizontal } from 'lucide-react';
import { useLayoutEffect, useRef, type SubmitEvent, type KeyboardEvent } from 'react';
import type { ChatMessage } from '@parley/core';
import { Avatar } from './Controls.tsx';
import { linkify } from './linkify.ts';
import { SidePanel } from './SidePanel.tsx';
import { text } from './strings.ts';
import { timeOfDay } from './time.ts';

/** What stays while the panel is closed. */
export interface ChatMemory {
  draft: string;
  /** Pixels from the top; null: at the end, and stays there. */
  scroll: number | null;
}

export interface ChatPanelProps {
  readonly messages: readonly ChatMessage[];
  readonly self: string | null;
  readonly memory: ChatMemory;
  readonly onSend: (words: string) => void;
  readonly onRetry: (key: string) => void;
  readonly onClose: () => void;
}

/** The protocol's bound on one message. */
const kLongest = 4000;
/** Messages of one person within this time share a head. */
const kTogetherMs = 120_000;

export function ChatPanel({ messages, self, memory, onSend, onRetry, onClose }: ChatPanelProps) {
  const log = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const element = log.current;
    if (element !== null) element.scrollTop = memory.scroll ?? element.scrollHeight;
  }, [messages, memory]);
  const scrolled = (): void => {
    const element = log.current;
    if (element === null) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
    memory.scroll = atEnd ? null : element.scrollTop;
  };
  const send = (): void => {
    const element = input.current;
    const words = element?.value.trim() ?? '';
    if (element === null || words === '') return;
    onSend(words);
    element.value = '';
    memory.draft = '';
    memory.scroll = null;
  };
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    send();
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <SidePanel title={text.chat.title} onClose={onClose}>
      <div
        className="p-panel-body p-chat-log"
        ref={log}
        onScroll={scrolled}
        role="log"
        aria-live="off"
        aria-label={text.chat.log}
        tabIndex={0}
      >
        {messages.length === 0 ? <p className="p-chat-empty">{text.chat.empty}</p> : null}
        {messages.map((message, i) => (
          <Message
            key={message.key}
            message={message}
            first={startsGroup(messages[i - 1], message)}
            own={message.from === self}
            onRetry={onRetry}
          />
        ))}
      </div>
      <form className="p-chat-form" onSubmit={submit}>
        <textarea
          ref={input}
          className="p-input"
          data-testid="chat-input"
          data-autofocus
          rows={1}
          maxLength={kLongest}
          defaultValue={memory.draft}
          placeholder={text.chat.placeholder}
          aria-label={text.chat.placeholder}
          onChange={(event) => {
            memory.draft = event.target.value;
          }}
          onKeyDown={key}
        />
        <button
          type="submit"
          className="p-btn p-btn-primary p-btn-icon"
          data-testid="chat-send"
          aria-label={text.chat.send}
        >
          <SendHorizontal aria-hidden="true" />
        </button>
      </form>
    </SidePanel>
  );
}

function startsGroup(before: ChatMessage | undefined, message: ChatMessage): boolean {
  return before?.from !== message.from || message.time - before.time > kTogetherMs;
}

interface MessageProps {
  readonly message: ChatMessage;
  readonly first: boolean;
  readonly own: boolean;
  readonly onRetry: (key: string) => void;
}

function Message({ message, first, own, onRetry }: MessageProps) {
  return (
    <div
      className="p-msg"
      data-testid="chat-message"
      data-from={message.from}
      data-state={message.state}
      data-first={first}
    >
      {first ? <Avatar id={message.from} name={message.name} size={28} /> : null}
      <div className="p-msg-body">
        {first ? (
          <p className="p-msg-head">
            <span className="p-msg-name">{own ? `${message.name} (${text.you})` : message.name}</span>
            <time className="p-msg-time" dateTime={new Date(message.time).toISOString()}>
              {timeOfDay(message.time)}
            </time>
          </p>
        ) : null}
        <p className="p-msg-text">
          {linkify(message.text).map((piece, i) =>
            piece.kind === 'link' ? (
              <a key={i} href={piece.href} target="_blank" rel="noreferrer noopener">
                {piece.text}
              </a>
            ) : (
              piece.text
            ),
          )}
        </p>
        {message.state === 'failed' ? (
          <p className="p-msg-failed">
            {text.chat.failed}
            <button type="button" onClick={() => onRetry(message.key)}>
              {text.chat.retry}
            </button>
          </p>
        ) : null}
      </div>
    </div>
  );
}
