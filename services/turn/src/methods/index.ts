import { METHOD } from '../stun/constants';
import { allocate } from './allocate';
import { channelBind } from './channel-bind';
import { createPermission } from './create-permission';
import type { Method } from './exchange';
import { refresh } from './refresh';

/** The requests of TURN by their number. */
export const METHODS: ReadonlyMap<number, Method> = new Map<number, Method>([
  [METHOD.allocate, allocate],
  [METHOD.refresh, refresh],
  [METHOD.createPermission, createPermission],
  [METHOD.channelBind, channelBind],
]);
