import 'reflect-metadata';
import { env } from 'node:process';
import { keepNurserySmall } from './nursery';
import { startTurn } from './start-turn';

keepNurserySmall();
await startTurn(env);
