import { useSyncExternalStore } from 'react';
import type { DeviceSummary } from '@muster/contracts';

/** Chosen devices, over all pages of the list, until they are used or let go. As much as one request may carry. */
export const SELECTION_LIMIT = 10_000;

let selected: ReadonlyMap<string, DeviceSummary> = new Map();
const listeners = new Set<() => void>();

function replaceSelection(next: ReadonlyMap<string, DeviceSummary>): void {
  selected = next;
  for (const listener of listeners) listener();
}

export function setSelected(devices: readonly DeviceSummary[], chosen: boolean): void {
  const next = new Map(selected);
  for (const device of devices) {
    if (!chosen) next.delete(device.id);
    else if (next.size < SELECTION_LIMIT || next.has(device.id)) next.set(device.id, device);
  }
  replaceSelection(next);
}

export const clearSelection = (): void => replaceSelection(new Map());

/** A live message about a chosen device: what is said about the choice (how many are offline) stays true. */
export function updateSelected(device: DeviceSummary): void {
  if (selected.has(device.id)) replaceSelection(new Map(selected).set(device.id, device));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useSelection = (): ReadonlyMap<string, DeviceSummary> => useSyncExternalStore(subscribe, () => selected);
