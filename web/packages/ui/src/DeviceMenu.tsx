import * as Menu from '@radix-ui/react-dropdown-menu';
import { Check } from 'lucide-react';
import type { ReactElement } from 'react';
import type { DeviceChoice, DeviceList } from '@parley/core';
import { text } from './strings.ts';

export type DeviceKind = 'microphone' | 'camera' | 'speaker';

interface DeviceMenuProps {
  readonly kinds: readonly DeviceKind[];
  readonly devices: DeviceList;
  readonly onChoose: (kind: DeviceKind, id: string) => void;
  readonly children: ReactElement;
}

export function choicesOf(devices: DeviceList, kind: DeviceKind): readonly DeviceChoice[] {
  switch (kind) {
    case 'microphone':
      return devices.microphones;
    case 'camera':
      return devices.cameras;
    case 'speaker':
      return devices.speakers;
  }
}

/** Radio lists of devices in one menu. */
export function DeviceMenu({ kinds, devices, onChoose, children }: DeviceMenuProps) {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger asChild>{children}</Menu.Trigger>
      <Menu.Portal>
        <Menu.Content className="p-menu" align="center" sideOffset={8} collisionPadding={8}>
          {kinds.map((kind) => (
            <DeviceGroup
              key={kind}
              kind={kind}
              choices={choicesOf(devices, kind)}
              chosen={devices[kind]}
              onChoose={onChoose}
            />
          ))}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}

interface DeviceGroupProps {
  readonly kind: DeviceKind;
  readonly choices: readonly DeviceChoice[];
  readonly chosen: string | null;
  readonly onChoose: (kind: DeviceKind, id: string) => void;
}

function DeviceGroup({ kind, choices, chosen, onChoose }: DeviceGroupProps) {
  return (
    <Menu.RadioGroup value={chosen ?? ''} onValueChange={(id) => onChoose(kind, id)}>
      <Menu.Label className="p-menu-label">{text.devices[kind]}</Menu.Label>
      {choices.length === 0 ? (
        <Menu.Item className="p-menu-item" disabled>
          {kind === 'speaker' ? text.devices.systemSpeaker : text.devices.none}
        </Menu.Item>
      ) : null}
      {choices.map((choice) => (
        <Menu.RadioItem key={choice.id} className="p-menu-item" value={choice.id}>
          <span className="p-menu-check">
            <Menu.ItemIndicator>
              <Check aria-hidden="true" />
            </Menu.ItemIndicator>
          </span>
          {choice.label}
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}
